// Messages that the hub does not have yet. They outlive the page or the app.
import type { Problem } from './refusal';
import type { Draft, Upload } from './wire';

/** Where the client keeps what is to outlive it. AsyncStorage and localStorage do, with a line each. */
export interface Storage {
  get(key: string): string | null | Promise<string | null>;
  set(key: string, value: string): void | Promise<void>;
  remove(key: string): void | Promise<void>;
}

/** Keeps things as long as the program runs. */
export function memory(): Storage {
  const kept = new Map<string, string>();
  return { get: (key) => kept.get(key) ?? null, set: (key, value) => void kept.set(key, value), remove: (key) => void kept.delete(key) };
}

/** A file of a message that is not sent yet. */
export interface PendingFile extends Pick<Upload, 'id' | 'name' | 'mime' | 'size'> {
  /** Where it can be looked at meanwhile, such as a blob URL. It does not outlive the page. */
  preview?: string;
}

/** A message on its way. */
export interface Pending {
  draft: Draft;
  files: PendingFile[];
  at: string;
  /** Why the hub will not have it; until it is retried or discarded. */
  problem?: Problem;
}

/**
 * The messages on their way, oldest first. Others, such as the same site in
 * another tab, keep theirs in the same place: each change is made to what is
 * stored by then.
 */
export class Outbox {
  list: Pending[] = [];

  constructor(
    private readonly storage: Storage,
    private readonly key: string,
  ) {}

  /** Takes up what was left by an earlier run. */
  async load(): Promise<void> {
    const known = new Set(this.list.map((p) => p.draft.client_id));
    this.list = [...(await this.stored()).filter((p) => !known.has(p.draft.client_id)), ...this.list];
  }

  async put(pending: Pending): Promise<void> {
    const id = pending.draft.client_id;
    const replace = (list: Pending[]) => (list.some((p) => p.draft.client_id === id) ? list.map((p) => (p.draft.client_id === id ? pending : p)) : [...list, pending]);
    this.list = replace(this.list);
    await this.store(replace(await this.stored()));
  }

  async remove(clientID: string): Promise<void> {
    const others = (list: Pending[]) => list.filter((p) => p.draft.client_id !== clientID);
    this.list = others(this.list);
    await this.store(others(await this.stored()));
  }

  async clear(): Promise<void> {
    this.list = [];
    await this.store([]);
  }

  private async stored(): Promise<Pending[]> {
    try {
      const list = JSON.parse((await this.storage.get(this.key)) ?? '[]') as unknown;
      return Array.isArray(list) ? (list as Pending[]).filter((p) => typeof p?.draft?.client_id === 'string') : [];
    } catch {
      return []; // what cannot be read cannot be sent
    }
  }

  private async store(list: Pending[]): Promise<void> {
    try {
      if (list.length === 0) await this.storage.remove(this.key);
      else await this.storage.set(this.key, JSON.stringify(list.map((p) => ({ ...p, files: p.files.map(({ preview: _, ...file }) => file) }))));
    } catch {
      // Full, or switched off: the message is still sent from memory.
    }
  }
}
