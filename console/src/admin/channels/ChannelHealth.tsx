import { api } from '../../api/client';
import { fullTime } from '../../i18n/dates';
import { t } from '../../i18n/translate';
import { follow, go, href } from '../../router/router';
import { Button } from '../../ui/Button';
import { Icon } from '../../ui/Icon';
import { before } from '../parts/before';
import { Show, useLoad } from '../parts/load';
import { Facts, Section } from '../parts/Section';
import type { ChannelProps } from './ChannelPage';
import { Act } from './Connect';

const many = 50; // what is counted at most

/** How a channel does: its access, the latest webhook, what could not be used or delivered. */
export function ChannelHealth({ channel, onChange }: ChannelProps) {
  const lately = useLoad(async () => {
    const [events, quarantine, dead] = await Promise.all([
      api.get('/v1/channels/{channel_id}/events', { path: { channel_id: channel.id }, query: { limit: many } }),
      api.get('/v1/quarantine', { query: { channel_id: channel.id, limit: many } }),
      api.get('/v1/dead-letters', { query: { channel_id: channel.id, limit: many } }),
    ]);
    return { events: events.data, quarantine: quarantine.data.length, dead: dead.data.length };
  }, [channel.id]);
  const { health } = channel;
  const counted = (n: number) => (n >= many ? t('admin.health.atLeast', { count: n }) : String(n));
  return (
    <div class="admin-stack">
      {channel.warnings.map((warning) => (
        <p key={warning} class="alert admin-warning">
          <Icon name="warning" />
          <span>{warning}</span>
        </p>
      ))}
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
      <Section title={t('admin.health.lately')}>
        <Show of={lately} lines={3}>
          {({ events, quarantine, dead }) => {
            const last = events[0];
            return (
              <>
                <ul class="figures">
                  <li>
                    <span>{t('admin.health.lastIn')}</span>
                    <strong title={last ? fullTime(last.received_at) : undefined}>{last ? before(last.received_at) : t('admin.health.never')}</strong>
                    {last ? (
                      <a href={href(`/admin/channels/${channel.id}/events`)} onClick={follow}>
                        {t('admin.channel.page.events')}
                      </a>
                    ) : (
                      <a href={href(`/admin/channels/${channel.id}/connect`)} onClick={follow}>
                        {t('admin.channel.page.connect')}
                      </a>
                    )}
                  </li>
                  <li>
                    <span>{t('admin.health.quarantine')}</span>
                    <strong>{counted(quarantine)}</strong>
                    <a href={href('/admin/quarantine', new URLSearchParams({ channel: channel.id }))} onClick={follow}>
                      {t('admin.quarantine.title')}
                    </a>
                  </li>
                  <li>
                    <span>{t('admin.health.dead')}</span>
                    <strong>{counted(dead)}</strong>
                    <a href={href('/admin/dead-letters', new URLSearchParams({ channel: channel.id }))} onClick={follow}>
                      {t('admin.dead.title')}
                    </a>
                  </li>
                </ul>
                {!last && (
                  <p>
                    <Button onClick={() => go(`/admin/channels/${channel.id}/connect`)}>{t('admin.channel.page.connect')}</Button>
                  </p>
                )}
              </>
            );
          }}
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
