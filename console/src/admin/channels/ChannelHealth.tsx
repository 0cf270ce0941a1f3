import { api } from '../../api/client';
import { fullTime } from '../../i18n/dates';
import { t } from '../../i18n/translate';
import { Icon } from '../../ui/Icon';
import { Checks } from '../health/Checks';
import { channelChecks } from '../health/channelChecks';
import { readChannel } from '../health/readChannel';
import { useAgain } from '../health/useAgain';
import { Show, useLoad } from '../parts/load';
import { Facts, Section } from '../parts/Section';
import type { ChannelProps } from './ChannelPage';
import { Act } from './Connect';

/** How a channel does: each check with what it found, what that means and what to do. */
export function ChannelHealth({ channel, onChange }: ChannelProps) {
  const read = useLoad(() => readChannel(channel.id), [channel.id, channel.health.checked_at]);
  useAgain(read.reload, [channel.id, channel.health.checked_at]);
  const { health } = channel;
  return (
    <div class="admin-stack">
      <div class={`health health-${channel.enabled ? health.state : 'paused'}`}>
        <Icon name={!channel.enabled ? 'pause' : health.state === 'ok' ? 'check' : health.state === 'unchecked' ? 'question' : 'warning'} size={26} />
        <div>
          <h3>{channel.enabled ? t(`admin.health.${health.state}`) : t('admin.health.paused')}</h3>
          <p dir="auto">{channel.enabled ? (health.detail ?? t(`admin.health.${health.state}Text`)) : t('admin.health.pausedText')}</p>
        </div>
      </div>
      <Act
        label={t('admin.connect.checkNow')}
        run={async () => {
          const answer = await api.post('/v1/channels/{channel_id}/check', { path: { channel_id: channel.id } });
          void api.get('/v1/channels/{channel_id}', { path: { channel_id: channel.id } }).then(onChange, () => undefined);
          return answer;
        }}
      />
      <Section title={t('health.checks')} hint={t('health.checksHint')}>
        <Show of={read} lines={8}>
          {({ report, left }) => <Checks label={t('health.checks')} checks={channelChecks(channel, report, left)} />}
        </Show>
      </Section>
      <Section title={t('admin.health.facts')}>
        <Facts
          facts={[
            [t('admin.health.checked'), health.checked_at ? fullTime(health.checked_at) : t('admin.health.never')],
            ...(health.since ? ([[t('admin.health.since'), fullTime(health.since)]] as const) : []),
            [t('admin.health.secrets'), channel.credential_keys.join(', ') || t('admin.none')],
            [t('admin.health.sendFor'), channel.send_for],
            [t('admin.health.created'), fullTime(channel.created_at)],
            [t('admin.health.id'), channel.id],
          ]}
        />
      </Section>
    </div>
  );
}
