// Sends what is on its way, in order, each message until the hub has it or
// will not have it.
import type { Outbox, Pending } from './outbox';
import { drop, later } from './platform';
import { Refused, Unreachable } from './refusal';
import { standIn } from './talk';
import type { Draft, Message } from './wire';

interface Errands {
  post(draft: Draft): Promise<{ id: string; created_at: string }>;
  /** Tells whether messages are to be sent now. */
  may(): boolean;
  changed(): void;
  /** Told of a message that the hub has. */
  sent(): void;
  backoff: { first: number; most: number };
}

export class Sender {
  /** Messages that the hub has and has not told of yet, by client id. */
  readonly accepted = new Map<string, Message>();
  /** The client id of the message that is being sent. */
  sending = '';
  /** Tells whether that message waits for another attempt. */
  stuck = false;
  private busy = false;
  private wake: (() => void) | null = null;

  constructor(
    private readonly outbox: Outbox,
    private readonly errands: Errands,
  ) {}

  put(pending: Pending): void {
    void this.outbox.put(pending).then(() => this.flush());
    this.errands.changed();
  }

  /** Tries at once what waits for another attempt. */
  hurry(): void {
    this.wake?.();
  }

  /** The hub has told of a message, whoever sent it: this tab or another one. */
  async arrived(clientID: string): Promise<void> {
    this.accepted.delete(clientID);
    if (this.outbox.list.some((p) => p.draft.client_id === clientID)) await this.outbox.remove(clientID);
  }

  /** Sends until nothing is on its way. */
  async flush(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    let tries = 0;
    try {
      for (let next = this.next(); next && this.errands.may(); next = this.next()) {
        this.sending = next.draft.client_id;
        this.errands.changed();
        const asked = await this.post(next);
        if (asked < 0) {
          tries = 0;
          continue;
        }
        const { first, most } = this.errands.backoff;
        await this.pause(Math.max(asked, Math.min(most, first * 2 ** tries++)));
      }
    } finally {
      this.busy = false;
      this.sending = '';
      this.errands.changed();
    }
  }

  private async pause(ms: number): Promise<void> {
    this.stuck = true;
    this.errands.changed();
    await new Promise<void>((resolve) => {
      const timer = later(resolve, ms);
      this.wake = () => {
        drop(timer);
        resolve();
      };
    });
    this.stuck = false;
    this.wake = null;
  }

  private next(): Pending | undefined {
    return this.outbox.list.find((p) => !p.problem && !this.accepted.has(p.draft.client_id));
  }

  /** Sends one message; answers how long the hub asks to wait before it is sent again, -1 when it is done with. */
  private async post(p: Pending): Promise<number> {
    const id = p.draft.client_id;
    try {
      const kept = await this.errands.post(p.draft);
      // Unless the stream was faster.
      if (this.outbox.list.some((other) => other.draft.client_id === id)) this.accepted.set(id, { ...standIn(p), id: kept.id, created_at: kept.created_at });
      await this.outbox.remove(id);
      this.errands.sent();
      return -1;
    } catch (error) {
      if (error instanceof Unreachable) return 0;
      if (!(error instanceof Refused)) throw error;
      if (error.passing || error.status === 401) return (error.retryAfter ?? 0) * 1000;
      await this.outbox.put({ ...p, problem: error.problem });
      return -1;
    }
  }
}
