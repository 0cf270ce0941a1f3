import { useState } from 'preact/hooks';
import { api, Refused, type Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { follow, go, href } from '../../router/router';
import { ChannelMark, kindName } from '../../ui/ChannelMark';
import { Chip } from '../../ui/Chip';
import { complain, tell } from '../../ui/Toast';
import { Button } from '../../ui/Button';
import { Confirm } from '../parts/Confirm';
import { Show, useLoad } from '../parts/load';
import { Back } from '../parts/Section';
import { ChannelEvents } from './ChannelEvents';
import { ChannelHealth } from './ChannelHealth';
import { ChannelSettings } from './ChannelSettings';
import { ChannelStyle } from './ChannelStyle';
import { healthTones } from './Channels';
import { Connect } from './Connect';

const pages = ['health', 'connect', 'events', 'settings', 'style'] as const;
type PageName = (typeof pages)[number];

/** What a page of a channel is given. */
export interface ChannelProps {
  channel: Schema['Channel'];
  onChange(channel: Schema['Channel']): void;
}

/** One channel: its health, how to connect it, its event log, settings and style. */
export function ChannelPage({ id, part }: { id: string; part: string }) {
  const channel = useLoad(() => api.get('/v1/channels/{channel_id}', { path: { channel_id: id } }), [id]);
  const page: PageName = pages.find((name) => name === part) ?? 'health';
  return (
    <div class="admin-stack">
      <Back path="/admin/channels" label={t('channels.title')} />
      <Show of={channel}>
        {(c) => (
          <>
            <Head channel={c} onChange={channel.set} />
            <nav class="subnav" aria-label={c.name}>
              {pages.map((name) => (
                <a key={name} href={href(`/admin/channels/${c.id}${name === 'health' ? '' : `/${name}`}`)} aria-current={name === page ? 'page' : undefined} onClick={follow}>
                  {t(`admin.channel.page.${name}`)}
                </a>
              ))}
            </nav>
            <Page name={page} channel={c} onChange={channel.set} />
          </>
        )}
      </Show>
    </div>
  );
}

function Page({ name, ...rest }: ChannelProps & { name: PageName }) {
  switch (name) {
    case 'connect':
      return <Connect {...rest} />;
    case 'events':
      return <ChannelEvents channel={rest.channel} />;
    case 'settings':
      return <ChannelSettings key={rest.channel.version} {...rest} />;
    case 'style':
      return <ChannelStyle key={rest.channel.version} {...rest} />;
    case 'health':
      return <ChannelHealth {...rest} />;
  }
}

function Head({ channel, onChange }: ChannelProps) {
  const [deleting, setDeleting] = useState(false);
  const [open, setOpen] = useState(false);
  const toggle = async () => {
    const before = channel;
    onChange({ ...channel, enabled: !channel.enabled });
    try {
      const after = await api.patch('/v1/channels/{channel_id}', { path: { channel_id: channel.id }, body: { enabled: !channel.enabled } });
      onChange(after);
      tell(t(after.enabled ? 'admin.channel.resumed' : 'admin.channel.pausedNow'));
    } catch (error) {
      onChange(before);
      complain(t('do.changeFailed'), error);
    }
  };
  const remove = async () => {
    try {
      await api.delete('/v1/channels/{channel_id}', { path: { channel_id: channel.id }, query: { force: open } });
    } catch (error) {
      if (error instanceof Refused && error.code === 'channel_in_use') setOpen(true);
      throw error;
    }
    tell(t('admin.channel.deleted', { name: channel.name }));
    go('/admin/channels');
  };
  return (
    <header class="admin-bar">
      <h2 class="admin-title">
        <ChannelMark kind={channel.kind} label={false} />
        <span dir="auto">{channel.name}</span>
        <small class="quiet">{kindName(channel.kind)}</small>
        <Chip tone={channel.enabled ? healthTones[channel.health.state] : 'plain'}>{channel.enabled ? t(`health.${channel.health.state}`) : t('admin.channel.paused')}</Chip>
      </h2>
      <div class="section-actions">
        <Button icon={channel.enabled ? 'pause' : 'retry'} onClick={() => void toggle()}>
          {t(channel.enabled ? 'admin.channel.pause' : 'admin.channel.resume')}
        </Button>
        <Button
          icon="trash"
          onClick={() => {
            setOpen(false);
            setDeleting(true);
          }}
        >
          {t('admin.delete')}
        </Button>
      </div>
      {deleting && (
        <Confirm title={t('admin.channel.deleteTitle', { name: channel.name })} action={t(open ? 'admin.channel.deleteAnyway' : 'admin.delete')} run={remove} onClose={() => setDeleting(false)}>
          <p>{t('admin.channel.deleteText')}</p>
          {open && <p>{t('admin.channel.deleteOpen')}</p>}
        </Confirm>
      )}
    </header>
  );
}
