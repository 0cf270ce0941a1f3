import { api } from '../../api/client';
import { t } from '../../i18n/translate';
import { Button } from '../../ui/Button';
import { tell } from '../../ui/Toast';
import { Problem } from '../parts/Problem';
import { useDoing } from '../parts/useDoing';

/** Has the hub work a webhook again, once what kept it is mended. */
export function Replay({ channel, event, onDone }: { channel: string; event: string; onDone(): void }) {
  const { busy, failure, run } = useDoing();
  const replay = () =>
    run(async () => {
      await api.post('/v1/channels/{channel_id}/events/{event_id}/replay', { path: { channel_id: channel, event_id: event } });
      tell(t('admin.event.replayed'));
      onDone();
    });
  return (
    <>
      <Button size="small" icon="retry" busy={busy} title={t('admin.event.replayHint')} onClick={() => void replay()}>
        {t('admin.event.replay')}
      </Button>
      <Problem error={failure} />
    </>
  );
}
