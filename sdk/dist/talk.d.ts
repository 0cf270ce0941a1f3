import type { Pending } from './outbox';
import type { Problem } from './refusal';
import type { Message } from './wire';
/** How far a message of the visitor's got. */
export type Delivery = 'sending' | 'waiting' | 'failed' | 'received' | 'read';
/** A message as it is shown. */
export interface Entry extends Message {
    /** Of a message of the visitor's; null for others. */
    delivery: Delivery | null;
    /** Why it failed. */
    problem?: Problem;
    /** Stays the same while a message on its way becomes one that the hub has. */
    key: string;
}
/** Adds messages, or renews them: each once, in the order in which they were written. */
export declare function merge(known: readonly Message[], news: readonly Message[]): Message[];
/** Changes one message, if it is known. */
export declare function alter(known: readonly Message[], id: string, change: Partial<Message>): Message[];
/** What remains of a message that was taken back. */
export declare const deletion: (at: string) => Partial<Message>;
/** Messages that were written to the visitor and that they have not looked at, as far as is known. */
export declare function unread(list: readonly Message[], readTo: string): Message[];
/**
 * Puts the entries together. seen is the id of the visitor's message up to
 * which the business has looked; who answered has looked as well.
 */
export declare function entries(list: readonly Message[], pending: readonly Pending[], accepted: ReadonlyMap<string, Message>, sending: string, waiting: boolean, seen: string): Entry[];
/** The message that a draft will be. */
export declare function standIn(p: Pending): Message;
