import { useEffect, useState } from 'preact/hooks';
import { api, type Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { follow, href } from '../../router/router';
import { Button } from '../../ui/Button';
import { Icon } from '../../ui/Icon';
import { Copy } from '../parts/Copy';
import { useLoad } from '../parts/load';
import { Markdown } from '../parts/Markdown';
import { Problem } from '../parts/Problem';
import type { ChannelProps } from './ChannelPage';
import { Received } from './Received';

const rest = 1500; // milliseconds between two looks for the first event

/** The way from a saved channel to its first event: check, tell the platform the address, wait. */
export function Connect({ channel, onChange }: ChannelProps) {
  const connectors = useLoad(() => api.get('/v1/connectors'));
  const setup = connectors.data?.data.find((c) => c.kind === channel.kind)?.setup;
  const first = useFirstEvent(channel.id);
  const refresh = () => void api.get('/v1/channels/{channel_id}', { path: { channel_id: channel.id } }).then(onChange, () => undefined);
  const chat = channel.kind === 'webchat';
  return (
    <div class="admin-split">
      <ol class="steps">
        {chat ? (
          <Embed channel={channel} done={first !== undefined} />
        ) : (
          <>
            <Step n={1} title={t('admin.connect.check')} text={t('admin.connect.checkText')} done={channel.health.state === 'ok'}>
              <Act
                label={t('admin.connect.checkNow')}
                run={async () => {
                  const answer = await api.post('/v1/channels/{channel_id}/check', { path: { channel_id: channel.id } });
                  refresh();
                  return answer;
                }}
              />
            </Step>
            <Step n={2} title={t('admin.connect.webhook')} text={t('admin.connect.webhookText')} done={first !== undefined}>
              <Copy label={t('admin.connect.url')} value={channel.webhook_url || window.location.origin + channel.webhook_path} />
              <Act label={t('admin.connect.register')} run={() => api.post('/v1/channels/{channel_id}/webhook', { path: { channel_id: channel.id } })} />
            </Step>
          </>
        )}
        <Step n={3} title={t('admin.connect.first')} text={t(chat ? 'admin.connect.firstChat' : 'admin.connect.firstText')} done={first !== undefined}>
          <div class="waiting" role="status">
            {first ? (
              <>
                <p class="waiting-line">
                  <Icon name="check" /> {t('admin.connect.arrived')}
                </p>
                <Received event={first} channel={channel} />
                <p>
                  <a href={href('/inbox')} onClick={follow}>
                    {t('admin.connect.inbox')}
                  </a>
                </p>
              </>
            ) : (
              <p class="waiting-line">
                <span class="pulse" aria-hidden="true" /> {t('admin.connect.waiting')}
              </p>
            )}
          </div>
        </Step>
      </ol>
      {setup && (
        <aside class="aside">
          <h2>{t('admin.channel.setup')}</h2>
          <Markdown text={setup} />
        </aside>
      )}
    </div>
  );
}

/** The web chat asks no platform: it is put on a site, or tried on the hub's own page. */
function Embed({ channel, done }: { channel: Schema['Channel']; done: boolean }) {
  const hub = URL.canParse(channel.webhook_url) ? new URL(channel.webhook_url).origin : window.location.origin;
  return (
    <>
      <Step n={1} title={t('admin.connect.try')} text={t('admin.connect.tryText')} done={done}>
        <p>
          <a class="button button-plain button-normal" href={`/widget/try/${channel.id}`} target="_blank" rel="noopener">
            <Icon name="external" size={18} />
            {t('admin.connect.tryOpen')}
          </a>
        </p>
      </Step>
      <Step n={2} title={t('admin.connect.embed')} text={t('admin.connect.embedText')} done={false}>
        <Copy label={t('admin.connect.snippet')} value={`<script src="${hub}/widget.js" data-channel="${channel.id}" async></script>`} />
      </Step>
    </>
  );
}

/** The latest event of a channel; looks again and again until there is one. */
function useFirstEvent(id: string): Schema['ChannelEvent'] | undefined {
  const [event, setEvent] = useState<Schema['ChannelEvent']>();
  const settled = event !== undefined && event.result !== 'pending';
  useEffect(() => {
    if (settled) return;
    let timer: ReturnType<typeof setTimeout>;
    let ended = false;
    const look = async () => {
      // A look that fails is followed by the next one.
      const page = document.hidden ? undefined : await api.get('/v1/channels/{channel_id}/events', { path: { channel_id: id }, query: { limit: 1 } }).catch(() => undefined);
      if (ended) return;
      const latest = page?.data[0];
      if (latest) setEvent(latest);
      if (!latest || latest.result === 'pending') timer = setTimeout(() => void look(), rest);
    };
    void look();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, [id, settled]);
  return event;
}

function Step({ n, title, text, done, children }: { n: number; title: string; text: string; done: boolean; children: preact.ComponentChildren }) {
  return (
    <li class={`step ${done ? 'step-done' : ''}`}>
      <span class="step-mark">{done ? <Icon name="check" size={16} label={t('admin.connect.done')} /> : n}</span>
      <div class="step-body">
        <h3>{title}</h3>
        <p class="quiet">{text}</p>
        {children}
      </div>
    </li>
  );
}

/** A button that asks the platform something, and what it said. */
export function Act({ label, run }: { label: string; run(): Promise<Schema['ChannelCheck']> }) {
  const [busy, setBusy] = useState(false);
  const [answer, setAnswer] = useState<Schema['ChannelCheck']>();
  const [failure, setFailure] = useState<unknown>();
  const act = async () => {
    setBusy(true);
    setFailure(undefined);
    setAnswer(undefined);
    try {
      setAnswer(await run());
    } catch (error) {
      setFailure(error);
    }
    setBusy(false);
  };
  return (
    <div class="act">
      <Button busy={busy} onClick={() => void act()}>
        {label}
      </Button>
      <div role="status">
        {answer && (
          <p class={`verdict-line ${answer.ok ? 'verdict-ok' : 'verdict-bad'}`}>
            <Icon name={answer.ok ? 'check' : 'warning'} size={16} />
            <span>{answer.detail || t(answer.ok ? 'admin.connect.works' : 'admin.connect.fails')}</span>
          </p>
        )}
      </div>
      <Problem error={failure} />
    </div>
  );
}
