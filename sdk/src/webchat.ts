// The web chat for whoever builds a client of their own: an app, or a page that
// shows the chat in its own way. No DOM is needed.
export { Chat } from './chat';
export type { ChatOptions, Writing } from './options';
export { memory, type Pending, type PendingFile, type Storage } from './outbox';
export type { Answer, BytesReader, Fetch } from './platform';
export { Refused, Unreachable, type Problem } from './refusal';
export type { LineState, State } from './state';
export type { Delivery, Entry } from './talk';
export type { Attachment, Author, Config, Conversation, Draft, Identity, Message, Page, Postback, Upload } from './wire';
