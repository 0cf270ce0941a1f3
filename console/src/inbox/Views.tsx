import { me, may } from '../auth/session';
import { t, isKey } from '../i18n/translate';
import { NavLine, Sidebar } from '../shell/Sidebar';
import { counts } from '../store/counts';
import { channels, setAvailability, type Channel } from '../store/directory';
import { writeFilter, type Filter } from '../store/query';
import { ChannelMark } from '../ui/ChannelMark';
import { Icon, type IconName } from '../ui/Icon';
import { Menu } from '../ui/Menu';
import { complain } from '../ui/Toast';
import { forgetView, savedViews } from './saved';

/** What a view is called. */
export function viewTitle(view: string): string {
  const key = `view.${view}`;
  return isKey(key) ? t(key) : (channels.value.get(view)?.name ?? t('view.channel'));
}

const icons: Record<string, IconName> = { mine: 'user', queue: 'queue', unread: 'bell', all: 'all', pending: 'clock', hold: 'pause', solved: 'check', closed: 'lock' };

/** The views, each with how many conversations it holds. */
export function Views({ view, filter }: { view: string; filter: Filter }) {
  const n = counts.value;
  const of: Record<string, number | undefined> = n
    ? { mine: n.mine, queue: n.queue, unread: n.unread, all: n.all, pending: n.by_status['pending'], hold: n.by_status['on_hold'], solved: n.by_status['solved'] }
    : {};
  const here = writeFilter(filter).toString();
  const isSaved = (s: { view: string; query: string }) => s.view === view && s.query === here;
  const saved = savedViews.value;
  return (
    <Sidebar top={<Availability />}>
      <h2 class="nav-title">{t('nav.views')}</h2>
      <ul>
        {Object.entries(icons).map(([name, icon]) => (
          <NavLine key={name} icon={icon} label={t(`view.${name}` as 'view.mine')} path={`/inbox/${name}`} current={view === name && !saved.some(isSaved)} count={of[name]} countLabel={t('nav.conversations')} />
        ))}
      </ul>
      {saved.length > 0 && (
        <>
          <h2 class="nav-title">{t('nav.saved')}</h2>
          <ul>
            {saved.map((s) => (
              <NavLine
                key={s.name}
                icon="filter"
                label={s.name}
                path={`/inbox/${s.view}`}
                query={new URLSearchParams(s.query)}
                current={isSaved(s)}
                beside={
                  <button
                    type="button"
                    class="chip-remove"
                    aria-label={t('nav.forget', { name: s.name })}
                    title={t('nav.forget', { name: s.name })}
                    onClick={() => forgetView(s.name)}
                  >
                    <Icon name="close" size={12} />
                  </button>
                }
              />
            ))}
          </ul>
        </>
      )}
      {channels.value.size > 0 && (
        <>
          <h2 class="nav-title">{t('channels.title')}</h2>
          <ul>
            {[...channels.value.values()].map((channel) => (
              <NavLine
                key={channel.id}
                mark={<ChannelMark kind={channel.kind} label={false} />}
                label={channel.name}
                path={`/inbox/${channel.id}`}
                current={view === channel.id}
                count={n?.by_channel[channel.id]}
                countLabel={t('nav.conversations')}
                after={<Trouble channel={channel} />}
              />
            ))}
          </ul>
        </>
      )}
    </Sidebar>
  );
}

function Trouble({ channel }: { channel: Channel }) {
  if (!channel.enabled) return <Icon name="pause" size={14} label={t('channel.disabled')} class="warn" />;
  if (channel.health.state !== 'failing' && channel.health.state !== 'suspended') return null;
  return <Icon name="warning" size={14} label={`${t(`health.${channel.health.state}`)}${channel.health.detail ? `: ${channel.health.detail}` : ''}`} class="danger" />;
}

/** Whether the agent is there, and how much of what they may have they have. */
function Availability() {
  const agent = me.value?.agent;
  if (!agent) return null;
  const set = (status: 'online' | 'away' | 'offline') => void setAvailability(status).catch((error: unknown) => complain(t('availability.failed'), error));
  const load = t('availability.load', { load: agent.load, capacity: agent.capacity.messaging });
  return (
    <Menu
      label={t('availability.title')}
      title={`${t(`availability.${agent.availability}`)} · ${load}`}
      buttonClass="availability"
      disabled={!may('agents:write')}
      items={(['online', 'away', 'offline'] as const).map((id) => ({
        id,
        label: t(`availability.${id}`),
        hint: t(`availability.${id}Hint`),
        mark: <span class={`presence presence-${id}`} aria-hidden="true" />,
        selected: agent.availability === id,
        run: () => set(id),
      }))}
    >
      <span class={`presence presence-${agent.availability}`} aria-hidden="true" />
      <span class="nav-label">{t(`availability.${agent.availability}`)}</span>
      <span class="nav-count only-wide">{load}</span>
      <Icon name="down" size={14} class="only-wide" />
    </Menu>
  );
}
