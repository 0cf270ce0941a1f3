// Live events for every tab. A browser allows few connections to one host, so
// one tab holds the line and tells the others; when it is closed another takes
// over where it stopped.
import { signal } from '@preact/signals';
import { Line, type HubEvent, type LineState } from '../api/stream';

type News = { kind: 'event'; event: HubEvent } | { kind: 'reset' } | { kind: 'state'; state: LineState; position: string } | { kind: 'hello' };

/** How the line to the hub is. */
export const line = signal<LineState>('connecting');

/** After a cut, how many changes have been caught up with; null otherwise. */
export const caughtUp = signal<number | null>(null);

type Handler = (e: HubEvent) => void;
const handlers = new Set<Handler>();
const resets = new Set<() => void>();

/** Calls a function with every event; answers what ends that. */
export function onEvent(handler: Handler): () => void {
  handlers.add(handler);
  return () => handlers.delete(handler);
}

/** Calls a function when everything shown must be read again. */
export function onReset(handler: () => void): () => void {
  resets.add(handler);
  return () => resets.delete(handler);
}

let position = '';
let wasLost = false;
let everLive = false;

function show(state: LineState): void {
  if (state === 'lost') wasLost = true;
  if (state === 'live') {
    if (wasLost) {
      caughtUp.value = 0;
      setTimeout(() => (caughtUp.value = null), 4000);
    }
    // What was read before the line stood may have changed in between.
    if (!everLive) for (const reset of resets) reset();
    wasLost = false;
    everLive = true;
  }
  line.value = state;
}

function take(news: News): void {
  switch (news.kind) {
    case 'event':
      position = news.event.id;
      if (caughtUp.value !== null) caughtUp.value++;
      for (const handler of handlers) handler(news.event);
      break;
    case 'reset':
      for (const reset of resets) reset();
      break;
    case 'state':
      if (news.position) position = news.position;
      show(news.state);
      break;
    case 'hello':
      break;
  }
}

/** Begins to listen, as the given caller; answers what ends it. */
export function listen(caller: string): () => void {
  const tabs = new BroadcastChannel(`threadhub-live-${caller}`);
  let held: Line | undefined;
  const lead = () => {
    const tell = (news: News) => {
      take(news);
      tabs.postMessage(news);
    };
    held = new Line({ event: (event) => tell({ kind: 'event', event }), reset: () => tell({ kind: 'reset' }), state: (state, at = '') => tell({ kind: 'state', state, position: at }) }, position);
  };
  tabs.onmessage = (e: MessageEvent<News>) => {
    if (e.data.kind === 'hello') {
      if (held) tabs.postMessage({ kind: 'state', state: line.peek(), position } satisfies News);
    } else if (!held) {
      take(e.data);
    }
  };
  const left = new AbortController();
  if (navigator.locks) {
    tabs.postMessage({ kind: 'hello' } satisfies News);
    navigator.locks
      .request(`threadhub-live-${caller}`, { signal: left.signal }, () => {
        lead();
        return new Promise<void>((resolve) => left.signal.addEventListener('abort', () => resolve()));
      })
      .catch(() => undefined); // signed out before the turn came
  } else {
    lead(); // not a secure context: every tab has a line of its own
  }
  return () => {
    left.abort();
    held?.stop();
    tabs.close();
    position = '';
    everLive = wasLost = false;
    line.value = 'connecting';
  };
}
