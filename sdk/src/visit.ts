// Whose talk it is: the token that stands for a visitor, kept from one visit to
// the next.
import type { Storage } from './outbox';
import { Refused } from './refusal';
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

export class Visit {
  private opening: Promise<void> | null = null;

  constructor(
    private readonly wire: Wire,
    private readonly storage: Storage,
    private readonly key: string,
    private readonly asked: Opening,
    /** Told of each session; the token is in place. */
    private readonly opened: (session: Session) => Promise<void>,
    /** Told when the token is no longer good. */
    private readonly lost: () => void,
  ) {}

  /** Tells whether an earlier visit left a token. */
  async left(): Promise<boolean> {
    return !!(await this.storage.get(this.key));
  }

  /** Opens a session unless there is one. */
  async ensure(): Promise<void> {
    if (!this.wire.token) await this.begin();
  }

  /** Opens a session, for whoever the site now vouches for. */
  async begin(): Promise<void> {
    await (this.opening ??= this.open().finally(() => (this.opening = null)));
  }

  /** The token is no longer good: the next session is opened with the one that another tab got, or with none. */
  async renew(): Promise<void> {
    const stored = await this.storage.get(this.key);
    if (stored === this.wire.token) await this.storage.remove(this.key);
    this.wire.token = '';
    this.lost();
  }

  /** Ends the session everywhere, and forgets it at once. */
  async end(): Promise<void> {
    const token = this.wire.token || (await this.storage.get(this.key));
    this.wire.token = '';
    await this.storage.remove(this.key);
    if (!token) return;
    const last = this.wire.again();
    last.token = token;
    await last.close();
  }

  /** Does something with the token, and once more with another one when it is no longer good. */
  async authorized<T>(call: () => Promise<T>): Promise<T> {
    await this.ensure();
    const token = this.wire.token;
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== 'visitor_token_invalid') throw error;
      if (this.wire.token === token) await this.renew();
      await this.ensure();
      return call();
    }
  }

  private async open(): Promise<void> {
    const { locale, name, identity } = this.asked;
    const who = identity ? await identity() : null;
    const begin = (token: string): Promise<Session> => {
      const fresh = this.wire.again();
      return fresh.open({ ...(token ? { visitor_token: token } : {}), ...(who ? { identity: who } : {}), ...(locale ? { locale } : {}), ...(name ? { name } : {}) });
    };
    let session = await begin(this.wire.token || (await this.storage.get(this.key)) || '');
    if (identity && !who && session.external_id) {
      // The site says that nobody is signed in: what its user said is not for whoever sits here now.
      this.wire.token = session.visitor_token;
      await this.end();
      session = await begin('');
    }
    this.wire.token = session.visitor_token;
    await this.storage.set(this.key, session.visitor_token);
    await this.opened(session);
  }
}
