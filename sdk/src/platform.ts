// What the clients need of the platform they run on: fetch and timers. There is
// no DOM in it, so that browsers, workers, React Native, Node and Deno will do.

/** The part of a response that is used. */
export interface Answer {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body?: { getReader(): BytesReader } | null;
  json(): Promise<unknown>;
}

/** Reads a body piece by piece. */
export interface BytesReader {
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
}

/** `fetch`, as far as it is used. */
export type Fetch = (
  url: string,
  init: {
    method: string;
    headers: Record<string, string>;
    // Strings, and files of whatever type the platform's fetch sends.
    body?: any;
    // An AbortSignal, of which each platform has a type of its own.
    signal?: any;
    cache?: 'no-store';
    credentials?: 'omit' | 'same-origin';
  },
) => Promise<Answer>;

interface Globals {
  fetch: Fetch;
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  AbortController: new () => { readonly signal: { readonly aborted: boolean }; abort(): void };
  TextDecoder: new () => { decode(bytes?: Uint8Array, options?: { stream: boolean }): string };
  Response?: { readonly prototype: object };
  crypto?: { getRandomValues?(bytes: Uint8Array): Uint8Array };
}

const globals = globalThis as unknown as Globals;

export type Timer = unknown;

export const later = (run: () => void, ms: number): Timer => globals.setTimeout(run, ms);
export const drop = (timer: Timer): void => globals.clearTimeout(timer);
export const newAborter = (): InstanceType<Globals['AbortController']> => new globals.AbortController();
export const newDecoder = (): InstanceType<Globals['TextDecoder']> => new globals.TextDecoder();

/** The platform's own fetch. */
export const platformFetch: Fetch = (url, init) => globals.fetch(url, init);

/** Tells whether bodies can be read while they come. React Native's cannot: its fetch would wait for the end of the stream. */
export const canStream = (): boolean => !!globals.Response && 'body' in globals.Response.prototype && !!globals.TextDecoder;

/** A name that nothing else has. */
export function newID(): string {
  const bytes = new Uint8Array(16);
  if (globals.crypto?.getRandomValues) globals.crypto.getRandomValues(bytes);
  else bytes.forEach((_, i) => (bytes[i] = Math.floor(Math.random() * 256)));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}
