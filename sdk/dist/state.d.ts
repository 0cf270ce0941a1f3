import type { Problem } from './refusal';
import type { Entry } from './talk';
import type { Config, Conversation } from './wire';
/**
 * How the chat stands to the hub:
 * - `idle`: not started, or stopped.
 * - `connecting`: for the first time.
 * - `live`: what happens is here at once, or with the next poll.
 * - `lost`: the connection broke. It comes back by itself; what is written meanwhile is kept.
 * - `refused`: the hub will not have this visitor; `problem` says why.
 */
export type LineState = 'idle' | 'connecting' | 'live' | 'lost' | 'refused';
/** A state of the chat. It never changes; each change makes another one. */
export interface State {
    readonly line: LineState;
    readonly problem: Problem | null;
    readonly config: Config | null;
    readonly visitorID: string;
    /** The user for whom the site vouched. */
    readonly externalID: string | null;
    /** The latest conversation; `ended`: writing again begins the next one, or goes on, as its style says. */
    readonly conversation: Conversation | null;
    /** What was said, oldest first, with what is on its way at the end. */
    readonly entries: readonly Entry[];
    /** Tells whether there are earlier messages: see Chat.loadEarlier. */
    readonly hasEarlier: boolean;
    /** Tells whether the latest messages were read once. */
    readonly loaded: boolean;
    readonly unread: number;
    /** Who is typing; an empty name is somebody whose name is not told. */
    readonly typing: {
        readonly name: string;
    } | null;
    /** Who has taken the conversation, if that is known. */
    readonly agent: string | null;
}
export declare const nothing: State;
