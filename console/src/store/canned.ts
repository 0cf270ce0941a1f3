// Replies that were written once for all. Read when they are first wanted.
import { signal } from '@preact/signals';
import { all, api, type Schema } from '../api/client';

export type CannedReply = Schema['CannedReply'];

/** The canned replies, by name; null until they have been read. */
export const cannedReplies = signal<readonly CannedReply[] | null>(null);

let reading: Promise<void> | undefined;

/** Reads the canned replies, once for all who want them; again after a minute. */
export function loadCanned(): Promise<void> {
  reading ??= (async () => {
    try {
      const list = await all((cursor) => api.get('/v1/canned-replies', { query: { limit: 200, ...(cursor ? { cursor } : {}) } }));
      cannedReplies.value = list.sort((a, b) => a.name.localeCompare(b.name));
    } finally {
      setTimeout(() => (reading = undefined), 60_000);
    }
  })();
  return reading;
}

/** The text of a canned reply as it reads in a conversation. */
export async function rendered(reply: CannedReply, conversation: string): Promise<string> {
  const answer = await api.get('/v1/canned-replies/{canned_reply_id}', { path: { canned_reply_id: reply.id }, query: { conversation_id: conversation } });
  return answer.rendered ?? answer.text;
}
