// What a thread shows, from its messages and its log: days, runs of one
// sender, and what happened in between.
import { dayKey } from '../i18n/dates';
import type { Leaving, Message } from '../store/outbox';
import type { Transition } from '../store/thread';

export type Item =
  | { kind: 'day'; key: string; at: string }
  | { kind: 'log'; key: string; lines: Transition[] }
  | { kind: 'unread'; key: string }
  | { kind: 'message'; key: string; message: Message; first: boolean; last: boolean }
  | { kind: 'leaving'; key: string; leaving: Leaving };

const runGap = 5 * 60_000; // milliseconds between messages of one run

function sameRun(a: Message, b: Message): boolean {
  return (
    a.author.type === b.author.type && a.author.id === b.author.id && a.internal === b.internal && a.direction === b.direction && Date.parse(b.sent_at) - Date.parse(a.sent_at) < runGap
  );
}

/** Puts messages, log and what is leaving into the order of time. */
export function timeline(messages: readonly Message[], log: readonly Transition[], leaving: readonly Leaving[], more: boolean, unreadFrom: string): Item[] {
  const items: Item[] = [];
  // While there are older messages, the log before the first one has no place.
  const since = more && messages[0] ? Date.parse(messages[0].sent_at) : -Infinity;
  const lines = log.filter((l) => Date.parse(l.at) >= since);
  let day = '';
  let at = 0;
  const open = (iso: string) => {
    if (dayKey(iso) === day) return;
    day = dayKey(iso);
    items.push({ kind: 'day', key: `day-${day}`, at: iso });
  };
  const logUntil = (time: number) => {
    for (; at < lines.length; at++) {
      const line = lines[at];
      if (!line || Date.parse(line.at) > time) return;
      open(line.at);
      const last = items.at(-1);
      if (last?.kind === 'log') last.lines.push(line);
      else items.push({ kind: 'log', key: `log-${line.id}`, lines: [line] });
    }
  };
  for (const message of messages) {
    // What a message brought about stands after it.
    logUntil(Date.parse(message.received_at ?? message.sent_at) - 1);
    open(message.sent_at);
    if (message.id === unreadFrom) items.push({ kind: 'unread', key: 'unread' });
    const before = items.at(-1);
    const joins = before?.kind === 'message' && sameRun(before.message, message);
    if (joins) before.last = false;
    items.push({ kind: 'message', key: message.id, message, first: !joins, last: true });
  }
  logUntil(Infinity);
  for (const l of leaving) items.push({ kind: 'leaving', key: l.key, leaving: l });
  return items;
}
