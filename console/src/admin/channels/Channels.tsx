import '../parts/admin.css';
import './channels.css';
import { all, api, type Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { follow, go, href } from '../../router/router';
import { Button } from '../../ui/Button';
import { ChannelMark, kindName } from '../../ui/ChannelMark';
import { Chip } from '../../ui/Chip';
import { Empty } from '../../ui/Empty';
import { before } from '../parts/before';
import { Show, useLoad } from '../parts/load';
import type { ViewProps } from '../views';
import { Catalogue } from './Catalogue';
import { ChannelPage } from './ChannelPage';
import { Register } from './Register';

type Channel = Schema['Channel'];

/** How a channel does, for chips. */
export const healthTones = { ok: 'ok', unchecked: 'plain', failing: 'warn', suspended: 'danger' } as const;

/** The channels: their list, the catalogue to choose a platform from, the form, and a page for each. */
export default function Channels({ id, part }: ViewProps) {
  if (id === 'new') return part ? <Register key={part} kind={part} /> : <Catalogue />;
  if (id) return <ChannelPage key={id} id={id} part={part} />;
  return <List />;
}

function List() {
  const channels = useLoad(() => all((cursor) => api.get('/v1/channels', { query: { limit: 200, ...(cursor ? { cursor } : {}) } })));
  const add = (
    <Button kind="primary" icon="plus" onClick={() => go('/admin/channels/new')}>
      {t('admin.channel.add')}
    </Button>
  );
  return (
    <Show of={channels}>
      {(list) =>
        list.length === 0 ? (
          <Empty icon="plug" title={t('channels.none')} actions={add}>
            <p>{t('channels.noneText')}</p>
          </Empty>
        ) : (
          <div class="admin-stack">
            <div class="admin-bar">
              <p class="quiet">{t('admin.channel.intro')}</p>
              {add}
            </div>
            <ul class="lines">
              {list.map((channel) => (
                <Line key={channel.id} channel={channel} />
              ))}
            </ul>
          </div>
        )
      }
    </Show>
  );
}

function Line({ channel }: { channel: Channel }) {
  return (
    <li>
      <a class="line" href={href(`/admin/channels/${channel.id}`)} onClick={follow}>
        <ChannelMark kind={channel.kind} label={false} />
        <span class="line-main">
          <strong dir="auto">{channel.name}</strong>
          <small>
            {kindName(channel.kind)} · {t(`style.${channel.style.name}`)}
            {channel.health.checked_at && ` · ${t('admin.channel.checkedAgo', { time: before(channel.health.checked_at) })}`}
          </small>
          {channel.health.detail && channel.health.state !== 'ok' && <small class="line-trouble">{channel.health.detail}</small>}
        </span>
        {channel.warnings.length > 0 && (
          <Chip tone="warn" icon="warning" title={channel.warnings.join(' ')}>
            {t('admin.channel.warnings', { count: channel.warnings.length })}
          </Chip>
        )}
        <Chip tone={channel.enabled ? healthTones[channel.health.state] : 'plain'} icon={channel.enabled ? (channel.health.state === 'ok' ? 'check' : 'info') : 'pause'}>
          {channel.enabled ? t(`health.${channel.health.state}`) : t('admin.channel.paused')}
        </Chip>
      </a>
    </li>
  );
}
