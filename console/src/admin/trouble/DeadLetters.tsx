import '../parts/admin.css';
import { useState } from 'preact/hooks';
import { api, type Schema } from '../../api/client';
import { shortTime } from '../../i18n/dates';
import { isKey, t } from '../../i18n/translate';
import { go } from '../../router/router';
import { channels } from '../../store/directory';
import { Button } from '../../ui/Button';
import { ChannelMark } from '../../ui/ChannelMark';
import { Chip } from '../../ui/Chip';
import { complain, tell } from '../../ui/Toast';
import { usePages } from '../parts/load';
import { Confirm } from '../parts/Confirm';
import { Records } from '../parts/Records';
import { ChannelFilter, chosenChannel } from './ChannelFilter';

type Message = Schema['Message'];

/** Messages that failed, or of which nobody knows whether they arrived. */
export default function DeadLetters() {
  const channel = chosenChannel();
  const list = usePages((cursor) => api.get('/v1/dead-letters', { query: { limit: 50, ...(channel ? { channel_id: channel } : {}), ...(cursor ? { cursor } : {}) } }), [channel]);
  const [unsure, setUnsure] = useState<Message>();
  const send = async (m: Message) => {
    await api.post('/v1/dead-letters/{message_id}/retry', { path: { message_id: m.id } });
    tell(t('admin.dead.retried'));
    list.reload();
  };
  return (
    <>
      <Records
        of={list}
        intro={t('admin.dead.intro')}
        filters={<ChannelFilter />}
        none={{ icon: 'check', title: t('admin.dead.none'), text: t('admin.dead.noneText') }}
        line={(m) => {
          const from = channels.value.get(m.channel_id);
          const code = `failure.${m.error?.code ?? ''}`;
          return (
            <div class="line">
              {from && <ChannelMark kind={from.kind} />}
              <span class="line-main">
                <strong dir="auto">{m.text ?? (isKey(`type.${m.type}`) ? t(`type.${m.type}` as 'type.text') : m.type)}</strong>
                <small dir="auto">{isKey(code) ? t(code) : (m.error?.message ?? '')}</small>
                <small>
                  {from?.name ?? m.channel_id} · {shortTime(m.sent_at ?? m.received_at ?? '')}
                </small>
              </span>
              <Chip tone={m.status === 'unknown' ? 'warn' : 'danger'} icon={m.status === 'unknown' ? 'question' : 'warning'}>
                {t(m.status === 'unknown' ? 'delivery.unknown' : 'delivery.failed')}
              </Chip>
              <span class="line-actions">
                <Button size="small" icon="retry" onClick={() => (m.status === 'unknown' ? setUnsure(m) : void send(m).catch((error: unknown) => complain(t('do.resendFailed'), error)))}>
                  {t('admin.dead.retry')}
                </Button>
                <Button size="small" kind="quiet" icon="external" aria-label={t('admin.dead.open')} onClick={() => go(`/inbox/all/${m.conversation_id}`)} />
              </span>
            </div>
          );
        }}
      />
      {unsure && (
        <Confirm title={t('admin.dead.retry')} action={t('admin.dead.retry')} run={() => send(unsure)} onClose={() => setUnsure(undefined)}>
          <p>{t('trouble.unknownText')}</p>
        </Confirm>
      )}
    </>
  );
}
