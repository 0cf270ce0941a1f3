import type { components } from '../dist/schema';
import { type Answer, type Fetch } from './platform';
type Schema = components['schemas'];
export type Message = Schema['WebchatMessage'];
export type Attachment = Schema['WebchatFile'];
export type Author = Schema['WebchatAuthor'];
export type Conversation = Schema['WebchatConversation'];
export type Config = Schema['WebchatConfig'];
export type Session = Schema['WebchatSession'];
export type Identity = Schema['WebchatIdentity'];
export type Page = Schema['WebchatPage'];
export type Draft = Schema['WebchatDraft'];
export type Postback = NonNullable<Draft['postback']>;
export type Upload = Schema['WebchatUpload'];
export type Messages = Schema['WebchatMessages'];
type Received = Schema['WebchatReceived'];
/** The calls of one chat. Each rejects with Refused or Unreachable. */
export declare class Wire {
    private readonly hub;
    private readonly channel;
    private readonly fetch;
    /** What stands for the visitor; empty before a session is open. */
    token: string;
    private readonly base;
    constructor(hub: string, channel: string, fetch: Fetch);
    /** The same calls, for nobody yet. */
    again(): Wire;
    config(): Promise<Config>;
    open(opening: Schema['WebchatOpening']): Promise<Session>;
    close(): Promise<void>;
    messages(query: {
        after?: string;
        before?: string;
        limit: number;
    }): Promise<Messages>;
    post(draft: Draft): Promise<Received>;
    read(upTo: string): Promise<void>;
    typing(): Promise<void>;
    event(type: Schema['WebchatEventDraft']['type'], page?: Page): Promise<void>;
    /** Hands a file over; the body is whatever the platform's fetch sends as it is: a Blob, a File, bytes. */
    upload(name: string, body: unknown): Promise<Upload>;
    /** Opens the stream of events that came after a cursor. */
    stream(after: string, signal: unknown): Promise<Answer>;
    private call;
    private send;
}
export {};
