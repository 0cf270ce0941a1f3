// How states, priorities and styles are named and drawn.
import { until, stretch } from '../i18n/dates';
import { t, type Key } from '../i18n/translate';
import type { Conversation, Status } from '../store/conversations';
import type { IconName } from '../ui/Icon';

export type Tone = 'plain' | 'accent' | 'ok' | 'warn' | 'danger' | 'note';

interface Look {
  icon: IconName;
  tone: Tone;
}

const looks: Record<Status, Look> = {
  new: { icon: 'spark', tone: 'warn' },
  open: { icon: 'circle', tone: 'accent' },
  pending: { icon: 'clock', tone: 'plain' },
  on_hold: { icon: 'pause', tone: 'plain' },
  solved: { icon: 'check', tone: 'ok' },
  closed: { icon: 'lock', tone: 'plain' },
};

export const statusLook = (status: Status): Look => looks[status];
export const statusName = (status: Status): string => t(`status.${status}`);

/** The name of a code that the hub may know before the console does. */
export function named(group: 'cause' | 'style' | 'priority' | 'type' | 'session', code: string): string {
  return t(`${group}.${code}` as Key) || code;
}

/** A countdown that is running. */
export interface Countdown {
  kind: 'close' | 'window';
  seconds: number;
  at: string;
}

/** When the conversation closes, while that is being counted down. */
export function closing(c: Conversation): Countdown | null {
  if (c.status !== 'solved' || !c.close_due_at) return null;
  return { kind: 'close', seconds: until(c.close_due_at), at: c.close_due_at };
}

/** When the platform's reply window closes, while it is open and has an end. */
export function windowClosing(c: Conversation): Countdown | null {
  if (c.status === 'closed' || !c.reply_window.open || !c.reply_window.until) return null;
  const seconds = until(c.reply_window.until);
  return seconds > 0 ? { kind: 'window', seconds, at: c.reply_window.until } : null;
}

/** "closes in 3d 4h" */
export function countdownText(countdown: Countdown): string {
  if (countdown.seconds <= 0) return t(countdown.kind === 'close' ? 'countdown.closingNow' : 'countdown.windowEnds');
  return t(countdown.kind === 'close' ? 'countdown.closes' : 'countdown.window', { time: stretch(countdown.seconds) });
}

/** A contact's name, or what there is instead. */
export function contactName(c: { name: string | null; external_id: string }): string {
  return c.name?.trim() || idName(c.external_id);
}

/** What somebody is called of whom only a platform's id is known: visitors of the web chat by the end of theirs, which tells them apart. */
export function idName(id: string): string {
  return id.startsWith('vis_') ? t('contact.visitor', { id: id.slice(-4) }) : id;
}
