// One visitor's chat: keeps the connection, the messages and what is on its way.
import type { ChatOptions, Writing } from './options';
import { memory, Outbox } from './outbox';
import { canStream, drop, later, newAborter, newID, platformFetch, type Timer } from './platform';
import { Refused } from './refusal';
import { Sender } from './sender';
import { nothing, type State } from './state';
import { follow, HeldBack, type StreamEvent } from './stream';
import { alter, deletion, entries, merge, unread } from './talk';
import { Visit } from './visit';
import { Wire, type Author, type Conversation, type Draft, type Identity, type Message, type Page, type Session, type Upload } from './wire';

const pageSize = 50;
const typingShown = 6000;
const typingTold = 2500;

/**
 * A chat. Make one, `subscribe`, `start`. Nothing is asked of the hub before
 * `start`, and the visitor is nobody's contact before they write.
 */
export class Chat {
  private current: State = nothing;
  private readonly listeners = new Set<(state: State) => void>();
  private readonly wire: Wire;
  private readonly visit: Visit;
  private readonly outbox: Outbox;
  private readonly sender: Sender;

  private messages: Message[] = [];
  private before: string | null = null;
  private cursor = '';
  private seen = ''; // the visitor's message up to which the business has looked
  private readTo = ''; // the latest message that the visitor has looked at
  private readTold = '';

  private run = 0; // the number of the loop that is in charge
  private aborter: ReturnType<typeof newAborter> | null = null;
  private wake: (() => void) | null = null;
  private attempt = 0;
  private heldBack = 0;

  private typingTimer: Timer = null;
  private typedAt = 0;

  constructor(private readonly options: ChatOptions) {
    this.wire = new Wire(options.hub, options.channel, options.fetch ?? platformFetch);
    const storage = options.storage ?? memory();
    this.visit = new Visit(
      this.wire,
      storage,
      `threadhub.${options.channel}.token`,
      options,
      (session) => this.opened(session),
      () => (this.cursor = ''),
    );
    this.outbox = new Outbox(storage, `threadhub.${options.channel}.outbox`);
    this.sender = new Sender(this.outbox, {
      post: (draft) => this.visit.authorized(() => this.wire.post(draft)),
      may: () => this.run % 2 === 1,
      changed: () => this.refresh(),
      sent: () => this.posted(),
      backoff: this.backoff,
    });
  }

  get state(): State {
    return this.current;
  }

  /** Calls listen with each new state until the answer is called. */
  subscribe(listen: (state: State) => void): () => void {
    this.listeners.add(listen);
    return () => void this.listeners.delete(listen);
  }

  /** Tells whether an earlier visit left a token: there may be something to read. */
  async visitedBefore(): Promise<boolean> {
    return this.visit.left();
  }

  /** Reads the chat's looks and bounds, without opening a session. */
  async configure(): Promise<void> {
    const config = await this.wire.config();
    this.set({ config });
  }

  /** Opens the session, reads what was said and follows what comes, until `stop`. Does nothing when it is started. */
  start(): void {
    if (this.run % 2 === 1) return;
    this.run++;
    this.set({ line: this.current.loaded ? 'lost' : 'connecting' });
    void this.keep(this.run);
  }

  /** Ends the connection; `start` goes on where it ended. For a tab or an app that nobody looks at. */
  stop(): void {
    if (this.run % 2 === 0) return;
    this.run++;
    this.aborter?.abort();
    this.wake?.();
    this.sender.hurry();
    this.set({ line: 'idle', typing: null });
  }

  /** Tries again at once. To be called when the platform says that there is a network, or somebody looks again. */
  hurry(): void {
    this.attempt = 0;
    this.wake?.();
  }

  /** Drops the connection, which then comes back by itself. To be called when the platform says that there is no network: it would take long to be noticed. */
  cut(): void {
    this.aborter?.abort();
  }

  /** Writes. The message is shown at once, kept until the hub has it, and sent once. Answers its client id. */
  send(writing: Writing): string {
    const page = this.options.page?.();
    const draft: Draft = {
      client_id: newID(),
      ...(writing.text ? { text: writing.text } : {}),
      ...(writing.files?.length ? { attachment_ids: writing.files.map((f) => f.id) } : {}),
      ...(writing.postback ? { postback: writing.postback } : {}),
      ...(writing.location ? { location: writing.location } : {}),
      ...(writing.replyTo ? { reply_to: writing.replyTo } : {}),
      ...(page ? { page } : {}),
    };
    this.sender.put({ draft, files: writing.files ?? [], at: new Date().toISOString() });
    this.start();
    this.read();
    return draft.client_id;
  }

  /** Sends a message again that failed. */
  retry(clientID: string): void {
    const found = this.outbox.list.find((p) => p.draft.client_id === clientID);
    if (!found) return;
    const { problem: _, ...again } = found;
    this.sender.put(again);
    this.hurry();
  }

  /** Drops a message that is not sent. */
  discard(clientID: string): void {
    void this.outbox.remove(clientID).then(() => this.refresh());
    this.refresh();
  }

  /** Hands a file over; its answer goes into `send`. Rejects with Refused or Unreachable. */
  async upload(name: string, body: unknown): Promise<Upload> {
    return this.visit.authorized(() => this.wire.upload(name, body));
  }

  /** Tells that the visitor is typing; may be called with each key. */
  typing(): void {
    const now = Date.now();
    if (this.current.line !== 'live' || now - this.typedAt < typingTold || !this.current.conversation) return;
    this.typedAt = now;
    this.wire.typing().catch(() => undefined); // a courtesy
  }

  /** Tells that the visitor has looked at everything that is here. */
  read(): void {
    const latest = this.messages.findLast((m) => m.author.type !== 'visitor');
    if (!latest || latest.id === this.readTo) return;
    this.readTo = latest.id;
    this.refresh();
    this.tellRead();
  }

  /** Reads the page of messages before those that are here. */
  async loadEarlier(): Promise<void> {
    if (!this.before) return;
    const page = await this.visit.authorized(() => this.wire.messages({ before: this.before ?? '', limit: pageSize }));
    this.before = page.before;
    this.messages = merge(page.data, this.messages);
    this.refresh();
  }

  /** Ends the chat: what is written next begins another conversation. */
  async end(): Promise<void> {
    await this.visit.authorized(() => this.wire.event('chat_ended'));
  }

  /** Tells which page the visitor looks at. Nothing is kept of visitors who never wrote. */
  async viewPage(page: Page): Promise<void> {
    if (this.current.conversation) await this.visit.authorized(() => this.wire.event('page_view', page));
  }

  /** Opens the session anew, for a user whom the site vouches for, or who just signed out of the site. */
  async identify(identity: () => Identity | null | Promise<Identity | null>): Promise<void> {
    this.options.identity = identity;
    if (!this.current.visitorID && this.run % 2 === 0) return;
    await this.visit.begin();
    this.cursor = '';
    this.aborter?.abort();
    this.hurry();
  }

  /** Ends the session everywhere: whoever writes next from here is another visitor. */
  async signOut(): Promise<void> {
    this.stop();
    delete this.options.identity;
    this.forget();
    await this.outbox.clear();
    await this.visit.end();
  }

  // --- The connection.

  /** Keeps the chat connected until another loop, or none, is in charge. */
  private async keep(run: number): Promise<void> {
    await this.outbox.load();
    this.refresh();
    while (this.run === run) {
      let wait = 0;
      try {
        await this.visit.ensure();
        if (!this.cursor) await this.load();
        if (this.run !== run) return;
        void this.sender.flush();
        await this.listen(run);
      } catch (error) {
        if (this.run !== run) return;
        wait = await this.trouble(error);
      }
      if (this.run !== run) return;
      if (wait > 0) await this.pause(wait);
    }
  }

  /** Says what becomes of an error, and how long to wait. */
  private async trouble(error: unknown): Promise<number> {
    if (error instanceof Refused && error.code === 'visitor_token_invalid') {
      await this.visit.renew();
      return this.attempt++ > 0 ? this.step() : 0;
    }
    if (error instanceof Refused && !error.passing) {
      this.set({ line: 'refused', problem: error.problem, typing: null });
      return this.backoff.most * 2;
    }
    if (error instanceof HeldBack) this.heldBack++;
    this.set({ line: this.current.loaded || this.current.line === 'lost' ? 'lost' : 'connecting', typing: null });
    if (this.attempt > 0) this.set({ line: 'lost' });
    const asked = error instanceof Refused && error.retryAfter ? error.retryAfter * 1000 : 0;
    return Math.max(asked, this.step());
  }

  private get backoff(): { first: number; most: number } {
    return this.options.backoff ?? { first: 1000, most: 30_000 };
  }

  /** How long to wait before the next attempt: longer each time, and nobody at the same moment. */
  private step(): number {
    return Math.min(this.backoff.most, this.backoff.first * 2 ** this.attempt++) * (0.75 + Math.random() / 2);
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = later(resolve, ms);
      this.wake = () => {
        drop(timer);
        resolve();
      };
    });
  }

  /** Follows the stream, or asks for news, until that ends. */
  private async listen(run: number): Promise<void> {
    if (this.streams) {
      this.aborter = newAborter();
      const opened = () => {
        this.heldBack = 0;
        this.connected();
      };
      await follow(this.wire, this.cursor, this.aborter, opened, (e) => this.take(e));
      // The hub ended it, as it does when it is about to restart.
      if (this.run === run) await this.pause(this.backoff.first / 2);
      return;
    }
    for (;;) {
      await this.poll();
      this.connected();
      await this.pause(this.options.pollEvery ?? 4000);
      if (this.run !== run || !this.cursor) return;
    }
  }

  private get streams(): boolean {
    return (this.options.stream ?? canStream()) && this.heldBack < 2;
  }

  private connected(): void {
    this.attempt = 0;
    this.set({ line: 'live', problem: null });
    this.tellRead();
    this.sender.hurry();
    void this.sender.flush();
  }

  /** Asks for what came since. */
  private async poll(): Promise<void> {
    for (let more = true; more; ) {
      const page = await this.wire.messages({ after: this.cursor, limit: pageSize });
      this.cursor = page.cursor;
      more = page.more;
      this.learn(page.data, page.conversations);
      if (page.read_up_to) this.looked(page.read_up_to);
    }
  }

  /** Works a session in that was opened. */
  private async opened(session: Session): Promise<void> {
    const before = this.current;
    if (before.visitorID && before.visitorID !== session.visitor_id) {
      this.forget(); // the messages of somebody else
      // What an anonymous visitor has not sent yet goes on with the user they turn out to be, never with another one.
      if (before.externalID) await this.outbox.clear();
    }
    this.set({ visitorID: session.visitor_id, externalID: session.external_id, config: session.config, conversation: session.conversation, problem: null });
  }

  /** Forgets everything of a visitor. */
  private forget(): void {
    this.messages = [];
    this.sender.accepted.clear();
    this.before = null;
    this.cursor = this.seen = this.readTo = this.readTold = '';
    this.current = { ...nothing, line: this.current.line, config: this.current.config };
    this.refresh();
  }

  // --- What is told.

  /** Reads the latest messages. */
  private async load(): Promise<void> {
    const page = await this.wire.messages({ limit: pageSize });
    this.cursor = page.cursor;
    this.before = page.before;
    this.messages = merge([], page.data);
    if (page.read_up_to) this.seen = page.read_up_to;
    this.set({ loaded: true });
    this.learn([], page.conversations);
  }

  private learn(news: Message[], conversations: Conversation[] | undefined): void {
    if (news.length) this.messages = merge(this.messages, news);
    for (const m of news) if (m.client_id) void this.sender.arrived(m.client_id);
    const latest = this.messages.at(-1)?.conversation_id;
    const conversation = conversations?.find((c) => c.id === latest) ?? conversations?.at(-1);
    if (conversation) this.set({ conversation });
    this.refresh();
  }

  private take(e: StreamEvent): void {
    if (e.id) this.cursor = e.id;
    const data = (e.data ? JSON.parse(e.data) : {}) as Record<string, unknown>;
    switch (e.name) {
      case 'message.created':
        this.created(data as unknown as Message);
        break;
      case 'message.updated':
        this.messages = merge(this.messages, [data as unknown as Message]);
        break;
      case 'message.deleted':
        this.messages = alter(this.messages, String(data['id']), deletion(new Date().toISOString()));
        break;
      case 'message.status':
        this.messages = alter(this.messages, String(data['id']), { status: data['status'] as Message['status'] });
        break;
      case 'read':
        this.looked(String(data['up_to']));
        break;
      case 'typing':
        this.showTyping((data['author'] as Author).name ?? '');
        break;
      case 'agent.joined':
        this.set({ agent: (data['author'] as Author).name });
        break;
      case 'conversation.closed':
        this.set({ conversation: data as unknown as Conversation, typing: null, agent: null });
        break;
      case 'reset':
        this.cursor = '';
        this.aborter?.abort();
        break;
      case 'session.revoked':
        void this.visit.renew().then(() => this.aborter?.abort());
        break;
    }
    this.refresh();
  }

  private created(m: Message): void {
    const news = !this.messages.some((known) => known.id === m.id);
    this.messages = merge(this.messages, [m]);
    if (m.client_id) void this.sender.arrived(m.client_id);
    if (!news) return;
    // Whatever is written belongs to a conversation that goes on.
    this.set({ conversation: { id: m.conversation_id, state: 'open' } });
    if (m.author.type === 'agent') {
      drop(this.typingTimer);
      this.set({ typing: null, agent: m.author.name ?? this.current.agent });
    }
  }

  private looked(upTo: string): void {
    const at = (id: string) => this.messages.findIndex((m) => m.id === id);
    if (at(upTo) < 0 || at(upTo) >= at(this.seen)) this.seen = upTo;
    this.refresh();
  }

  /** A message is kept: the conversation goes on, and without a stream it is time to look. */
  private posted(): void {
    const { conversation } = this.current;
    if (conversation?.state !== 'open') this.set({ conversation: { id: conversation?.id ?? '', state: 'open' } });
    if (!this.streams) this.hurry();
  }

  private showTyping(name: string): void {
    drop(this.typingTimer);
    this.set({ typing: { name }, agent: name || this.current.agent });
    this.typingTimer = later(() => this.set({ typing: null }), typingShown);
  }

  private tellRead(): void {
    const upTo = this.readTo;
    if (!upTo || upTo === this.readTold || !this.wire.token || this.current.line !== 'live') return;
    this.readTold = upTo;
    this.wire.read(upTo).catch(() => {
      if (this.readTold === upTo) this.readTold = ''; // told with the next connection
    });
  }

  // --- What is shown.

  private set(change: Partial<State>): void {
    this.current = { ...this.current, ...change };
    for (const listen of [...this.listeners]) listen(this.current);
  }

  private refresh(): void {
    const { accepted, sending, stuck } = this.sender;
    const waiting = stuck || this.current.line === 'lost';
    this.set({
      entries: entries(this.messages, this.outbox.list, accepted, stuck ? '' : sending, waiting, this.seen),
      hasEarlier: !!this.before,
      unread: unread(this.messages, this.readTo).length,
    });
  }
}
