// A list of conversations that changes under the user without moving what they
// look at or point to.
import { signal } from '@preact/signals';
import { api } from '../api/client';
import { conversation, keep, onConversation, type Conversation } from './conversations';
import { onReset } from './live';
import { comparator, hubQuery, matches, matchesHere, sortOf, type Filter } from './query';

const pageSize = 100;

/** The conversations of a view under a filter, as far as they have been read. */
export class ConversationList {
  /** Ids in the order shown. */
  readonly ids = signal<readonly string[]>([]);
  readonly state = signal<'loading' | 'ready' | 'failed'>('loading');
  /** How many changes of the order wait until the user lets go of the list. */
  readonly waiting = signal(0);
  readonly loadingMore = signal(false);
  failure: unknown;
  private cursor: string | null = null;
  private reading = 0; // the number of the latest reading from the start
  private held = false;
  private readonly coming = new Set<string>();
  private readonly going = new Set<string>();
  private moved = false;
  private scheduled = false;
  private readonly ends: (() => void)[];

  constructor(
    readonly view: string,
    readonly filter: Filter,
    /** Called just before the order changes, so that the view can keep its place. */
    private readonly before: () => void,
  ) {
    this.ends = [onConversation((c) => this.changed(c)), onReset(() => void this.load(true))];
    void this.load(false);
  }

  close(): void {
    this.reading++;
    for (const end of this.ends) end();
  }

  /** Whether everything that matches has been read. */
  get complete(): boolean {
    return this.cursor === null;
  }

  private query(cursor: string | null): Promise<{ data: Conversation[]; next_cursor: string | null }> {
    return api.get('/v1/conversations', { query: { ...hubQuery(this.view, this.filter), limit: pageSize, ...(cursor ? { cursor } : {}) } as never });
  }

  /** Reads the list from its start. Quietly: what is shown stays until then. */
  async load(quietly: boolean): Promise<void> {
    const reading = ++this.reading;
    if (!quietly) this.state.value = 'loading';
    try {
      const page = await this.query(null);
      if (reading !== this.reading) return;
      const fresh = this.take(page.data);
      if (quietly && this.ids.peek().length > page.data.length) {
        // Further pages are shown already: what changed on the first is enough.
        for (const id of fresh) if (!this.ids.peek().includes(id)) this.coming.add(id);
        this.schedule();
      } else {
        this.cursor = page.next_cursor;
        this.reorder(fresh);
      }
      this.failure = undefined;
      this.state.value = 'ready';
    } catch (error) {
      if (reading !== this.reading) return;
      this.failure = error;
      if (this.state.peek() === 'loading') this.state.value = 'failed';
    }
  }

  /** Reads the next page. */
  async loadMore(): Promise<void> {
    if (this.cursor === null || this.loadingMore.peek() || this.state.peek() !== 'ready') return;
    const reading = this.reading;
    this.loadingMore.value = true;
    try {
      const page = await this.query(this.cursor);
      if (reading !== this.reading) return;
      this.cursor = page.next_cursor;
      const known = new Set(this.ids.peek());
      this.ids.value = [...this.ids.peek(), ...this.take(page.data).filter((id) => !known.has(id))];
    } catch {
      // Scrolling on tries again.
    } finally {
      this.loadingMore.value = false;
    }
  }

  private take(data: readonly Conversation[]): string[] {
    for (const c of data) keep(c);
    return data.filter((c) => matchesHere(this.filter, c)).map((c) => c.id);
  }

  /** Holds the order as it is, or lets changes in again. */
  hold(on: boolean): void {
    this.held = on;
    if (!on) this.schedule();
  }

  /** Shows all changes now. */
  settle(): void {
    if (this.coming.size === 0 && this.going.size === 0 && !this.moved) return;
    const order = comparator(sortOf(this.view, this.filter));
    const ids = [...new Set([...this.ids.peek(), ...this.coming])].filter((id) => !this.going.has(id));
    const list = ids.map((id) => conversation(id)?.peek()).filter((c): c is Conversation => c !== undefined);
    this.reorder(list.sort(order).map((c) => c.id));
  }

  private reorder(ids: readonly string[]): void {
    this.coming.clear();
    this.going.clear();
    this.moved = false;
    this.waiting.value = 0;
    const now = this.ids.peek();
    if (now.length === ids.length && now.every((id, i) => id === ids[i])) return;
    this.before();
    this.ids.value = ids;
  }

  private changed(c: Conversation): void {
    if (this.state.peek() !== 'ready') return;
    const shown = this.ids.peek().includes(c.id);
    if (matches(this.view, this.filter, c)) {
      this.going.delete(c.id);
      if (shown) this.moved = true;
      else if (this.withinReach(c)) this.coming.add(c.id);
      else return;
    } else {
      this.coming.delete(c.id);
      if (!shown) return;
      this.going.add(c.id);
    }
    this.schedule();
  }

  /** Tells whether a newcomer belongs among what has been read. */
  private withinReach(c: Conversation): boolean {
    const last = conversation(this.ids.peek().at(-1) ?? '')?.peek();
    return this.complete || !last || comparator(sortOf(this.view, this.filter))(c, last) < 0;
  }

  private schedule(): void {
    if (this.held) {
      this.waiting.value = this.coming.size;
      return;
    }
    if (this.scheduled) return;
    this.scheduled = true;
    // Many changes at once are one change of the order.
    setTimeout(() => {
      this.scheduled = false;
      if (!this.held) this.settle();
      else this.waiting.value = this.coming.size;
    }, 16);
  }
}
