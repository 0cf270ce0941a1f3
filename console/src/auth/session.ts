// Who is signed in. Everything that knows how a user proves who they are is in
// this folder.
import { computed, signal } from '@preact/signals';
import { api, identify, newKey, Refused, type Schema } from '../api/client';

export type Me = Schema['Me'];
export type SignInMethods = Schema['SignInMethods'];

type State =
  | { name: 'loading' }
  | { name: 'unreachable'; error: unknown }
  /** Nobody is signed in. `ended` tells that somebody was until just now. */
  | { name: 'out'; methods: SignInMethods; ended: boolean }
  | { name: 'in'; me: Me };

/** Whether and as whom the user is signed in. */
export const session = signal<State>({ name: 'loading' });

/** Who is signed in, or null. */
export const me = computed(() => (session.value.name === 'in' ? session.value.me : null));

/** The id of the agent who is signed in, "" for a caller who is none. */
export const myID = computed(() => me.value?.agent?.id ?? '');

/** Tells whether the caller may do what a scope names; `admin` is everything. */
export function may(scope: string): boolean {
  const allowed = me.value?.permissions ?? [];
  return allowed.includes('admin') || allowed.includes(scope);
}

// Other tabs learn of a sign-in or a sign-out at once.
const tabs = new BroadcastChannel('threadhub-session');
tabs.onmessage = () => void start();

identify({
  headers: (changes) => {
    const token = session.peek().name === 'in' ? (session.peek() as { me: Me }).me.csrf_token : null;
    return changes && token ? { 'X-CSRF-Token': token } : {};
  },
  lost: () => {
    if (session.peek().name === 'in') void showSignIn(true);
  },
});

/** Finds out who is signed in. */
export async function start(): Promise<void> {
  try {
    session.value = { name: 'in', me: await api.get('/v1/me') };
  } catch (error) {
    if (error instanceof Refused && error.status === 401) await showSignIn(session.peek().name === 'in');
    else session.value = { name: 'unreachable', error };
  }
}

async function showSignIn(ended: boolean): Promise<void> {
  try {
    session.value = { name: 'out', methods: await api.get('/v1/session'), ended };
  } catch (error) {
    session.value = { name: 'unreachable', error };
  }
}

/** Signs in. Rejects with what the hub says against it. */
export async function signIn(email: string, password: string): Promise<void> {
  await api.post('/v1/session', { body: { email, password } });
  await entered();
}

/** Makes the first admin's account and signs in as them. */
export async function setUp(body: Schema['FirstAdmin']): Promise<void> {
  await api.post('/v1/setup', { body, key: newKey() });
  await entered();
}

/** Tells whom an invitation or a reset is for. */
export function checkLink(token: string): Promise<Schema['Invited']> {
  return api.post('/v1/invitations/check', { body: { token } });
}

/** Sets a password by a link, and signs in. */
export async function acceptLink(token: string, password: string): Promise<void> {
  await api.post('/v1/invitations/accept', { body: { token, password } });
  await entered();
}

async function entered(): Promise<void> {
  await start();
  tabs.postMessage('in');
}

/** Signs out, here and in this browser's other tabs. */
export async function signOut(): Promise<void> {
  await api.delete('/v1/session');
  await showSignIn(false);
  tabs.postMessage('out');
}

/** Shows a change of the signed-in agent, such as their availability. */
export function updateMe(agent: Schema['Agent']): void {
  const now = session.peek();
  if (now.name === 'in' && now.me.agent?.id === agent.id) session.value = { name: 'in', me: { ...now.me, agent } };
}
