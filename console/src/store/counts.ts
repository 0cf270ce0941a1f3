// How many conversations each view holds: one call for all of them, repeated
// soon after something changed, and not more often than that.
import { signal } from '@preact/signals';
import { api, type Schema } from '../api/client';
import { refreshMe } from './directory';
import { onEvent, onReset } from './live';

export const counts = signal<Schema['ConversationCounts'] | null>(null);

const rest = 1000; // milliseconds between two calls
let timer: ReturnType<typeof setTimeout> | undefined;
let lastCall = 0;

/** Reads the counts. */
export async function loadCounts(): Promise<void> {
  lastCall = Date.now();
  counts.value = await api.get('/v1/conversations/counts');
}

/** Reads the counts soon, once for many changes. */
export function recount(): void {
  if (timer !== undefined) return;
  timer = setTimeout(
    () => {
      timer = undefined;
      if (document.hidden && Date.now() - lastCall < 5000) return recount();
      void Promise.allSettled([loadCounts(), refreshMe()]);
    },
    Math.max(150, lastCall + rest - Date.now()),
  );
}

onEvent((e) => {
  if (e.conversation && e.type !== 'conversation.typing' && e.type !== 'message.updated') recount();
});
onReset(recount);
