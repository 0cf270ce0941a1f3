import type { Storage } from './outbox';
import { Wire, type Identity, type Session } from './wire';
/** What a session is opened with. */
export interface Opening {
    /** Such as `pt-PT`. */
    locale?: string;
    /** What the visitor calls themselves. */
    name?: string;
    /** Asked each time a session is opened: how the site vouches for whoever is signed in, null for nobody. */
    identity?: () => Identity | null | Promise<Identity | null>;
}
export declare class Visit {
    private readonly wire;
    private readonly storage;
    private readonly key;
    private readonly asked;
    /** Told of each session; the token is in place. */
    private readonly opened;
    /** Told when the token is no longer good. */
    private readonly lost;
    private opening;
    constructor(wire: Wire, storage: Storage, key: string, asked: Opening, 
    /** Told of each session; the token is in place. */
    opened: (session: Session) => Promise<void>, 
    /** Told when the token is no longer good. */
    lost: () => void);
    /** Tells whether an earlier visit left a token. */
    left(): Promise<boolean>;
    /** Opens a session unless there is one. */
    ensure(): Promise<void>;
    /** Opens a session, for whoever the site now vouches for. */
    begin(): Promise<void>;
    /** The token is no longer good: the next session is opened with the one that another tab got, or with none. */
    renew(): Promise<void>;
    /** Ends the session everywhere, and forgets it at once. */
    end(): Promise<void>;
    /** Does something with the token, and once more with another one when it is no longer good. */
    authorized<T>(call: () => Promise<T>): Promise<T>;
    private open;
}
