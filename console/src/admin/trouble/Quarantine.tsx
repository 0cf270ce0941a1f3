import '../parts/admin.css';
import { useState } from 'preact/hooks';
import { api } from '../../api/client';
import { shortTime } from '../../i18n/dates';
import { t } from '../../i18n/translate';
import { channels } from '../../store/directory';
import { ChannelMark } from '../../ui/ChannelMark';
import { Code, pretty } from '../parts/Json';
import { Replay } from '../channels/Replay';
import { usePages } from '../parts/load';
import { Records } from '../parts/Records';
import { ChannelFilter, chosenChannel } from './ChannelFilter';

/** Parts of webhooks that could not be used, with why. */
export default function Quarantine() {
  const channel = chosenChannel();
  const list = usePages((cursor) => api.get('/v1/quarantine', { query: { limit: 50, ...(channel ? { channel_id: channel } : {}), ...(cursor ? { cursor } : {}) } }), [channel]);
  const [open, setOpen] = useState('');
  return (
    <Records
      of={list}
      intro={t('admin.quarantine.intro')}
      filters={<ChannelFilter />}
      none={{ icon: 'check', title: t('admin.quarantine.none'), text: t('admin.quarantine.noneText') }}
      line={(item) => {
        const from = channels.value.get(item.channel_id);
        return (
          <>
            <button type="button" class="line" aria-expanded={open === item.id} onClick={() => setOpen(open === item.id ? '' : item.id)}>
              {from && <ChannelMark kind={from.kind} />}
              <span class="line-main">
                <strong dir="auto">{item.reason}</strong>
                <small>
                  {from?.name ?? item.channel_id} · {item.kind} · {shortTime(item.at)}
                </small>
              </span>
            </button>
            {open === item.id && (
              <div class="line-open admin-stack">
                {item.event ? <Code label={item.reason}>{pretty(item.event)}</Code> : <p class="quiet">{t('admin.event.noBody')}</p>}
                <div>
                  <Replay channel={item.channel_id} event={item.event_id} onDone={list.reload} />
                </div>
              </div>
            )}
          </>
        );
      }}
    />
  );
}
