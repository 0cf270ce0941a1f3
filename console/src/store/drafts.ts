// What was written and not yet sent, kept for each conversation in this
// browser, also over a reload, and the same in all its tabs.
import { signal } from '@preact/signals';

export interface Draft {
  text: string;
  /** It is a note. */
  note: boolean;
  /** The message it answers. */
  replyTo?: string;
}

const prefix = 'threadhub.draft.';
const empty: Draft = { text: '', note: false };

function readAll(): Map<string, Draft> {
  const drafts = new Map<string, Draft>();
  for (let i = 0; i < localStorage.length; i++) {
    const key = localStorage.key(i);
    if (!key?.startsWith(prefix)) continue;
    const draft = parse(localStorage.getItem(key));
    if (draft) drafts.set(key.slice(prefix.length), draft);
  }
  return drafts;
}

function parse(raw: string | null): Draft | null {
  try {
    const draft = JSON.parse(raw ?? 'null') as Draft | null;
    return typeof draft?.text === 'string' ? draft : null;
  } catch {
    return null;
  }
}

/** All drafts, by conversation. */
export const drafts = signal<ReadonlyMap<string, Draft>>(readAll());

/** The draft for a conversation; an empty one if there is none. */
export function draftOf(id: string): Draft {
  return drafts.value.get(id) ?? empty;
}

/** Keeps a draft; an empty one is forgotten. */
export function keepDraft(id: string, draft: Draft): void {
  const next = new Map(drafts.peek());
  if (draft.text.trim() === '' && !draft.note && !draft.replyTo) {
    next.delete(id);
    localStorage.removeItem(prefix + id);
  } else {
    next.set(id, draft);
    try {
      localStorage.setItem(prefix + id, JSON.stringify(draft));
    } catch {
      // The browser's storage is full: the draft lives as long as the page.
    }
  }
  drafts.value = next;
}

window.addEventListener('storage', (e) => {
  if (!e.key?.startsWith(prefix)) return;
  const next = new Map(drafts.peek());
  const draft = parse(e.newValue);
  if (draft) next.set(e.key.slice(prefix.length), draft);
  else next.delete(e.key.slice(prefix.length));
  drafts.value = next;
});
