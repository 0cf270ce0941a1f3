// Messages on their way from here to the hub. One that cannot get there is kept
// in this browser and sent when the hub answers again, under the same key, so
// that it is sent once.
import { signal } from '@preact/signals';
import { api, newKey, Unreachable, type Schema } from '../api/client';
import { explain } from '../api/problem';
import { keep } from './conversations';
import { line } from './live';

export type MessageDraft = Schema['MessageDraft'];
export type Message = Schema['Message'];

/** A message that the hub does not have yet. */
export interface Leaving {
  key: string;
  conversation: string;
  body: MessageDraft;
  /** What its bubble shows of its files. */
  files: { name: string; mime: string; size: number }[];
  at: string;
  state: 'sending' | 'waiting' | 'refused';
  /** Why it was refused, and what to do. */
  why?: string;
  /** It starts a follow-up of the conversation. */
  followUp?: boolean;
}

const storageKey = 'threadhub.outbox';

function stored(): Leaving[] {
  try {
    const list = JSON.parse(localStorage.getItem(storageKey) ?? '[]') as Leaving[];
    return Array.isArray(list) ? list.map((l) => (l.state === 'sending' ? { ...l, state: 'waiting' } : l)) : [];
  } catch {
    return [];
  }
}

/** Everything on its way, the oldest first. */
export const outbox = signal<readonly Leaving[]>(stored());

type Arrived = (message: Message, leaving: Leaving) => void;
const listeners = new Set<Arrived>();

/** Calls a function with each message that the hub has taken. */
export function onArrived(listener: Arrived): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function set(list: readonly Leaving[]): void {
  outbox.value = list;
  try {
    localStorage.setItem(storageKey, JSON.stringify(list));
  } catch {
    // Full: it is kept as long as the page.
  }
}

function change(key: string, part: Partial<Leaving>): void {
  set(outbox.peek().map((l) => (l.key === key ? { ...l, ...part } : l)));
}

/** Takes a message out that was refused or is still waiting. */
export function discard(key: string): void {
  set(outbox.peek().filter((l) => l.key !== key));
}

/** Sends a message; what becomes of it is seen in the outbox and in onArrived. */
export function send(conversation: string, body: MessageDraft, files: Leaving['files'] = [], followUp = false): void {
  const leaving: Leaving = { key: newKey(), conversation, body, files, at: new Date().toISOString(), state: 'waiting', ...(followUp ? { followUp } : {}) };
  set([...outbox.peek(), leaving]);
  void flush();
}

/** Sends a refused message again, as a new one. */
export function again(key: string): void {
  const leaving = outbox.peek().find((l) => l.key === key);
  if (!leaving) return;
  set([...outbox.peek().filter((l) => l.key !== key), { ...leaving, key: newKey(), state: 'waiting' }]);
  void flush();
}

let flushing = false;

/** Sends what waits, one after the other, so that the order holds. */
export async function flush(): Promise<void> {
  if (flushing) return;
  flushing = true;
  try {
    for (;;) {
      const next = outbox.peek().find((l) => l.state === 'waiting');
      if (!next) return;
      change(next.key, { state: 'sending' });
      if (!(await deliver(next))) return;
    }
  } finally {
    flushing = false;
  }
}

/** Delivers one; false when the hub cannot be reached. */
async function deliver(leaving: Leaving): Promise<boolean> {
  const path = { conversation_id: leaving.conversation };
  try {
    let message: Message;
    if (leaving.followUp) {
      const started = await api.post('/v1/conversations/{conversation_id}/follow-up', { path, body: { message: leaving.body }, key: leaving.key });
      const { message: first, ...conversation } = started as Schema['StartedConversation'];
      keep(conversation as Schema['Conversation']);
      message = first;
    } else {
      message = (await api.post('/v1/conversations/{conversation_id}/messages', { path, body: leaving.body, key: leaving.key })) as Message;
    }
    discard(leaving.key);
    for (const listener of listeners) listener(message, leaving);
    return true;
  } catch (error) {
    if (error instanceof Unreachable) {
      change(leaving.key, { state: 'waiting' });
      return false;
    }
    change(leaving.key, { state: 'refused', why: explain(error) });
    return true;
  }
}

line.subscribe((state) => {
  if (state === 'live') void flush();
});
window.addEventListener('online', () => void flush());
