// Calls to the hub's API, typed by its document.
import { learnClock } from '../i18n/dates';
import type { components, paths } from './schema';

export type Schema = components['schemas'];
export type Problem = Schema['Problem'];

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type PathsWith<M extends Method> = { [P in keyof paths]: paths[P] extends Record<M, object> ? P : never }[keyof paths];
type Operation<P extends keyof paths, M extends Method> = paths[P] extends Record<M, infer O> ? O : never;
type PathOf<O> = O extends { parameters: { path: infer T } } ? T : Record<string, never>;
type QueryOf<O> = O extends { parameters: { query?: infer T } } ? NonNullable<T> : Record<string, never>;
type BodyOf<O> = O extends { requestBody: { content: { 'application/json': infer T } } } ? T : undefined;
type Content<R> = R extends { content: { 'application/json': infer T } } ? T : undefined;
type AnswerOf<O> = O extends { responses: infer R } ? Content<R[Extract<keyof R, 200 | 201 | 202>]> : never;

interface Options<O> {
  path?: PathOf<O>;
  query?: QueryOf<O>;
  body?: BodyOf<O>;
  /** The same key and body do nothing twice within a day. */
  key?: string;
  signal?: AbortSignal;
}

/** The hub refused a request. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
    readonly retryAfter: number | null,
  ) {
    super(problem.detail ?? problem.title);
    this.name = 'Refused';
  }
  get code(): string {
    return this.problem.code;
  }
}

/** The hub could not be reached, or answered what is no answer of the API. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super('the hub cannot be reached', { cause });
    this.name = 'Unreachable';
  }
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

/** Reads a refusal out of a response that is not 2xx. */
export async function refusal(response: Response): Promise<Refused | Unreachable> {
  const after = Number(response.headers.get('Retry-After'));
  try {
    const problem = (await response.json()) as Problem;
    if (typeof problem.code === 'string') return new Refused(response.status, problem, after > 0 ? after : null);
    return new Unreachable(new Error(`status ${response.status}`));
  } catch (cause) {
    return new Unreachable(cause);
  }
}

async function call<P extends keyof paths, M extends Method>(
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

/** Reads all pages of a list. */
export async function all<T>(page: (cursor: string | undefined) => Promise<{ data: T[]; next_cursor: string | null }>): Promise<T[]> {
  const list: T[] = [];
  let cursor: string | undefined;
  do {
    const answer = await page(cursor);
    list.push(...answer.data);
    cursor = answer.next_cursor ?? undefined;
  } while (cursor);
  return list;
}

/** A key for a request that must not be carried out twice. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}
