// Who else looks at a conversation or writes in it, and telling the hub that the
// user looks at one. Nothing of this is kept anywhere: it is repeated for as
// long as it holds, and silence ends it.
import { signal, type Signal } from '@preact/signals';
import { api } from '../api/client';
import { myID } from '../auth/session';
import { line, onEvent, onReset } from './live';

const every = 20_000; // milliseconds between two notes that the user looks
const holds = 45_000; // how long such a note of another holds
const typingHolds = 6_000; // how long a "typing" of another holds
const rest = 2_000; // how soon after the last note a newcomer is answered with one

/** Another agent at a conversation. */
export interface Viewer {
  id: string;
  name: string;
  here: boolean;
  typing: boolean;
}

const known = new Map<string, Signal<readonly Viewer[]>>();
const timers = new Map<string, ReturnType<typeof setTimeout>>();

/** The other agents at a conversation, in the order in which they came. */
export function viewers(id: string): Signal<readonly Viewer[]> {
  let list = known.get(id);
  if (!list) known.set(id, (list = signal([])));
  return list;
}

/** Notes one thing about an agent, for a while if it is so. */
function note(conversation: string, agent: { id: string; name: string }, what: 'here' | 'typing', so: boolean): void {
  const key = `${conversation} ${agent.id} ${what}`;
  clearTimeout(timers.get(key));
  timers.delete(key);
  if (so) timers.set(key, setTimeout(() => note(conversation, agent, what, false), what === 'here' ? holds : typingHolds));
  const list = viewers(conversation);
  const before = list.peek().find((v) => v.id === agent.id);
  if ((before?.[what] ?? false) === so && (!before || before.name === agent.name)) return;
  const after = { here: false, typing: false, ...before, ...agent, [what]: so };
  const kept = after.here || after.typing;
  list.value = before ? list.peek().flatMap((v) => (v !== before ? [v] : kept ? [after] : [])) : [...list.peek(), after];
}

onEvent((e) => {
  const message = e.type === 'message.created' ? e.message : undefined;
  const author = message?.author ?? e.author;
  if (author?.type !== 'agent' || !author.id || author.id === myID.peek()) return;
  const agent = { id: author.id, name: author.name ?? '' };
  if (message) note(message.conversation_id, agent, 'typing', false);
  else if (e.type === 'conversation.typing' && e.conversation) note(e.conversation.id, agent, 'typing', true);
  else if (e.type === 'conversation.viewing' && e.viewing) {
    note(e.viewing.conversation_id, agent, 'here', e.viewing.here);
    if (!e.viewing.here) note(e.viewing.conversation_id, agent, 'typing', false);
  }
});

onReset(() => {
  for (const timer of timers.values()) clearTimeout(timer);
  timers.clear();
  for (const list of known.values()) list.value = [];
});

/** Requests go one after the other: leaving must not be overtaken. */
let last: Promise<unknown> = Promise.resolve();

/** Tells the others that the user looks at a conversation; answers what ends that. */
export function look(id: string): () => void {
  const path = { conversation_id: id };
  const greeted = new Set<string>(); // who is here and was told that the user is
  let told = 0; // when the others were last told; 0: they think that the user is not here
  let again: ReturnType<typeof setTimeout> | undefined;
  const say = () => {
    clearTimeout(again);
    if (document.hidden || !myID.peek() || line.peek() !== 'live') return;
    told = Date.now();
    again = setTimeout(say, every);
    last = last.then(() => api.post('/v1/conversations/{conversation_id}/viewing', { path })).catch(() => undefined);
  };
  const leave = () => {
    clearTimeout(again);
    if (!told) return;
    told = 0;
    last = last.then(() => api.delete('/v1/conversations/{conversation_id}/viewing', { path })).catch(() => undefined);
  };
  const close = () => {
    clearTimeout(again);
    // The page does not live to hear the answers to what it asked before.
    if (told) void api.delete('/v1/conversations/{conversation_id}/viewing', { path, keepalive: true }).catch(() => undefined);
    told = 0;
  };
  const turn = () => (document.hidden ? leave() : say());
  const ends = [
    // Who comes hears of those who are here only from their next note: they
    // make it at once, and so does another tab of a user who left in one.
    onEvent((e) => {
      if (e.type !== 'conversation.viewing' || e.viewing?.conversation_id !== id) return;
      const mine = e.author?.id === myID.peek();
      const who = e.author?.id ?? '';
      if (mine ? !e.viewing.here && told : told && e.viewing.here && !greeted.has(who)) {
        clearTimeout(again);
        again = setTimeout(say, Math.max(0, told + rest - Date.now()));
      }
      if (e.viewing.here) greeted.add(who);
      else greeted.delete(who);
    }),
    line.subscribe(say),
  ];
  document.addEventListener('visibilitychange', turn);
  window.addEventListener('pagehide', close);
  window.addEventListener('pageshow', turn);
  return () => {
    for (const end of ends) end();
    document.removeEventListener('visibilitychange', turn);
    window.removeEventListener('pagehide', close);
    window.removeEventListener('pageshow', turn);
    leave();
  };
}
