export { Chat } from './chat';
export type { ChatOptions, Writing } from './options';
export { memory, type Pending, type PendingFile, type Storage } from './outbox';
export type { Answer, BytesReader, Fetch } from './platform';
export { Refused, Unreachable, type Problem } from './refusal';
export type { LineState, State } from './state';
export type { Delivery, Entry } from './talk';
export type { Attachment, Author, Config, Conversation, Draft, Identity, Message, Page, Postback, Upload } from './wire';
