// The hub's API, typed by its document.
import type { components, paths } from '../dist/schema';
import { platformFetch, type Answer, type Fetch } from './platform';
import { refusal, Unreachable } from './refusal';

export { Refused, Unreachable, type Problem } from './refusal';
export type { Fetch } from './platform';

/** The records of the API by name: `Schema['Conversation']`. */
export type Schema = components['schemas'];

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
/** Paths of the API, those that a method is for, and what their operations take and answer. */
export type Paths = paths;
export type PathsWith<M extends Method> = { [P in keyof paths]: paths[P] extends Record<M, object> ? P : never }[keyof paths];
export type Operation<P extends keyof paths, M extends Method> = paths[P] extends Record<M, infer O> ? O : never;
export type PathOf<O> = O extends { parameters: { path: infer T } } ? T : Record<string, never>;
export type QueryOf<O> = O extends { parameters: { query?: infer T } } ? NonNullable<T> : Record<string, never>;
export type BodyOf<O> = O extends { requestBody?: { content: { 'application/json': infer T } } } ? T : undefined;
type Content<R> = R extends { content: { 'application/json': infer T } } ? T : undefined;
export type AnswerOf<O> = O extends { responses: infer R } ? Content<R[Extract<keyof R, 200 | 201 | 202>]> : never;

/** What a call carries. */
export interface Call<O> {
  path?: PathOf<O>;
  query?: QueryOf<O>;
  body?: BodyOf<O>;
  /** Idempotency-Key: the same key and body do nothing twice within a day. */
  key?: string;
  signal?: unknown;
}

export interface ApiOptions {
  /** The hub's address: `https://hub.example`. Empty in a page of the hub's own. */
  hub: string;
  /** The API token. Without one calls carry nothing but their own headers. */
  token?: string;
  fetch?: Fetch;
}

/**
 * A client of the API: `api.get('/v1/conversations/{conversation_id}', {path:
 * {conversation_id: 'cv_1'}})`. Paths, queries, bodies and answers have the
 * types of the document. Rejects with Refused or Unreachable.
 */
export class Api {
  private readonly hub: string;
  private readonly fetch: Fetch;

  constructor(private readonly options: ApiOptions) {
    this.hub = options.hub.replace(/\/+$/, '');
    this.fetch = options.fetch ?? platformFetch;
  }

  get<P extends PathsWith<'get'>>(path: P, call?: Call<Operation<P, 'get'>>): Promise<AnswerOf<Operation<P, 'get'>>> {
    return this.call('get', path, call);
  }

  post<P extends PathsWith<'post'>>(path: P, call?: Call<Operation<P, 'post'>>): Promise<AnswerOf<Operation<P, 'post'>>> {
    return this.call('post', path, call);
  }

  put<P extends PathsWith<'put'>>(path: P, call?: Call<Operation<P, 'put'>>): Promise<AnswerOf<Operation<P, 'put'>>> {
    return this.call('put', path, call);
  }

  patch<P extends PathsWith<'patch'>>(path: P, call?: Call<Operation<P, 'patch'>>): Promise<AnswerOf<Operation<P, 'patch'>>> {
    return this.call('patch', path, call);
  }

  delete<P extends PathsWith<'delete'>>(path: P, call?: Call<Operation<P, 'delete'>>): Promise<AnswerOf<Operation<P, 'delete'>>> {
    return this.call('delete', path, call);
  }

  private async call<P extends keyof paths, M extends Method>(method: M, path: P, call: Call<Operation<P, M>> = {}): Promise<AnswerOf<Operation<P, M>>> {
    const headers: Record<string, string> = {};
    if (this.options.token) headers['Authorization'] = `Bearer ${this.options.token}`;
    if (call.body !== undefined) headers['Content-Type'] = 'application/json';
    if (call.key) headers['Idempotency-Key'] = call.key;
    let answer: Answer;
    try {
      answer = await this.fetch(this.hub + address(path, call.path as object | undefined, call.query as object | undefined), {
        method: method.toUpperCase(),
        headers,
        ...(call.body !== undefined ? { body: JSON.stringify(call.body) } : {}),
        ...(call.signal ? { signal: call.signal } : {}),
      });
    } catch (cause) {
      throw new Unreachable(cause);
    }
    if (!answer.ok) throw await refusal(answer);
    if (answer.status === 204) return undefined as AnswerOf<Operation<P, M>>;
    try {
      return (await answer.json()) as AnswerOf<Operation<P, M>>;
    } catch (cause) {
      throw new Unreachable(cause);
    }
  }
}

/** Reads all pages of a list: `all((cursor) => api.get('/v1/channels', {query: {cursor}}))`. */
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

function address(path: string, values: object = {}, query: object = {}): string {
  const known = values as Record<string, unknown>;
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(known[name] ?? '')));
  const search = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => `${name}=${encodeURIComponent(Array.isArray(value) ? value.join(',') : String(value))}`)
    .join('&');
  return search ? `${filled}?${search}` : filled;
}
