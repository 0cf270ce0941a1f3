import { useState } from 'preact/hooks';
import { api, type Schema } from '../../api/client';
import { shortTime } from '../../i18n/dates';
import { t } from '../../i18n/translate';
import { go } from '../../router/router';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { More, Show, usePages } from '../parts/load';
import { Section } from '../parts/Section';
import { Received, ResultChip } from './Received';

/** The latest webhooks of a channel: what came, what became of it, and why. */
export function ChannelEvents({ channel }: { channel: Schema['Channel'] }) {
  const events = usePages((cursor) => api.get('/v1/channels/{channel_id}/events', { path: { channel_id: channel.id }, query: { limit: 50, ...(cursor ? { cursor } : {}) } }), [channel.id]);
  const [open, setOpen] = useState('');
  return (
    <Section
      title={t('admin.event.title')}
      hint={t('admin.event.hint')}
      actions={
        <Button icon="retry" onClick={events.reload}>
          {t('admin.refresh')}
        </Button>
      }
    >
      <Show of={events}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon="inbox" title={t('admin.event.none')} actions={<Button onClick={() => go(`/admin/channels/${channel.id}/connect`)}>{t('admin.channel.page.connect')}</Button>}>
              <p>{t('admin.event.noneText')}</p>
            </Empty>
          ) : (
            <ul class="lines">
              {list.map((event) => (
                <li key={event.id}>
                  <button type="button" class="line" aria-expanded={open === event.id} onClick={() => setOpen(open === event.id ? '' : event.id)}>
                    <ResultChip result={event.result} />
                    <span class="line-main">
                      <strong>{shortTime(event.received_at)}</strong>
                      <small dir="auto">{event.reason ?? `${event.method} · ${t('admin.event.count', { count: event.events })}`}</small>
                    </span>
                    {event.attempts > 0 && <small class="quiet">{t('admin.event.attempts', { count: event.attempts })}</small>}
                  </button>
                  {open === event.id && (
                    <div class="line-open">
                      <Received event={event} channel={channel} onReplayed={events.reload} />
                    </div>
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Show>
      <More of={events} />
    </Section>
  );
}
