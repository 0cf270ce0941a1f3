import type { Problem } from './refusal';
import type { Draft, Upload } from './wire';
/** Where the client keeps what is to outlive it. AsyncStorage and localStorage do, with a line each. */
export interface Storage {
    get(key: string): string | null | Promise<string | null>;
    set(key: string, value: string): void | Promise<void>;
    remove(key: string): void | Promise<void>;
}
/** Keeps things as long as the program runs. */
export declare function memory(): Storage;
/** A file of a message that is not sent yet. */
export interface PendingFile extends Pick<Upload, 'id' | 'name' | 'mime' | 'size'> {
    /** Where it can be looked at meanwhile, such as a blob URL. It does not outlive the page. */
    preview?: string;
}
/** A message on its way. */
export interface Pending {
    draft: Draft;
    files: PendingFile[];
    at: string;
    /** Why the hub will not have it; until it is retried or discarded. */
    problem?: Problem;
}
/**
 * The messages on their way, oldest first. Others, such as the same site in
 * another tab, keep theirs in the same place: each change is made to what is
 * stored by then.
 */
export declare class Outbox {
    private readonly storage;
    private readonly key;
    list: Pending[];
    constructor(storage: Storage, key: string);
    /** Takes up what was left by an earlier run. */
    load(): Promise<void>;
    put(pending: Pending): Promise<void>;
    remove(clientID: string): Promise<void>;
    clear(): Promise<void>;
    private stored;
    private store;
}
