import { api } from '../../api/client';
import { RetentionForm } from '../parts/RetentionForm';
import type { ChannelProps } from './ChannelPage';

/** For how long what came by a channel is kept. */
export function ChannelRetention({ channel, onChange }: ChannelProps) {
  return (
    <RetentionForm
      value={channel.retention}
      channel={channel.id}
      save={async (retention) => onChange(await api.patch('/v1/channels/{channel_id}', { path: { channel_id: channel.id }, body: { retention, version: channel.version } }))}
    />
  );
}
