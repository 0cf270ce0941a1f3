// The conversations that are known, each the newest state that was seen, with
// the changes on top that the user has made and the hub has not yet answered.
import { signal, type Signal } from '@preact/signals';
import { api, Refused, type Schema } from '../api/client';
import { onEvent, onReset } from './live';

export type Conversation = Schema['Conversation'];
export type Status = Schema['ConversationStatus'];
export type ConversationChange = Schema['ConversationChange'];

interface Held {
  base: Conversation;
  patches: { change: Partial<Conversation> }[];
  shown: Signal<Conversation>;
}

const known = new Map<string, Held>();
const listeners = new Set<(c: Conversation) => void>();

/** Calls a function with every conversation that changes. */
export function onConversation(listener: (c: Conversation) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function draw(held: Held): void {
  held.shown.value = held.patches.reduce<Conversation>((c, p) => ({ ...c, ...p.change }), held.base);
  for (const listener of listeners) listener(held.shown.value);
}

/** Keeps what the hub says of a conversation, unless something newer is known. */
export function keep(c: Conversation): Signal<Conversation> {
  const held = known.get(c.id);
  if (!held) {
    const fresh: Held = { base: c, patches: [], shown: signal(c) };
    known.set(c.id, fresh);
    draw(fresh);
    return fresh.shown;
  }
  if (c.version >= held.base.version) {
    held.base = c;
    draw(held);
  }
  return held.shown;
}

/** The conversation as it is shown, if it is known. */
export function conversation(id: string): Signal<Conversation> | undefined {
  return known.get(id)?.shown;
}

/** Reads a conversation. */
export async function load(id: string): Promise<Signal<Conversation>> {
  return keep(await api.get('/v1/conversations/{conversation_id}', { path: { conversation_id: id } }));
}

/**
 * Shows a change at once and asks the hub for it. When the hub refuses, the
 * change is taken back, what the hub has now is read, and the refusal is thrown.
 */
export async function attempt(id: string, change: Partial<Conversation>, request: () => Promise<Conversation>): Promise<Conversation> {
  const held = known.get(id);
  const patch = { change };
  if (held) {
    held.patches.push(patch);
    draw(held);
  }
  try {
    const answer = await request();
    drop(held, patch);
    return keep(answer).peek();
  } catch (error) {
    drop(held, patch);
    if (error instanceof Refused && [404, 409, 422].includes(error.status)) void load(id).catch(() => undefined);
    throw error;
  }
}

function drop(held: Held | undefined, patch: Held['patches'][number]): void {
  if (!held) return;
  held.patches = held.patches.filter((p) => p !== patch);
  draw(held);
}

/** Changes a conversation: at once here, then at the hub. */
export function update(id: string, body: ConversationChange, shown: Partial<Conversation>): Promise<Conversation> {
  return attempt(id, shown, () => api.patch('/v1/conversations/{conversation_id}', { path: { conversation_id: id }, body }));
}

/** How long a "typing" holds without another, milliseconds. */
const typingFor = 6000;
const typists = new Map<string, { shown: Signal<Schema['Author'] | null>; timer: ReturnType<typeof setTimeout> | undefined }>();

function typist(id: string) {
  let held = typists.get(id);
  if (!held) typists.set(id, (held = { shown: signal(null), timer: undefined }));
  return held;
}

/** Who is writing in a conversation, beside agents (they are among viewers); null for nobody. */
export function typing(id: string): Signal<Schema['Author'] | null> {
  return typist(id).shown;
}

function types(id: string, author: Schema['Author'] | null): void {
  const held = typist(id);
  clearTimeout(held.timer);
  held.shown.value = author;
  if (author) held.timer = setTimeout(() => (held.shown.value = null), typingFor);
}

onEvent((e) => {
  if (e.conversation) keep(e.conversation);
  if (e.type === 'conversation.typing' && e.conversation) {
    if (e.author?.type !== 'agent') types(e.conversation.id, e.author ?? { type: 'contact', id: null, name: null });
  } else if (e.type === 'message.created' && e.message && e.message.author.type === typing(e.message.conversation_id).peek()?.type) {
    types(e.message.conversation_id, null);
  }
});

// Nothing is forgotten on a reset: lists and the open thread read again what
// they show, and newer versions replace these.
onReset(() => {
  for (const [id] of typists) types(id, null);
});
