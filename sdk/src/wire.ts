// The web chat's calls, typed by the API's document.
import type { components } from '../dist/schema';
import { newAborter, drop, later, type Answer, type Fetch } from './platform';
import { refusal, Unreachable } from './refusal';

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

/** How long a call may take before it counts as unanswered. */
const callTime = 30_000;
const uploadTime = 180_000;

/** The calls of one chat. Each rejects with Refused or Unreachable. */
export class Wire {
  /** What stands for the visitor; empty before a session is open. */
  token = '';
  private readonly base: string;

  constructor(
    private readonly hub: string,
    private readonly channel: string,
    private readonly fetch: Fetch,
  ) {
    this.base = `${hub.replace(/\/+$/, '')}/webchat/${encodeURIComponent(channel)}`;
  }

  /** The same calls, for nobody yet. */
  again(): Wire {
    return new Wire(this.hub, this.channel, this.fetch);
  }

  config(): Promise<Config> {
    return this.call('GET', '/config');
  }

  open(opening: Schema['WebchatOpening']): Promise<Session> {
    return this.call('POST', '/sessions', opening);
  }

  close(): Promise<void> {
    return this.call('DELETE', '/sessions');
  }

  messages(query: { after?: string; before?: string; limit: number }): Promise<Messages> {
    const text = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    return this.call('GET', `/messages?${text.join('&')}`);
  }

  post(draft: Draft): Promise<Received> {
    return this.call('POST', '/messages', draft);
  }

  read(upTo: string): Promise<void> {
    return this.call('POST', '/read', { up_to: upTo });
  }

  typing(): Promise<void> {
    return this.call('POST', '/typing');
  }

  event(type: Schema['WebchatEventDraft']['type'], page?: Page): Promise<void> {
    return this.call('POST', '/events', { type, ...(page ? { page } : {}) });
  }

  /** Hands a file over; the body is whatever the platform's fetch sends as it is: a Blob, a File, bytes. */
  upload(name: string, body: unknown): Promise<Upload> {
    const query = name ? `?name=${encodeURIComponent(name.slice(-255))}` : '';
    return this.send('POST', `/attachments${query}`, body, { 'Content-Type': 'application/octet-stream' }, uploadTime);
  }

  /** Opens the stream of events that came after a cursor. */
  async stream(after: string, signal: unknown): Promise<Answer> {
    const headers: Record<string, string> = { Accept: 'text/event-stream', Authorization: `Bearer ${this.token}` };
    if (after) headers['Last-Event-ID'] = after;
    let answer: Answer;
    try {
      answer = await this.fetch(`${this.base}/stream`, { method: 'GET', headers, signal, cache: 'no-store', credentials: 'omit' });
    } catch (cause) {
      throw new Unreachable(cause);
    }
    if (!answer.ok) throw await refusal(answer);
    return answer;
  }

  private call<T>(method: string, path: string, body?: object): Promise<T> {
    const json = body === undefined ? undefined : JSON.stringify(body);
    return this.send(method, path, json, json === undefined ? {} : { 'Content-Type': 'application/json' }, callTime);
  }

  private async send<T>(method: string, path: string, body: unknown, headers: Record<string, string>, time: number): Promise<T> {
    if (this.token) headers['Authorization'] = `Bearer ${this.token}`;
    const aborter = newAborter();
    const timer = later(() => aborter.abort(), time);
    try {
      const answer = await this.fetch(this.base + path, {
        method,
        headers,
        signal: aborter.signal,
        credentials: 'omit', // a session is a token here, never a cookie
        ...(body === undefined ? {} : { body }),
      });
      if (!answer.ok) throw await refusal(answer);
      return (answer.status === 204 ? undefined : await answer.json()) as T;
    } catch (cause) {
      if (cause instanceof Error && 'problem' in cause) throw cause;
      throw cause instanceof Unreachable ? cause : new Unreachable(cause);
    } finally {
      drop(timer);
    }
  }
}
