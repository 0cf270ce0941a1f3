// Calls to the hub's API, typed by its document.
import { learnClock } from '../i18n/dates';
import { all, type AnswerOf, type BodyOf, type Operation, type PathOf, type Paths, type PathsWith, type QueryOf, type Schema } from '../../../sdk/src/api';
import { refusal, Refused, Unreachable, type Problem } from '../../../sdk/src/refusal';

export { all, refusal, Refused, Unreachable, type Problem, type Schema };

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

interface Options<O> {
  path?: PathOf<O>;
  query?: QueryOf<O>;
  body?: BodyOf<O>;
  /** The same key and body do nothing twice within a day. */
  key?: string;
  signal?: AbortSignal;
  /** Sent even when the page goes. */
  keepalive?: boolean;
}

/** What who is signed in adds to a request. */
export interface Identity {
  /** Headers for a request that changes something, or only reads. */
  headers(changes: boolean): Record<string, string>;
  /** Told when the hub no longer knows the caller. */
  lost(): void;
}

let identity: Identity = { headers: () => ({}), lost: () => undefined };

/** Sets who asks; the auth module does. */
export function identify(next: Identity): void {
  identity = next;
}

/** The headers that a request of the signed-in user carries. */
export function callerHeaders(changes: boolean): Record<string, string> {
  return identity.headers(changes);
}

/** Told that a request got 401, by code that makes requests of its own. */
export function callerLost(): void {
  identity.lost();
}

function address(path: string, values: Record<string, string> = {}, query: Record<string, unknown> = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)) continue;
    search.set(name, Array.isArray(value) ? value.join(',') : String(value));
  }
  const text = search.toString();
  return text ? `${filled}?${text}` : filled;
}

async function call<P extends keyof Paths, M extends Method>(
  method: M,
  path: P,
  options: Options<Operation<P, M>> = {},
): Promise<AnswerOf<Operation<P, M>>> {
  const changes = method !== 'get';
  const headers = identity.headers(changes);
  if (options.body !== undefined) headers['Content-Type'] = 'application/json';
  if (options.key) headers['Idempotency-Key'] = options.key;
  let response: Response;
  try {
    response = await fetch(address(path, options.path as Record<string, string>, options.query as Record<string, unknown>), {
      method: method.toUpperCase(),
      headers,
      credentials: 'same-origin',
      ...(options.body !== undefined ? { body: JSON.stringify(options.body) } : {}),
      ...(options.keepalive ? { keepalive: true } : {}),
      ...(options.signal ? { signal: options.signal } : {}),
    });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new Unreachable(cause);
  }
  learnClock(response.headers.get('Date'));
  if (!response.ok) {
    const refused = await refusal(response);
    if (refused instanceof Refused && refused.status === 401) identity.lost();
    throw refused;
  }
  if (response.status === 204) return undefined as AnswerOf<Operation<P, M>>;
  try {
    return (await response.json()) as AnswerOf<Operation<P, M>>;
  } catch (cause) {
    throw new Unreachable(cause);
  }
}

/**
 * The API: `api.get('/v1/channels', {query: {limit: 200}})`. Paths, queries,
 * bodies and answers have the types of the document. Rejects with [Refused] or
 * [Unreachable].
 */
export const api = {
  get: <P extends PathsWith<'get'>>(path: P, options?: Options<Operation<P, 'get'>>) => call('get', path, options),
  post: <P extends PathsWith<'post'>>(path: P, options?: Options<Operation<P, 'post'>>) => call('post', path, options),
  put: <P extends PathsWith<'put'>>(path: P, options?: Options<Operation<P, 'put'>>) => call('put', path, options),
  patch: <P extends PathsWith<'patch'>>(path: P, options?: Options<Operation<P, 'patch'>>) => call('patch', path, options),
  delete: <P extends PathsWith<'delete'>>(path: P, options?: Options<Operation<P, 'delete'>>) => call('delete', path, options),
};

/** A key for a request that must not be carried out twice. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}
