import { useState } from 'preact/hooks';
import { api, type Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { channels, groups } from '../../store/directory';
import { priorities } from '../../store/query';
import { Field, Select } from '../../ui/Field';
import { Choices } from '../parts/Choices';
import { FormDialog } from '../parts/FormDialog';
import { useLoad } from '../parts/load';
import { within } from '../parts/problems';
import { methods } from './RoutingForm';
import { skillLine, skills, words } from './words';

type Queue = Schema['Queue'];
const styles = ['live_chat', 'live_chat_returning', 'social_messaging'] as const;

interface Props {
  queue?: Queue;
  onClose(): void;
  onSaved(): void;
}

/** Edits a queue: what it takes, who serves it, and who helps when it gets long. */
export function QueueForm({ queue, onClose, onSaved }: Props) {
  const schedules = useLoad(async () => (await api.get('/v1/schedules', { query: { limit: 200 } })).data);
  const [name, setName] = useState(queue?.name ?? '');
  const [conditions, setConditions] = useState<Schema['QueueConditions']>(queue?.conditions ?? {});
  const [tags, setTags] = useState((queue?.conditions.tags ?? []).join(', '));
  const [languages, setLanguages] = useState((queue?.conditions.languages ?? []).join(', '));
  const [serving, setServing] = useState<string[]>(queue?.groups ?? []);
  const [helping, setHelping] = useState<string[]>(queue?.overflow_groups ?? []);
  const [helpAfter, setHelpAfter] = useState(queue?.overflow_after ?? '1m');
  const [required, setRequired] = useState(skillLine(queue?.required_skills ?? []));
  const [preferred, setPreferred] = useState(skillLine(queue?.preferred_skills ?? []));
  const [relaxAfter, setRelaxAfter] = useState(queue?.relax_after ?? '1m');
  const [method, setMethod] = useState(queue?.method ?? '');
  const hours = conditions.business_hours;
  const groupOptions = [...groups.value.values()].map((g) => ({ id: g.id, label: g.name }));
  const submit = async () => {
    const { tags: _tags, languages: _languages, ...rest } = conditions;
    const body = {
      name: name.trim(),
      conditions: {
        ...Object.fromEntries(Object.entries(rest).filter(([, value]) => !Array.isArray(value) || value.length > 0)),
        ...(words(tags).length > 0 ? { tags: words(tags) } : {}),
        ...(words(languages).length > 0 ? { languages: words(languages) } : {}),
      },
      groups: serving,
      required_skills: skills(required),
      preferred_skills: skills(preferred),
      overflow_groups: helping,
      overflow_after: helpAfter.trim(),
      relax_after: relaxAfter.trim(),
    } as Omit<Schema['QueueDraft'], 'method'>;
    if (queue) await api.patch('/v1/queues/{queue_id}', { path: { queue_id: queue.id }, body: { ...body, method: method || null, version: queue.version } });
    else await api.post('/v1/queues', { body: { ...body, ...(method ? { method: method as Schema['RoutingMethod'] } : {}) } });
    onSaved();
  };
  return (
    <FormDialog wide title={queue ? t('admin.edit', { name: queue.name }) : t('admin.queues.add')} submit={submit} onClose={onClose}>
      {(errors) => (
        <>
          <Field label={t('admin.name')} name="name" required maxLength={200} dir="auto" value={name} error={errors['name']} onInput={(e) => setName(e.currentTarget.value)} />
          <h3 class="small-title">{t('admin.queues.takes')}</h3>
          <p class="field-hint">{t('admin.queues.takesHint')}</p>
          <Choices
            label={t('channels.title')}
            options={[...channels.value.values()].map((c) => ({ id: c.id, label: c.name }))}
            chosen={conditions.channel_ids ?? []}
            onChange={(next) => setConditions({ ...conditions, channel_ids: next })}
          />
          <Choices
            label={t('admin.style.name')}
            options={styles.map((s) => ({ id: s, label: t(`style.${s}`) }))}
            chosen={conditions.styles ?? []}
            onChange={(next) => setConditions({ ...conditions, styles: next as Schema['StyleName'][] })}
          />
          <Choices
            label={t('admin.routing.priority')}
            options={priorities.map((p) => ({ id: p, label: t(`priority.${p}`) }))}
            chosen={conditions.priorities ?? []}
            onChange={(next) => setConditions({ ...conditions, priorities: next as Schema['Priority'][] })}
          />
          <div class="admin-columns">
            <Field label={t('admin.routing.tags')} hint={t('admin.agent.skillsHint')} value={tags} error={within(errors, 'conditions.tags')} onInput={(e) => setTags(e.currentTarget.value)} />
            <Field label={t('admin.routing.language')} hint={t('admin.queues.languageHint')} value={languages} error={within(errors, 'conditions.languages')} onInput={(e) => setLanguages(e.currentTarget.value)} />
            {(schedules.data?.length ?? 0) > 0 && (
              <Select
                label={t('admin.queues.hours')}
                value={hours ? `${hours.state} ${hours.schedule_id}` : ''}
                error={within(errors, 'conditions.business_hours')}
                onChange={(e) => {
                  const { business_hours: _, ...rest } = conditions;
                  const [state, schedule] = e.currentTarget.value.split(' ');
                  setConditions(state && schedule ? { ...rest, business_hours: { schedule_id: schedule, state: state as 'open' | 'closed' } } : rest);
                }}
              >
                <option value="">{t('admin.queues.always')}</option>
                {schedules.data?.flatMap((s) =>
                  (['open', 'closed'] as const).map((state) => (
                    <option key={`${state} ${s.id}`} value={`${state} ${s.id}`}>
                      {s.name}: {t(`admin.hours.${state}`)}
                    </option>
                  )),
                )}
              </Select>
            )}
          </div>
          <h3 class="small-title">{t('admin.queues.serves')}</h3>
          <Choices label={t('admin.group.title')} hint={t('admin.queues.groupsHint')} options={groupOptions} chosen={serving} onChange={setServing} />
          <div class="admin-columns">
            <Field label={t('admin.queues.required')} hint={t('admin.queues.skillsHint')} name="required_skills" value={required} error={within(errors, 'required_skills')} onInput={(e) => setRequired(e.currentTarget.value)} />
            <Field label={t('admin.queues.preferred')} hint={t('admin.queues.preferredHint')} value={preferred} error={within(errors, 'preferred_skills')} onInput={(e) => setPreferred(e.currentTarget.value)} />
            <Field label={t('admin.queues.relaxAfter')} name="relax_after" value={relaxAfter} error={errors['relax_after']} onInput={(e) => setRelaxAfter(e.currentTarget.value)} />
            <Select label={t('admin.routing.method')} value={method} error={errors['method']} onChange={(e) => setMethod(e.currentTarget.value)}>
              <option value="">{t('admin.style.asHub')}</option>
              {methods.map((m) => (
                <option key={m} value={m}>
                  {t(`routing.method.${m}`)}
                </option>
              ))}
            </Select>
          </div>
          <Choices label={t('admin.queues.helps')} hint={t('admin.queues.helpsHint')} options={groupOptions} chosen={helping} onChange={setHelping} />
          {helping.length > 0 && <Field label={t('admin.queues.helpAfter')} value={helpAfter} error={errors['overflow_after']} onInput={(e) => setHelpAfter(e.currentTarget.value)} />}
        </>
      )}
    </FormDialog>
  );
}
