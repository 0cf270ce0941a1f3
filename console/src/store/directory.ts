// Who and what the console names by id: agents, groups, channels, connectors.
import { signal } from '@preact/signals';
import { all, api, Refused, type Schema } from '../api/client';
import { me, updateMe } from '../auth/session';
import { onEvent, onReset } from './live';

export type Agent = Schema['Agent'];
export type Group = Schema['Group'];
export type Channel = Schema['Channel'];
export type Connector = Schema['Connector'];

export const agents = signal<ReadonlyMap<string, Agent>>(new Map());
export const groups = signal<ReadonlyMap<string, Group>>(new Map());
export const channels = signal<ReadonlyMap<string, Channel>>(new Map());
export const connectors = signal<ReadonlyMap<string, Connector>>(new Map());

/** Whether the channels have been read: before that, nobody knows that there are none. */
export const channelsKnown = signal(false);

const page = (cursor: string | undefined) => ({ limit: 200, ...(cursor ? { cursor } : {}) });

async function fill<T>(into: { value: ReadonlyMap<string, T> }, key: (t: T) => string, list: Promise<T[]>): Promise<void> {
  try {
    into.value = new Map((await list).map((t) => [key(t), t]));
  } catch (error) {
    // Who may not see them does without their names.
    if (!(error instanceof Refused && error.status === 403)) throw error;
  }
}

export const loadAgents = () => fill(agents, (a) => a.id, all((cursor) => api.get('/v1/agents', { query: page(cursor) })));
const loadGroups = () => fill(groups, (g) => g.id, all((cursor) => api.get('/v1/groups', { query: page(cursor) })));
const loadConnectors = () => fill(connectors, (c) => c.kind, api.get('/v1/connectors').then((list) => list.data));
async function loadChannels(): Promise<void> {
  await fill(channels, (c) => c.id, all((cursor) => api.get('/v1/channels', { query: page(cursor) })));
  channelsKnown.value = true;
}

/** Reads everything. What fails is missing until the next time. */
export async function loadDirectory(): Promise<void> {
  await Promise.allSettled([loadAgents(), loadGroups(), loadChannels(), loadConnectors()]);
}

/** Reads the signed-in agent again: how much they have to do changes by itself. */
export async function refreshMe(): Promise<void> {
  const id = me.peek()?.agent?.id;
  if (!id) return;
  updateMe(await api.get('/v1/agents/{agent_id}', { path: { agent_id: id } }));
}

/** Says whether the signed-in agent is there. */
export async function setAvailability(status: Schema['Availability']): Promise<void> {
  const agent = me.peek()?.agent;
  if (!agent) return;
  updateMe({ ...agent, availability: status });
  try {
    updateMe(await api.put('/v1/agents/{agent_id}/availability', { path: { agent_id: agent.id }, body: { status } }));
  } catch (error) {
    updateMe(agent);
    throw error;
  }
}

onEvent((e) => {
  if (e.channel) channels.value = new Map(channels.value).set(e.channel.id, e.channel);
});
onReset(() => void loadDirectory());
