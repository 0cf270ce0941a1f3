import type { ChatOptions, Writing } from './options';
import { type State } from './state';
import { type Identity, type Page, type Upload } from './wire';
/**
 * A chat. Make one, `subscribe`, `start`. Nothing is asked of the hub before
 * `start`, and the visitor is nobody's contact before they write.
 */
export declare class Chat {
    private readonly options;
    private current;
    private readonly listeners;
    private readonly wire;
    private readonly visit;
    private readonly outbox;
    private readonly sender;
    private messages;
    private before;
    private cursor;
    private seen;
    private readTo;
    private readTold;
    private run;
    private aborter;
    private wake;
    private attempt;
    private heldBack;
    private typingTimer;
    private typedAt;
    constructor(options: ChatOptions);
    get state(): State;
    /** Calls listen with each new state until the answer is called. */
    subscribe(listen: (state: State) => void): () => void;
    /** Tells whether an earlier visit left a token: there may be something to read. */
    visitedBefore(): Promise<boolean>;
    /** Reads the chat's looks and bounds, without opening a session. */
    configure(): Promise<void>;
    /** Opens the session, reads what was said and follows what comes, until `stop`. Does nothing when it is started. */
    start(): void;
    /** Ends the connection; `start` goes on where it ended. For a tab or an app that nobody looks at. */
    stop(): void;
    /** Tries again at once. To be called when the platform says that there is a network, or somebody looks again. */
    hurry(): void;
    /** Drops the connection, which then comes back by itself. To be called when the platform says that there is no network: it would take long to be noticed. */
    cut(): void;
    /** Writes. The message is shown at once, kept until the hub has it, and sent once. Answers its client id. */
    send(writing: Writing): string;
    /** Sends a message again that failed. */
    retry(clientID: string): void;
    /** Drops a message that is not sent. */
    discard(clientID: string): void;
    /** Hands a file over; its answer goes into `send`. Rejects with Refused or Unreachable. */
    upload(name: string, body: unknown): Promise<Upload>;
    /** Tells that the visitor is typing; may be called with each key. */
    typing(): void;
    /** Tells that the visitor has looked at everything that is here. */
    read(): void;
    /** Reads the page of messages before those that are here. */
    loadEarlier(): Promise<void>;
    /** Ends the chat: what is written next begins another conversation. */
    end(): Promise<void>;
    /** Tells which page the visitor looks at. Nothing is kept of visitors who never wrote. */
    viewPage(page: Page): Promise<void>;
    /** Opens the session anew, for a user whom the site vouches for, or who just signed out of the site. */
    identify(identity: () => Identity | null | Promise<Identity | null>): Promise<void>;
    /** Ends the session everywhere: whoever writes next from here is another visitor. */
    signOut(): Promise<void>;
    /** Keeps the chat connected until another loop, or none, is in charge. */
    private keep;
    /** Says what becomes of an error, and how long to wait. */
    private trouble;
    private get backoff();
    /** How long to wait before the next attempt: longer each time, and nobody at the same moment. */
    private step;
    private pause;
    /** Follows the stream, or asks for news, until that ends. */
    private listen;
    private get streams();
    private connected;
    /** Asks for what came since. */
    private poll;
    /** Works a session in that was opened. */
    private opened;
    /** Forgets everything of a visitor. */
    private forget;
    /** Reads the latest messages. */
    private load;
    private learn;
    private take;
    private created;
    private looked;
    /** A message is kept: the conversation goes on, and without a stream it is time to look. */
    private posted;
    private showTyping;
    private tellRead;
    private set;
    private refresh;
}
