import '../parts/admin.css';
import { useEffect, useState } from 'preact/hooks';
import { api, type Schema } from '../../api/client';
import { halfMinute, hubTime, stretch } from '../../i18n/dates';
import { t } from '../../i18n/translate';
import { follow, href } from '../../router/router';
import { Decision } from '../../routing/Decision';
import { agents, channels, groups, loadAgents } from '../../store/directory';
import { onEvent } from '../../store/live';
import { Avatar } from '../../ui/Avatar';
import { ChannelMark } from '../../ui/ChannelMark';
import { Button } from '../../ui/Button';
import { Chip } from '../../ui/Chip';
import { Dialog } from '../../ui/Dialog';
import { Empty } from '../../ui/Empty';
import { More, Show, useLoad, usePages } from '../parts/load';
import { Section } from '../parts/Section';

type Item = Schema['QueueItem'];

const gather = 500; // milliseconds in which events are answered with one reading

/** Who waits and for how long, and how much each agent has to do. */
export default function QueueBoard() {
  const waiting = usePages((cursor) => api.get('/v1/queue', { query: { limit: 50, ...(cursor ? { cursor } : {}) } }));
  const [asked, setAsked] = useState<Item>();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = onEvent((e) => {
      if (!e.conversation) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        waiting.reload();
        void loadAgents();
      }, gather);
    });
    void loadAgents();
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, []);
  void halfMinute.value; // waits grow by themselves
  const since = (item: Item) => (hubTime() - Date.parse(item.queued_at)) / 1000;
  const people = [...agents.value.values()].sort((a, b) => b.load - a.load || a.name.localeCompare(b.name));
  const online = people.filter((a) => a.availability === 'online');
  return (
    <div class="admin-stack">
      <Show of={waiting}>
        {(list) => (
          <>
            <ul class="figures">
              <li>
                <span>{t('admin.queue.waiting')}</span>
                <strong>{waiting.more ? t('admin.queue.atLeast', { count: list.length }) : list.length}</strong>
              </li>
              <li>
                <span>{t('admin.queue.oldest')}</span>
                <strong>{list[0] ? stretch(since(list[0])) : '–'}</strong>
              </li>
              <li>
                <span>{t('admin.queue.online')}</span>
                <strong>{t('availability.load', { load: online.length, capacity: people.length })}</strong>
              </li>
              <li>
                <span>{t('admin.queue.room')}</span>
                <strong>{online.reduce((sum, a) => sum + Math.max(0, a.capacity.messaging - a.load), 0)}</strong>
              </li>
            </ul>
            <Section title={t('admin.queue.who')}>
              {list.length === 0 ? (
                <Empty icon="check" title={t('empty.queue')}>
                  <p>{t('empty.queueText')}</p>
                </Empty>
              ) : (
                <ul class="lines">
                  {list.map((item) => (
                    <li key={item.conversation_id} class="line">
                      <span class="line-number">{item.position}</span>
                      {channels.value.has(item.channel_id) && <ChannelMark kind={channels.value.get(item.channel_id)?.kind ?? ''} />}
                      <a class="line-main line-link" href={href(`/inbox/queue/${item.conversation_id}`)} onClick={follow}>
                        <strong dir="auto">{item.contact.name ?? item.conversation_id}</strong>
                        <small dir="auto">{[channels.value.get(item.channel_id)?.name, item.queue_name, item.group_id && groups.value.get(item.group_id)?.name, item.subject].filter(Boolean).join(' · ')}</small>
                        <small title={item.reason.detail}>{waitsFor(item)}</small>
                      </a>
                      {item.priority !== 'normal' && <Chip tone={item.priority === 'low' ? 'plain' : 'warn'}>{t(`priority.${item.priority}`)}</Chip>}
                      <Chip icon="clock">{stretch(since(item))}</Chip>
                      <span class="line-actions">
                        <Button size="small" icon="question" aria-label={t('admin.queue.whyOf', { name: item.contact.name ?? item.conversation_id })} onClick={() => setAsked(item)}>
                          {t('admin.queue.why')}
                        </Button>
                      </span>
                    </li>
                  ))}
                </ul>
              )}
              <More of={waiting} />
            </Section>
            <Section title={t('admin.queue.load')}>
              <ul class="lines">
                {people.map((a) => (
                  <li key={a.id} class="line">
                    <Avatar id={a.id} name={a.name} size="small" />
                    <span class="line-main">
                      <strong dir="auto">{a.name}</strong>
                      <small>{t(`availability.${a.availability}`)}</small>
                    </span>
                    <meter class="meter" min={0} max={Math.max(1, a.capacity.messaging)} value={a.load} aria-label={t('admin.queue.loadOf', { name: a.name })} />
                    <span class="meter-text">{t('availability.load', { load: a.load, capacity: a.capacity.messaging })}</span>
                  </li>
                ))}
              </ul>
            </Section>
          </>
        )}
      </Show>
      {asked && <Why item={asked} onClose={() => setAsked(undefined)} />}
    </div>
  );
}

/** Why it waits, in a few words. */
function waitsFor(item: Item): string {
  if (!item.offer) return t(`waiting.${item.reason.code}`);
  return t('waiting.offeredTo', { name: agents.value.get(item.offer.agent_id)?.name ?? t('author.agent') });
}

/** Who would get a conversation that waits, and who was asked before. */
function Why({ item, onClose }: { item: Item; onClose(): void }) {
  const id = item.conversation_id;
  const answer = useLoad(async () => {
    const [now, before] = await Promise.all([
      api.post('/v1/routing/simulate', { body: { conversation_id: id } }),
      api.get('/v1/conversations/{conversation_id}/routing', { path: { conversation_id: id }, query: { limit: 20 } }),
    ]);
    return { now, before: before.data };
  }, [id]);
  return (
    <Dialog title={t('admin.queue.whyOf', { name: item.contact.name ?? id })} onClose={onClose} actions={<Button onClick={onClose}>{t('action.close')}</Button>}>
      <Show of={answer} lines={4}>
        {({ now, before }) => (
          <div class="admin-stack">
            <Section title={t('admin.queue.whyNow')}>
              <Decision decision={now} open />
            </Section>
            {before.length > 0 && (
              <Section title={t('admin.queue.whyBefore')}>
                <ol class="lines">
                  {before.map((d) => (
                    <li key={d.id} class="line">
                      <Decision decision={d} />
                    </li>
                  ))}
                </ol>
              </Section>
            )}
          </div>
        )}
      </Show>
    </Dialog>
  );
}
