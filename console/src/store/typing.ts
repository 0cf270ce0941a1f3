// Tells the hub that the user is writing a reply.
import { api } from '../api/client';

const every = 5000; // milliseconds; the hub shows it about as long
const last = new Map<string, number>();

/** Says that the user is writing in a conversation, not more often than needed. */
export function sayTyping(conversation: string): void {
  const now = Date.now();
  if (now - (last.get(conversation) ?? 0) < every) return;
  last.set(conversation, now);
  // Nobody misses it: the message itself is what counts.
  api.post('/v1/conversations/{conversation_id}/typing', { path: { conversation_id: conversation } }).catch(() => undefined);
}
