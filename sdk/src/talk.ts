// What was said, put together from lists, events and what is on its way. All
// functions are pure.
import type { Pending } from './outbox';
import type { Problem } from './refusal';
import type { Message } from './wire';

/** How far a message of the visitor's got. */
export type Delivery = 'sending' | 'waiting' | 'failed' | 'received' | 'read';

/** A message as it is shown. */
export interface Entry extends Message {
  /** Of a message of the visitor's; null for others. */
  delivery: Delivery | null;
  /** Why it failed. */
  problem?: Problem;
  /** Stays the same while a message on its way becomes one that the hub has. */
  key: string;
}

/** Adds messages, or renews them: each once, in the order in which they were written. */
export function merge(known: readonly Message[], news: readonly Message[]): Message[] {
  const byID = new Map(known.map((m) => [m.id, m]));
  for (const m of news) byID.set(m.id, { ...m, status: higher(byID.get(m.id)?.status, m.status) });
  return [...byID.values()].map((m, i) => ({ m, i })).sort((a, b) => compare(a.m.created_at, b.m.created_at) || a.i - b.i).map(({ m }) => m);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const rank = ['received', 'sent', 'delivered', 'read'];

/** Receipts may overtake each other: a status only rises. */
function higher(a: Message['status'] | undefined, b: Message['status']): Message['status'] {
  return a && rank.indexOf(a) > rank.indexOf(b) ? a : b;
}

/** Changes one message, if it is known. */
export function alter(known: readonly Message[], id: string, change: Partial<Message>): Message[] {
  return known.map((m) => (m.id === id ? { ...m, ...change, ...(change.status ? { status: higher(m.status, change.status) } : {}) } : m));
}

/** What remains of a message that was taken back. */
export const deletion = (at: string): Partial<Message> => ({ deleted_at: at, text: null, attachments: [], buttons: [] });

/** Messages that were written to the visitor and that they have not looked at, as far as is known. */
export function unread(list: readonly Message[], readTo: string): Message[] {
  const after = list.findIndex((m) => m.id === readTo) + 1;
  return list.slice(after).filter((m) => m.author.type !== 'visitor' && m.status !== 'read' && !m.deleted_at);
}

/**
 * Puts the entries together. seen is the id of the visitor's message up to
 * which the business has looked; who answered has looked as well.
 */
export function entries(list: readonly Message[], pending: readonly Pending[], accepted: ReadonlyMap<string, Message>, sending: string, waiting: boolean, seen: string): Entry[] {
  const looked = Math.max(
    // A message that is not in the list yet is later than all that are.
    [...accepted.values()].some((m) => m.id === seen) ? list.length - 1 : -1,
    list.findLastIndex((m) => m.id === seen),
    list.findLastIndex((m) => m.author.type === 'agent'),
  );
  const out = list.map((m, i): Entry => ({ ...m, key: m.client_id ?? m.id, delivery: m.author.type !== 'visitor' ? null : i <= looked ? 'read' : 'received' }));
  const known = new Set(list.map((m) => m.client_id));
  for (const [id, m] of accepted) {
    if (!known.has(id)) out.push({ ...m, key: id, delivery: m.id === seen ? 'read' : 'received' });
    known.add(id);
  }
  for (const p of pending) {
    const id = p.draft.client_id;
    if (known.has(id)) continue;
    const delivery = p.problem ? 'failed' : id !== sending && waiting ? 'waiting' : 'sending';
    out.push({ ...standIn(p), key: id, delivery, ...(p.problem ? { problem: p.problem } : {}) });
  }
  return out;
}

/** The message that a draft will be. */
export function standIn(p: Pending): Message {
  const { draft } = p;
  const file = p.files[0];
  const kind = (mime: string): Message['type'] => {
    const family = mime.split('/')[0];
    return family === 'image' || family === 'video' || family === 'audio' ? family : 'file';
  };
  return {
    id: draft.client_id,
    client_id: draft.client_id,
    conversation_id: '',
    author: { type: 'visitor', name: null },
    type: file ? kind(file.mime) : draft.location ? 'location' : 'text',
    text: draft.text ?? draft.postback?.title ?? null,
    attachments: p.files.map((f) => ({ id: f.id, type: kind(f.mime), mime: f.mime, name: f.name, size: f.size, url: f.preview ?? '' })),
    buttons: [],
    ...(draft.reply_to ? { reply_to: { id: draft.reply_to, text: null } } : {}),
    status: 'received',
    created_at: p.at,
    edited_at: null,
    deleted_at: null,
  };
}
