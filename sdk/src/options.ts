// What a chat is made with, and what can be written in it.
import type { PendingFile, Storage } from './outbox';
import type { Fetch } from './platform';
import type { Opening } from './visit';
import type { Draft, Page, Postback } from './wire';

export interface ChatOptions extends Opening {
  /** The hub's address: `https://hub.example`. */
  hub: string;
  /** The channel's id: `ch_…`. */
  channel: string;
  /** Keeps the visitor's token and what is not sent yet; memory when left out. */
  storage?: Storage;
  fetch?: Fetch;
  /** Where the visitor is; goes with their messages. */
  page?: () => Page | undefined;
  /** Whether to follow the stream; by what the platform can when left out. Otherwise the chat asks for news. */
  stream?: boolean;
  /** Milliseconds between two looks for news without a stream; 4000 when left out. */
  pollEvery?: number;
  /** Milliseconds before the first new attempt and at most; 1000 and 30000 when left out. */
  backoff?: { first: number; most: number };
}

/** What a message may hold. */
export interface Writing {
  text?: string;
  files?: PendingFile[];
  postback?: Postback;
  location?: Draft['location'];
  replyTo?: string;
}
