import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { complain } from '../ui/Toast';
import { chooseLanguage, language, languageNames, t, type Language } from '../i18n/translate';
import { follow, go, href } from '../router/router';
import { me, signOut } from '../auth/session';
import { Avatar } from '../ui/Avatar';
import { Dialog } from '../ui/Dialog';
import { Icon, type IconName } from '../ui/Icon';
import { Menu, type MenuItem } from '../ui/Menu';
import { chooseTheme, theme, type Theme } from './theme';
import { showShortcuts } from './shortcuts';

/** Whether the sidebar is open as a drawer, on narrow windows. */
export const sidebarOpen = signal(false);

interface LineProps {
  icon?: IconName;
  /** Drawn in place of the icon. */
  mark?: ComponentChildren;
  label: string;
  path: string;
  query?: URLSearchParams;
  current: boolean;
  count?: number | undefined;
  /** What the count is of, for screen readers. */
  countLabel?: string;
  /** In the link, after its label. */
  after?: ComponentChildren;
  /** Beside the link: a button of its own. */
  beside?: ComponentChildren;
}

/** A place in the sidebar. */
export function NavLine({ icon, mark, label, path, query, current, count, countLabel, after, beside }: LineProps) {
  return (
    <li class="nav-item">
      <a
        class="nav-line"
        href={href(path, query)}
        title={label}
        aria-current={current ? 'page' : undefined}
        onClick={(e) => {
          follow(e);
          sidebarOpen.value = false;
        }}
      >
        {mark ?? (icon && <Icon name={icon} />)}
        <span class="nav-label">{label}</span>
        {after}
        {count !== undefined && count > 0 && (
          <span class="nav-count">
            {count}
            {countLabel && <span class="hidden"> {countLabel}</span>}
          </span>
        )}
      </a>
      {beside}
    </li>
  );
}

interface Props {
  /** Below the brand: what is always in sight, such as the availability. */
  top?: ComponentChildren;
  children: ComponentChildren;
}

/** The column at the left; a drawer in narrow windows. */
export function Sidebar(props: Props) {
  return (
    <>
      <Column {...props} />
      {sidebarOpen.value && (
        <Dialog title={t('nav.menu')} place="start" bare onClose={() => (sidebarOpen.value = false)}>
          <Column {...props} />
        </Dialog>
      )}
    </>
  );
}

function Column({ top, children }: Props) {
  const admin = me.value?.role === 'admin';
  const inAdmin = window.location.pathname.startsWith(href('/admin'));
  return (
    <nav class="sidebar" aria-label={t('nav.main')}>
      <div class="sidebar-head">
        <a class="brand" href={href('/')} onClick={follow} title="Threadhub">
          <img class="brand-mark" src={href('/favicon.svg')} alt="" width={26} height={26} />
          <span class="brand-name">Threadhub</span>
        </a>
      </div>
      <div class="sidebar-body">
        {top}
        {children}
      </div>
      <div class="sidebar-foot">
        {admin && (
          <ul>
            {inAdmin ? (
              <NavLine icon="inbox" label={t('nav.inbox')} path="/inbox" current={false} />
            ) : (
              <NavLine icon="settings" label={t('nav.admin')} path="/admin" current={false} />
            )}
          </ul>
        )}
        <UserMenu />
      </div>
    </nav>
  );
}

const themeIcons: Record<Theme, IconName> = { system: 'system', light: 'sun', dark: 'moon' };

function UserMenu() {
  const who = me.value;
  if (!who) return null;
  const name = who.agent?.name ?? who.name;
  const themes = (Object.keys(themeIcons) as Theme[]).map(
    (id): MenuItem => ({ id, label: t(`theme.${id}`), icon: themeIcons[id], selected: theme.value === id, run: () => chooseTheme(id) }),
  );
  const languages = (Object.keys(languageNames) as Language[]).map(
    (id, i): MenuItem => ({
      id,
      label: languageNames[id],
      icon: 'globe',
      selected: language.value === id,
      apart: i === 0,
      run: () => void chooseLanguage(id).catch((error: unknown) => complain(t('language.failed'), error)),
    }),
  );
  const items: MenuItem[] = [
    ...themes,
    ...languages,
    { id: 'keys', label: t('shortcuts.title'), icon: 'keyboard', keys: '?', apart: true, run: () => (showShortcuts.value = true) },
    { id: 'account', label: t('account.title'), icon: 'user', run: () => go('/account') },
    { id: 'out', label: t('session.signOut'), icon: 'exit', apart: true, run: () => void signOut().catch((error: unknown) => complain(t('session.signOutFailed'), error)) },
  ];
  return (
    <Menu label={t('nav.user')} items={items} buttonClass="who" up title={name}>
      <Avatar id={who.agent?.id ?? who.token_id} name={name} size="small" />
      <span class="who-name one-line">
        {name}
        <span class="hidden"> {t('nav.user')}</span>
        <small class="one-line">{who.role === 'admin' ? t('role.admin') : t('role.agent')}</small>
      </span>
      <Icon name="up" size={14} />
    </Menu>
  );
}
