import { useState } from 'preact/hooks';
import { api, type Schema } from '../../api/client';
import { fullTime } from '../../i18n/dates';
import { t } from '../../i18n/translate';
import { Button } from '../../ui/Button';
import { Chip } from '../../ui/Chip';
import { Code, pretty } from '../parts/Json';
import { Problem } from '../parts/Problem';
import { useDoing } from '../parts/useDoing';
import { Replay } from './Replay';

type ChannelEvent = Schema['ChannelEvent'];

const tones = { pending: 'plain', done: 'ok', quarantined: 'warn' } as const;
const icons = { pending: 'clock', done: 'check', quarantined: 'warning' } as const;

/** What became of a webhook. */
export function ResultChip({ result }: { result: ChannelEvent['result'] }) {
  return (
    <Chip tone={tones[result]} icon={icons[result]}>
      {t(`admin.event.${result}`)}
    </Chip>
  );
}

/** A webhook as it came, beside what the hub makes of it. */
export function Received({ event, channel, onReplayed }: { event: ChannelEvent; channel: Schema['Channel']; onReplayed?: () => void }) {
  const [trial, setTrial] = useState<Schema['ChannelTrialResult']>();
  const { busy, failure, run } = useDoing();
  const read = () =>
    run(async () => {
      setTrial(await api.post('/v1/channels/try', { body: { kind: channel.kind, method: 'POST', channel_id: channel.id, payload: event.raw ?? '', received_at: event.received_at } }));
    });
  return (
    <div class="received">
      <p class="received-facts">
        <ResultChip result={event.result} />
        <span>{fullTime(event.received_at)}</span>
        <span class="quiet">
          {event.method} · {t('admin.event.count', { count: event.events })}
        </span>
      </p>
      {event.reason && (
        <p class="received-reason" dir="auto">
          {event.reason}
        </p>
      )}
      <div class={trial ? 'admin-pair' : ''}>
        <div>
          <h3 class="small-title">{t('admin.event.raw')}</h3>
          {event.raw ? <Code label={t('admin.event.raw')}>{pretty(event.raw)}</Code> : <p class="quiet">{t('admin.event.noBody')}</p>}
          {event.raw_truncated && <p class="quiet">{t('admin.event.truncated')}</p>}
        </div>
        {trial && (
          <div>
            <h3 class="small-title">{t('admin.event.read')}</h3>
            {trial.events.length > 0 ? <Code label={t('admin.event.read')}>{pretty(trial.events)}</Code> : <p class="quiet">{t('admin.event.nothing')}</p>}
            {trial.problems.map((p) => (
              <p key={p.field + p.message} class="quiet">
                {p.field} {p.message}
              </p>
            ))}
          </div>
        )}
      </div>
      <div class="received-actions">
        {event.raw && !event.raw_truncated && !trial && (
          <Button size="small" icon="eye" busy={busy} onClick={() => void read()}>
            {t('admin.event.compare')}
          </Button>
        )}
        {onReplayed && event.result !== 'pending' && <Replay channel={channel.id} event={event.id} onDone={onReplayed} />}
      </div>
      <Problem error={failure} />
    </div>
  );
}
