// The hub's live stream: server-sent events over fetch, which unlike
// EventSource can resume with a header, notices silence and reads refusals.
import { learnClock } from '../i18n/dates';
import { callerHeaders, callerLost, refusal, Refused, type Schema } from './client';

export type HubEvent = Schema['Event'];

export type LineState = 'connecting' | 'live' | 'lost';

interface Listener {
  /** An event, with the id to resume after. */
  event(e: HubEvent): void;
  /** What came after the last event is not known any more: read again what is shown. */
  reset(): void;
  /** How the line is; with "live", the id to resume after. */
  state(s: LineState, position?: string): void;
}

const silence = 40_000; // the hub says something every 15 s
const patience = [500, 1000, 2000, 4000, 8000]; // between tries, with some chance

/** Follows the stream until stop() is called; after is the last event known. */
export class Line {
  private last: string;
  private ended = false;
  private attempt = 0;
  private controller: AbortController | undefined;
  private wake: (() => void) | undefined;

  constructor(
    private readonly listener: Listener,
    after = '',
  ) {
    this.last = after;
    window.addEventListener('online', this.hurry);
    window.addEventListener('offline', this.cut);
    void this.run();
  }

  stop(): void {
    this.ended = true;
    window.removeEventListener('online', this.hurry);
    window.removeEventListener('offline', this.cut);
    this.controller?.abort();
    this.wake?.();
  }

  /** Tries again at once. */
  readonly hurry = (): void => {
    this.attempt = 0;
    this.wake?.();
  };

  private readonly cut = (): void => this.controller?.abort();

  private async run(): Promise<void> {
    this.listener.state('connecting');
    while (!this.ended) {
      try {
        await this.connect();
      } catch (error) {
        if (error instanceof Refused && error.status === 401) {
          callerLost();
          return;
        }
      }
      if (this.ended) return;
      this.listener.state('lost');
      const wait = patience[Math.min(this.attempt++, patience.length - 1)] ?? 8000;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        setTimeout(resolve, wait * (0.75 + Math.random() / 2));
      });
    }
  }

  private async connect(): Promise<void> {
    const controller = (this.controller = new AbortController());
    let timer = setTimeout(() => controller.abort(), silence);
    try {
      const headers: Record<string, string> = { ...callerHeaders(false), Accept: 'text/event-stream' };
      if (this.last) headers['Last-Event-ID'] = this.last;
      const response = await fetch('/v1/events', { headers, signal: controller.signal, credentials: 'same-origin', cache: 'no-store' });
      learnClock(response.headers.get('Date'));
      if (!response.ok || !response.body) throw await refusal(response);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(timer);
        timer = setTimeout(() => controller.abort(), silence);
        const blocks = (rest + value).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) this.read(block);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  private read(block: string): void {
    let name = 'message';
    let data = '';
    let greeted = false;
    for (const line of block.split('\n')) {
      const colon = line.indexOf(':');
      if (colon <= 0) continue; // a comment
      const field = line.slice(0, colon);
      const value = line.slice(colon + 1).trimStart();
      if (field === 'id') this.last = value;
      else if (field === 'event') name = value;
      else if (field === 'data') data += value;
      else if (field === 'retry') greeted = true;
    }
    if (greeted) {
      this.attempt = 0;
      this.listener.state('live', this.last);
    }
    if (name === 'reset') this.listener.reset();
    else if (data) this.listener.event(JSON.parse(data) as HubEvent);
  }
}
