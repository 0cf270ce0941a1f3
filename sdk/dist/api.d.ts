import type { components, paths } from '../dist/schema';
import { type Fetch } from './platform';
export { Refused, Unreachable, type Problem } from './refusal';
export type { Fetch } from './platform';
/** The records of the API by name: `Schema['Conversation']`. */
export type Schema = components['schemas'];
type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
/** Paths of the API, those that a method is for, and what their operations take and answer. */
export type Paths = paths;
export type PathsWith<M extends Method> = {
    [P in keyof paths]: paths[P] extends Record<M, object> ? P : never;
}[keyof paths];
export type Operation<P extends keyof paths, M extends Method> = paths[P] extends Record<M, infer O> ? O : never;
export type PathOf<O> = O extends {
    parameters: {
        path: infer T;
    };
} ? T : Record<string, never>;
export type QueryOf<O> = O extends {
    parameters: {
        query?: infer T;
    };
} ? NonNullable<T> : Record<string, never>;
export type BodyOf<O> = O extends {
    requestBody?: {
        content: {
            'application/json': infer T;
        };
    };
} ? T : undefined;
type Content<R> = R extends {
    content: {
        'application/json': infer T;
    };
} ? T : undefined;
export type AnswerOf<O> = O extends {
    responses: infer R;
} ? Content<R[Extract<keyof R, 200 | 201 | 202>]> : never;
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
export declare class Api {
    private readonly options;
    private readonly hub;
    private readonly fetch;
    constructor(options: ApiOptions);
    get<P extends PathsWith<'get'>>(path: P, call?: Call<Operation<P, 'get'>>): Promise<AnswerOf<Operation<P, 'get'>>>;
    post<P extends PathsWith<'post'>>(path: P, call?: Call<Operation<P, 'post'>>): Promise<AnswerOf<Operation<P, 'post'>>>;
    put<P extends PathsWith<'put'>>(path: P, call?: Call<Operation<P, 'put'>>): Promise<AnswerOf<Operation<P, 'put'>>>;
    patch<P extends PathsWith<'patch'>>(path: P, call?: Call<Operation<P, 'patch'>>): Promise<AnswerOf<Operation<P, 'patch'>>>;
    delete<P extends PathsWith<'delete'>>(path: P, call?: Call<Operation<P, 'delete'>>): Promise<AnswerOf<Operation<P, 'delete'>>>;
    private call;
}
/** Reads all pages of a list: `all((cursor) => api.get('/v1/channels', {query: {cursor}}))`. */
export declare function all<T>(page: (cursor: string | undefined) => Promise<{
    data: T[];
    next_cursor: string | null;
}>): Promise<T[]>;
