import { useState } from 'preact/hooks';
import { t, type Key } from '../i18n/translate';
import { go } from '../router/router';
import { showShortcuts, useShortcuts, type Shortcut } from '../shell/shortcuts';
import { chooseTheme } from '../shell/theme';
import { conversation, type Conversation } from '../store/conversations';
import { draftOf, keepDraft } from '../store/drafts';
import type { ConversationList } from '../store/list';
import { viewNames } from '../store/query';
import type { IconName } from '../ui/Icon';
import { setStatus, take } from './actions';
import type { Command } from './Commands';
import { cursor } from './ListPane';
import { viewTitle } from './Views';

interface Inbox {
  view: string;
  open: string;
  list: ConversationList | null;
  show(id: string): void;
  back(): void;
}

interface Keys {
  commands: readonly Command[];
  commanding: boolean;
  setCommanding(on: boolean): void;
}

function press(name: string): boolean {
  const el = document.querySelector<HTMLElement>(`[data-shortcut="${name}"]`);
  if (!el) return false;
  if (el instanceof HTMLButtonElement) el.click();
  else el.focus();
  return true;
}

/** The keys of the inbox, and the same as commands to be found by name. */
export function useInboxKeys({ view, open, list, show, back }: Inbox): Keys {
  const [commanding, setCommanding] = useState(false);
  const c = conversation(open)?.value;

  const move = (step: number) => {
    const ids = list?.ids.peek() ?? [];
    const at = ids.indexOf(cursor.peek() || open);
    const next = ids[Math.max(0, Math.min(ids.length - 1, at < 0 ? 0 : at + step))];
    if (next) cursor.value = next;
  };
  const next = (): string => {
    const ids = list?.ids.peek() ?? [];
    const at = ids.indexOf(open);
    return ids[at + 1] ?? ids[at - 1] ?? '';
  };
  const withOpen = (act: (c: Conversation) => void) => (): boolean | void => {
    if (!c || c.status === 'closed') return false;
    act(c);
  };
  const write = (note: boolean) =>
    withOpen((now) => {
      keepDraft(now.id, { ...draftOf(now.id), note });
      // The box may have to be drawn first.
      setTimeout(() => press('write'));
    });
  const solveAndNext = withOpen((now) => {
    const then = next();
    void setStatus(now, 'solved').then((done) => {
      if (done) then ? show(then) : back();
    });
  });

  const actions: (Shortcut & { icon: IconName; needsOpen?: boolean })[] = [
    { keys: 'r', does: 'keys.reply', icon: 'reply', needsOpen: true, run: write(false) },
    { keys: 'n', does: 'keys.note', icon: 'note', needsOpen: true, run: write(true) },
    { keys: 'm', does: 'keys.take', icon: 'user', needsOpen: true, run: withOpen((now) => void take(now)) },
    { keys: 'a', does: 'keys.assign', icon: 'users', needsOpen: true, run: () => press('assign') },
    { keys: 'p', does: 'keys.pending', icon: 'clock', needsOpen: true, run: withOpen((now) => void setStatus(now, 'pending')) },
    { keys: 'h', does: 'keys.hold', icon: 'pause', needsOpen: true, run: withOpen((now) => void setStatus(now, 'on_hold')) },
    { keys: 'e', does: 'keys.solve', icon: 'check', needsOpen: true, run: withOpen((now) => void setStatus(now, 'solved')) },
    { keys: 'Shift+E', does: 'keys.solveAndNext', icon: 'check', needsOpen: true, run: solveAndNext },
    { keys: '/', does: 'keys.search', icon: 'search', run: () => press('search') },
  ];
  useShortcuts([
    { keys: 'j', does: 'keys.next', run: () => move(1) },
    { keys: 'k', does: 'keys.previous', run: () => move(-1) },
    {
      keys: 'Enter',
      does: 'keys.open',
      run: () => {
        // A button or a link that has the focus takes the key itself.
        if (!cursor.peek() || document.activeElement?.closest('button, a, summary')) return false;
        show(cursor.peek());
      },
    },
    { keys: 'u', does: 'keys.back', run: back },
    ...actions,
    { keys: 'Ctrl+k', does: 'keys.commands', inText: true, run: () => setCommanding(true) },
    {
      keys: 'Escape',
      does: 'keys.leave',
      inText: true,
      run: () => {
        const el = document.activeElement as HTMLElement | null;
        if (el && el !== document.body) el.blur();
        else if (open) back();
        else return false;
      },
    },
  ]);

  const commands: Command[] = [
    ...actions.filter((a) => !a.needsOpen || (c && c.status !== 'closed')).map((a) => ({ id: a.keys, label: t(a.does), icon: a.icon, keys: a.keys.toUpperCase(), run: () => void a.run() })),
    ...viewNames.filter((name) => name !== view).map((name) => ({ id: `view-${name}`, label: t('commands.goTo', { view: viewTitle(name) }), icon: 'inbox' as const, run: () => go(`/inbox/${name}`) })),
    ...(['light', 'dark', 'system'] as const).map((theme) => ({ id: `theme-${theme}`, label: t('commands.theme', { theme: t(`theme.${theme}` as Key) }), icon: 'sun' as const, run: () => chooseTheme(theme) })),
    { id: 'keys', label: t('shortcuts.title'), icon: 'keyboard', keys: '?', run: () => (showShortcuts.value = true) },
  ];
  return { commands, commanding, setCommanding };
}
