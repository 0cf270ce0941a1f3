import { useState } from 'preact/hooks';
import { api, type Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { Decision, type RoutingDecision } from '../../routing/Decision';
import { channels, groups } from '../../store/directory';
import { priorities } from '../../store/query';
import { Button } from '../../ui/Button';
import { Field, Select } from '../../ui/Field';
import { Problem } from '../parts/Problem';
import { within } from '../parts/problems';
import { Section } from '../parts/Section';
import { useDoing } from '../parts/useDoing';
import { words } from './words';

const styles = ['live_chat', 'live_chat_returning', 'social_messaging'] as const;

/** Asks who would get a conversation of some kind now, and why. */
export function Simulate() {
  const [channel, setChannel] = useState('');
  const [style, setStyle] = useState('');
  const [priority, setPriority] = useState('normal');
  const [group, setGroup] = useState('');
  const [tags, setTags] = useState('');
  const [speaks, setSpeaks] = useState('');
  const [waited, setWaited] = useState('');
  const [decision, setDecision] = useState<RoutingDecision>();
  const { busy, failure, errors, run } = useDoing();
  const list = [...channels.value.values()];
  const chosen = channel || list[0]?.id || '';
  const ask = () =>
    run(async () => {
      const body: Schema['RoutingSimulation'] = {
        channel_id: chosen,
        priority: priority as Schema['Priority'],
        tags: words(tags),
        ...(style ? { style: style as Schema['StyleName'] } : {}),
        ...(group ? { group_id: group } : {}),
        ...(speaks.trim() ? { language: speaks.trim() } : {}),
        ...(waited.trim() ? { waited: waited.trim() } : {}),
      };
      setDecision(await api.post('/v1/routing/simulate', { body }));
    });
  return (
    <Section title={t('admin.routing.simulate')} hint={t('admin.routing.simulateHint')}>
      {list.length === 0 ? (
        <p class="quiet">{t('admin.routing.noChannel')}</p>
      ) : (
        <form
          class="admin-stack"
          name="simulate"
          onSubmit={(e) => {
            e.preventDefault();
            void ask();
          }}
        >
          <div class="admin-columns">
            <Select label={t('channels.title')} name="channel_id" value={chosen} error={errors['channel_id']} onChange={(e) => setChannel(e.currentTarget.value)}>
              {list.map((c) => (
                <option key={c.id} value={c.id}>
                  {c.name}
                </option>
              ))}
            </Select>
            <Select label={t('admin.style.name')} value={style} error={errors['style']} onChange={(e) => setStyle(e.currentTarget.value)}>
              <option value="">{t('admin.routing.channelStyle')}</option>
              {styles.map((s) => (
                <option key={s} value={s}>
                  {t(`style.${s}`)}
                </option>
              ))}
            </Select>
            <Select label={t('admin.routing.priority')} value={priority} onChange={(e) => setPriority(e.currentTarget.value)}>
              {priorities.map((p) => (
                <option key={p} value={p}>
                  {t(`priority.${p}`)}
                </option>
              ))}
            </Select>
            <Select label={t('admin.channel.group')} value={group} error={errors['group_id']} onChange={(e) => setGroup(e.currentTarget.value)}>
              <option value="">{t('thread.noGroup')}</option>
              {[...groups.value.values()].map((g) => (
                <option key={g.id} value={g.id}>
                  {g.name}
                </option>
              ))}
            </Select>
            <Field label={t('admin.routing.tags')} hint={t('admin.agent.skillsHint')} value={tags} error={within(errors, 'tags')} onInput={(e) => setTags(e.currentTarget.value)} />
            <Field label={t('admin.routing.language')} placeholder="pt-BR" value={speaks} error={errors['language']} onInput={(e) => setSpeaks(e.currentTarget.value)} />
            <Field label={t('admin.routing.waited')} placeholder="0s" value={waited} error={errors['waited']} onInput={(e) => setWaited(e.currentTarget.value)} />
          </div>
          <Problem error={failure} />
          <p class="admin-actions">
            <Button icon="question" type="submit" busy={busy}>
              {t('admin.routing.ask')}
            </Button>
          </p>
          <div aria-live="polite">{decision && <Decision decision={decision} open />}</div>
        </form>
      )}
    </Section>
  );
}
