import '../parts/admin.css';
import { all, api, type Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { follow, go, href } from '../../router/router';
import { Button } from '../../ui/Button';
import { ChannelMark } from '../../ui/ChannelMark';
import { Chip } from '../../ui/Chip';
import { Empty } from '../../ui/Empty';
import { before } from '../parts/before';
import { Show, useLoad } from '../parts/load';
import { Section } from '../parts/Section';
import { channelChecks } from './channelChecks';
import { Checks, worst, type Check, type Verdict } from './Checks';
import { hubChecks, readHub } from './hub';
import { readChannel } from './readChannel';
import { useAgain } from './useAgain';

type Channel = Schema['Channel'];

const atOnce = 6; // channels that are asked about at a time

interface Read {
  channel: Channel;
  checks: Check[];
  report?: Schema['ChannelHealthReport'];
}

async function readChannels(): Promise<Read[]> {
  const channels = await all((cursor) => api.get('/v1/channels', { query: { limit: 200, ...(cursor ? { cursor } : {}) } }));
  const found: Read[] = [];
  for (let i = 0; i < channels.length; i += atOnce) {
    const some = channels.slice(i, i + atOnce);
    found.push(
      ...(await Promise.all(
        some.map(async (channel): Promise<Read> => {
          const { report, left } = await readChannel(channel.id);
          return { channel, report, checks: channelChecks(channel, report, left) };
        }),
      )),
    );
  }
  return found;
}

/** How the hub and its channels do, what that means, and what to do. */
export default function Health() {
  const hub = useLoad(readHub);
  const channels = useLoad(readChannels);
  useAgain(() => {
    hub.reload();
    channels.reload();
  });
  return (
    <div class="admin-stack">
      <p class="quiet">{t('health.intro')}</p>
      <Section title={t('health.hub')}>
        <Show of={hub} lines={5}>
          {(found) => <Checks label={t('health.hub')} checks={hubChecks(found)} />}
        </Show>
      </Section>
      <Section title={t('channels.title')}>
        <Show of={channels} lines={4}>
          {(list) =>
            list.length === 0 ? (
              <Empty icon="plug" title={t('channels.none')} actions={<Button kind="primary" onClick={() => go('/admin/channels/new')}>{t('admin.channel.add')}</Button>}>
                <p>{t('channels.noneText')}</p>
              </Empty>
            ) : (
              <ul class="lines">
                {list.map((read) => (
                  <li key={read.channel.id}>
                    <Line {...read} />
                  </li>
                ))}
              </ul>
            )
          }
        </Show>
      </Section>
    </div>
  );
}

const tones = { ok: 'ok', warn: 'warn', bad: 'danger', unknown: 'plain' } as const satisfies Record<Verdict, string>;
const icons = { ok: 'check', warn: 'warning', bad: 'warning', unknown: 'question' } as const;

function Line({ channel, checks, report }: Read) {
  // What nobody checked is no matter where messages come in.
  const found = worst(checks);
  const verdict = found === 'unknown' && report?.last_inbound_at ? 'ok' : found;
  const troubles = checks.filter((c) => c.verdict === 'warn' || c.verdict === 'bad');
  const when = (iso: string | null | undefined) => (iso ? before(iso) : t('admin.health.never'));
  return (
    <a class="line" href={href(`/admin/channels/${channel.id}`)} onClick={follow}>
      <ChannelMark kind={channel.kind} label={false} />
      <span class="line-main">
        <strong dir="auto">{channel.name}</strong>
        <small>{t('health.inOut', { in: when(report?.last_inbound_at), out: when(report?.last_outbound_at) })}</small>
        {troubles.map((c) => (
          <small key={c.id} class={c.verdict === 'bad' ? 'line-trouble' : 'line-warning'} dir="auto">
            {c.title}: {c.found}
          </small>
        ))}
      </span>
      <Chip tone={channel.enabled ? tones[verdict] : 'plain'} icon={channel.enabled ? icons[verdict] : 'pause'}>
        {channel.enabled ? t(`health.verdict.${verdict}`) : t('admin.channel.paused')}
      </Chip>
    </a>
  );
}
