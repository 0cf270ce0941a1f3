import '../parts/admin.css';
import { useEffect } from 'preact/hooks';
import { api, type Schema } from '../../api/client';
import { halfMinute, hubTime, stretch } from '../../i18n/dates';
import { t } from '../../i18n/translate';
import { go } from '../../router/router';
import { agents, channels, groups, loadAgents } from '../../store/directory';
import { onEvent } from '../../store/live';
import { Avatar } from '../../ui/Avatar';
import { ChannelMark } from '../../ui/ChannelMark';
import { Chip } from '../../ui/Chip';
import { Empty } from '../../ui/Empty';
import { More, Show, usePages } from '../parts/load';
import { Section } from '../parts/Section';

const gather = 500; // milliseconds in which events are answered with one reading

/** Who waits and for how long, and how much each agent has to do. */
export default function QueueBoard() {
  const waiting = usePages((cursor) =>
    api.get('/v1/conversations', { query: { assignee_id: ['none'], status: ['new', 'open'], sort: 'queued_at', limit: 50, ...(cursor ? { cursor } : {}) } }),
  );
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
  const since = (c: Schema['Conversation']) => (hubTime() - Date.parse(c.queued_at ?? c.created_at)) / 1000;
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
                  {list.map((c) => (
                    <li key={c.id}>
                      <button type="button" class="line" onClick={() => go(`/inbox/queue/${c.id}`)}>
                        {channels.value.has(c.channel_id) && <ChannelMark kind={channels.value.get(c.channel_id)?.kind ?? ''} />}
                        <span class="line-main">
                          <strong dir="auto">{c.contact.name ?? c.id}</strong>
                          <small dir="auto">{[channels.value.get(c.channel_id)?.name, c.group_id && groups.value.get(c.group_id)?.name, c.subject].filter(Boolean).join(' · ')}</small>
                        </span>
                        {c.priority !== 'normal' && <Chip tone={c.priority === 'low' ? 'plain' : 'warn'}>{t(`priority.${c.priority}`)}</Chip>}
                        <Chip icon="clock">{stretch(since(c))}</Chip>
                      </button>
                    </li>
                  ))}
                </ul>
              )}
              <More of={waiting} />
            </Section>
          </>
        )}
      </Show>
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
    </div>
  );
}
