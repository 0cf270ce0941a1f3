import { useEffect, useState } from 'preact/hooks';
import { all, api, type Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { Chip } from '../../ui/Chip';
import { Empty, LoadError, Skeleton } from '../../ui/Empty';
import { ChannelMark } from '../../ui/ChannelMark';

type Channel = Schema['Channel'];

const tones = { ok: 'ok', unchecked: 'plain', failing: 'warn', suspended: 'danger' } as const;

/** The registered channels and how they do. */
export default function Channels() {
  const [channels, setChannels] = useState<Channel[]>();
  const [failure, setFailure] = useState<unknown>();
  const load = () => {
    setFailure(undefined);
    all((cursor) => api.get('/v1/channels', { query: { limit: 200, ...(cursor ? { cursor } : {}) } })).then(setChannels, setFailure);
  };
  useEffect(load, []);
  if (failure !== undefined) return <LoadError error={failure} retry={load} />;
  if (!channels) return <Skeleton lines={6} />;
  if (channels.length === 0) {
    return (
      <Empty icon="plug" title={t('channels.none')}>
        <p>{t('channels.noneText')}</p>
      </Empty>
    );
  }
  return (
    <ul class="cards">
      {channels.map((channel) => (
        <li key={channel.id} class="card">
          <ChannelMark kind={channel.kind} />
          <strong class="one-line" dir="auto">
            {channel.name}
          </strong>
          <Chip tone={tones[channel.health.state]}>{t(`health.${channel.health.state}`)}</Chip>
          {channel.health.detail && <p class="quiet">{channel.health.detail}</p>}
        </li>
      ))}
    </ul>
  );
}
