import { newAborter } from './platform';
import { Unreachable } from './refusal';
import type { Wire } from './wire';
/** One event: `data` is empty for those that only move the cursor. */
export interface StreamEvent {
    id: string;
    name: string;
    data: string;
}
/** The stream was open and nothing came: a proxy holds it back. */
export declare class HeldBack extends Unreachable {
}
/**
 * Follows the stream after a cursor until it ends, is aborted or falls silent.
 * opened is told when the first bytes are there.
 */
export declare function follow(wire: Wire, after: string, aborter: ReturnType<typeof newAborter>, opened: () => void, take: (e: StreamEvent) => void): Promise<void>;
/** Reads the lines of an event; null for a comment. */
export declare function readBlock(block: string): StreamEvent | null;
