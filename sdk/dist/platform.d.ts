/** The part of a response that is used. */
export interface Answer {
    readonly ok: boolean;
    readonly status: number;
    readonly headers: {
        get(name: string): string | null;
    };
    readonly body?: {
        getReader(): BytesReader;
    } | null;
    json(): Promise<unknown>;
}
/** Reads a body piece by piece. */
export interface BytesReader {
    read(): Promise<{
        done: boolean;
        value?: Uint8Array | undefined;
    }>;
}
/** `fetch`, as far as it is used. */
export type Fetch = (url: string, init: {
    method: string;
    headers: Record<string, string>;
    body?: any;
    signal?: any;
    cache?: 'no-store';
    credentials?: 'omit' | 'same-origin';
}) => Promise<Answer>;
interface Globals {
    fetch: Fetch;
    setTimeout(run: () => void, ms: number): unknown;
    clearTimeout(timer: unknown): void;
    AbortController: new () => {
        readonly signal: {
            readonly aborted: boolean;
        };
        abort(): void;
    };
    TextDecoder: new () => {
        decode(bytes?: Uint8Array, options?: {
            stream: boolean;
        }): string;
    };
    Response?: {
        readonly prototype: object;
    };
    crypto?: {
        getRandomValues?(bytes: Uint8Array): Uint8Array;
    };
}
export type Timer = unknown;
export declare const later: (run: () => void, ms: number) => Timer;
export declare const drop: (timer: Timer) => void;
export declare const newAborter: () => InstanceType<Globals["AbortController"]>;
export declare const newDecoder: () => InstanceType<Globals["TextDecoder"]>;
/** The platform's own fetch. */
export declare const platformFetch: Fetch;
/** Tells whether bodies can be read while they come. React Native's cannot: its fetch would wait for the end of the stream. */
export declare const canStream: () => boolean;
/** A name that nothing else has. */
export declare function newID(): string;
export {};
