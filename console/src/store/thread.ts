// The messages and the log of one conversation.
import { signal } from '@preact/signals';
import { all, api, type Schema } from '../api/client';
import { attempt, conversation, load as loadConversation } from './conversations';
import { onEvent, onReset } from './live';
import { onArrived, type Message } from './outbox';

export type Transition = Schema['Transition'];

const pageSize = 60;

/** The order in which messages are read. */
function compare(a: Message, b: Message): number {
  return Date.parse(a.sent_at) - Date.parse(b.sent_at) || a.sequence - b.sequence || (a.id < b.id ? -1 : 1);
}

/** What was said in one conversation, as far as it has been read. */
export class Thread {
  readonly messages = signal<readonly Message[]>([]);
  readonly log = signal<readonly Transition[]>([]);
  readonly state = signal<'loading' | 'ready' | 'failed'>('loading');
  /** Whether there are messages before the first. */
  readonly older = signal(false);
  readonly loadingOlder = signal(false);
  failure: unknown;
  private readonly ends: (() => void)[] = [];
  private logTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly id: string) {
    this.ends.push(
      onEvent((e) => {
        if (e.message?.conversation_id === id) this.put([e.message]);
        if (e.conversation?.id === id && e.type.startsWith('conversation.') && e.type !== 'conversation.typing') this.readLogSoon();
      }),
      onReset(() => void this.load()),
      onArrived((message) => {
        if (message.conversation_id === id) this.put([message]);
      }),
    );
    void this.load();
  }

  close(): void {
    for (const end of this.ends) end();
    clearTimeout(this.logTimer);
  }

  /** Reads the latest messages, or all that are shown and those since. */
  async load(): Promise<void> {
    if (this.state.peek() === 'failed') this.state.value = 'loading';
    try {
      const [shown] = await Promise.all([loadConversation(this.id), this.readLog()]);
      if (this.state.peek() === 'ready') await this.readAgain();
      else await this.readLatest(shown.peek());
      this.state.value = 'ready';
    } catch (error) {
      this.failure = error;
      if (this.state.peek() !== 'ready') this.state.value = 'failed';
    }
  }

  private async readLatest(c: Schema['Conversation']): Promise<void> {
    const path = { conversation_id: this.id };
    const last = c.last_message?.id;
    if (c.message_count <= pageSize || !last) {
      const page = await api.get('/v1/conversations/{conversation_id}/messages', { path, query: { limit: pageSize } });
      this.put(page.data);
      if (page.next_cursor) await this.readOn(page.data.at(-1)?.id);
      return;
    }
    const page = await api.get('/v1/conversations/{conversation_id}/messages', { path, query: { before: last, limit: pageSize } });
    this.older.value = page.next_cursor !== null;
    this.put(page.data);
    await this.readOn(page.data.at(-1)?.id);
  }

  /** What is shown may have changed unheard: it is read from its first message on. */
  private async readAgain(): Promise<void> {
    const first = this.messages.peek()[0];
    if (!first || !this.older.peek()) return this.readOn();
    const path = { conversation_id: this.id };
    const page = await api.get('/v1/conversations/{conversation_id}/messages', { path, query: { before: first.id, limit: 1 } });
    this.put(page.data);
    await this.readOn(page.data[0]?.id);
  }

  /** Reads everything after a message, or from the beginning. */
  private async readOn(after?: string): Promise<void> {
    const path = { conversation_id: this.id };
    this.put(await all((cursor) => api.get('/v1/conversations/{conversation_id}/messages', { path, query: { limit: 200, ...(after ? { after } : {}), ...(cursor ? { cursor } : {}) } })));
  }

  /** Reads what was said before. */
  async loadOlder(): Promise<void> {
    const first = this.messages.peek()[0];
    if (!first || !this.older.peek() || this.loadingOlder.peek()) return;
    this.loadingOlder.value = true;
    try {
      const page = await api.get('/v1/conversations/{conversation_id}/messages', {
        path: { conversation_id: this.id },
        query: { before: first.id, limit: pageSize },
      });
      this.older.value = page.next_cursor !== null;
      this.put(page.data);
    } finally {
      this.loadingOlder.value = false;
    }
  }

  /**
   * Shows messages, in place of what was known of them, unless that is newer:
   * answers and events overtake each other.
   */
  put(list: readonly Message[]): void {
    if (list.length === 0) return;
    const byID = new Map(this.messages.peek().map((m) => [m.id, m]));
    for (const m of list) if (m.version >= (byID.get(m.id)?.version ?? 0)) byID.set(m.id, m);
    this.messages.value = [...byID.values()].sort(compare);
  }

  private async readLog(): Promise<void> {
    const log = await all((cursor) => api.get('/v1/conversations/{conversation_id}/log', { path: { conversation_id: this.id }, query: { limit: 200, ...(cursor ? { cursor } : {}) } }));
    // It only grows: a shorter one was asked for earlier.
    if (log.length >= this.log.peek().length) this.log.value = log;
  }

  private readLogSoon(): void {
    clearTimeout(this.logTimer);
    this.logTimer = setTimeout(() => void this.readLog().catch(() => undefined), 250);
  }
}

/** The thread of a conversation that is open here, if any; two views share it. */
let open: Thread | null = null;

/** Opens the thread of a conversation, closing the one before. */
export function openThread(id: string): Thread {
  if (open?.id === id) return open;
  open?.close();
  return (open = new Thread(id));
}

/** Marks everything so far as read, unless it is. */
export async function markRead(id: string): Promise<void> {
  const known = conversation(id)?.peek();
  if (!known || known.unread_count === 0 || known.status === 'closed') return;
  await attempt(id, { unread_count: 0 }, () => api.post('/v1/conversations/{conversation_id}/read', { path: { conversation_id: id } }));
}
