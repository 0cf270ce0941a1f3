// Which conversations a list holds, and in which order: as the hub is asked,
// and the same said in words of the console, so that live changes find their
// place without asking.
import { myID } from '../auth/session';
import type { Conversation, Status } from './conversations';

export type Sort = '-updated_at' | '-created_at' | 'created_at' | 'close_due_at' | 'queued_at';

export const statuses: readonly Status[] = ['new', 'open', 'pending', 'on_hold', 'solved', 'closed'];
const going: readonly Status[] = ['new', 'open', 'pending', 'on_hold', 'solved'];
export const priorities = ['urgent', 'high', 'normal', 'low'] as const;

/** What the user narrows a view to. */
export interface Filter {
  status: readonly string[];
  assignee: readonly string[];
  channel: readonly string[];
  group: readonly string[];
  style: readonly string[];
  tag: readonly string[];
  priority: readonly string[];
  unread: boolean;
  /** The contact wrote last. */
  waiting: boolean;
  /** Days, as "2026-03-01". */
  from: string;
  to: string;
  q: string;
  sort: Sort | '';
}

const lists = ['status', 'assignee', 'channel', 'group', 'style', 'tag', 'priority'] as const;
const texts = ['from', 'to', 'q', 'sort'] as const;

/** Reads a filter out of an address. */
export function readFilter(query: URLSearchParams): Filter {
  const filter: Record<string, unknown> = { unread: query.has('unread'), waiting: query.has('waiting') };
  for (const name of lists) filter[name] = query.get(name)?.split(',').filter(Boolean) ?? [];
  for (const name of texts) filter[name] = query.get(name) ?? '';
  return filter as unknown as Filter;
}

/** Writes a filter into an address. */
export function writeFilter(filter: Filter): URLSearchParams {
  const query = new URLSearchParams();
  for (const name of lists) if (filter[name].length > 0) query.set(name, filter[name].join(','));
  for (const name of texts) if (filter[name]) query.set(name, filter[name]);
  if (filter.unread) query.set('unread', '1');
  if (filter.waiting) query.set('waiting', '1');
  return query;
}

/** How many things a filter asks for, beyond the search. */
export function filterSize(filter: Filter): number {
  return lists.filter((name) => filter[name].length > 0).length + [filter.unread, filter.waiting, filter.from || filter.to].filter(Boolean).length;
}

/** A view's own part of a query. */
interface View {
  status: readonly Status[];
  assignee?: string;
  unread?: boolean;
  channel?: string;
  sort: Sort;
}

const views: Record<string, View> = {
  mine: { status: ['open', 'pending', 'on_hold'], assignee: 'me', sort: '-updated_at' },
  queue: { status: ['new', 'open'], assignee: 'none', sort: 'queued_at' },
  unread: { status: going, unread: true, sort: '-updated_at' },
  all: { status: going, sort: '-updated_at' },
  pending: { status: ['pending'], sort: '-updated_at' },
  hold: { status: ['on_hold'], sort: '-updated_at' },
  solved: { status: ['solved'], sort: 'close_due_at' },
  closed: { status: ['closed'], sort: '-updated_at' },
};

export const viewNames = Object.keys(views);

/** Tells whether there is a view of that name; those of channels begin with "ch_". */
export function isView(name: string): boolean {
  return name in views || name.startsWith('ch_');
}

function viewOf(name: string): View {
  return views[name] ?? { status: going, channel: name, sort: '-updated_at' };
}

/** The order of a view, unless the user asks for another. */
export function sortOf(name: string, filter: Filter): Sort {
  return filter.sort || viewOf(name).sort;
}

/** The statuses asked for. */
function statusesOf(view: View, filter: Filter): readonly string[] {
  return filter.status.length > 0 ? filter.status : view.status;
}

/** What the hub is asked for a list. */
export function hubQuery(name: string, filter: Filter): Record<string, unknown> {
  const view = viewOf(name);
  return {
    status: statusesOf(view, filter),
    assignee_id: view.assignee ?? filter.assignee,
    channel_id: view.channel ?? filter.channel,
    group_id: filter.group,
    style: filter.style,
    tag: filter.tag,
    unread: view.unread || filter.unread || undefined,
    q: filter.q,
    sort: sortOf(name, filter),
  };
}

function among(wanted: readonly string[], value: string | null): boolean {
  return wanted.length === 0 || wanted.includes(value ?? 'none');
}

function byAssignee(wanted: readonly string[], assignee: string | null): boolean {
  return wanted.length === 0 || wanted.some((w) => (w === 'me' ? assignee === myID.peek() && assignee !== '' : w === 'none' ? assignee === null : assignee === w));
}

/** What the hub cannot be asked and is sorted out here. */
export function matchesHere(filter: Filter, c: Conversation): boolean {
  if (!among(filter.priority, c.priority)) return false;
  if (filter.waiting && c.last_message?.direction !== 'inbound') return false;
  const updated = Date.parse(c.updated_at);
  if (filter.from && updated < new Date(`${filter.from}T00:00:00`).getTime()) return false;
  return !(filter.to && updated >= new Date(`${filter.to}T00:00:00`).getTime() + 86_400_000);
}

/** Tells whether a conversation belongs in a list. */
export function matches(name: string, filter: Filter, c: Conversation): boolean {
  const view = viewOf(name);
  const sort = sortOf(name, filter);
  if (!among(statusesOf(view, filter), c.status)) return false;
  if (!byAssignee(view.assignee ? [view.assignee] : filter.assignee, c.assignee_id)) return false;
  if (!among(view.channel ? [view.channel] : filter.channel, c.channel_id)) return false;
  if (!among(filter.group, c.group_id) || !among(filter.style, c.style.name)) return false;
  if (filter.tag.length > 0 && !filter.tag.some((tag) => c.tags.includes(tag))) return false;
  if ((view.unread || filter.unread) && c.unread_count === 0) return false;
  if (sort === 'close_due_at' && !c.close_due_at) return false;
  if (sort === 'queued_at' && !c.queued_at) return false;
  const q = filter.q.trim().toLocaleLowerCase();
  if (q && ![c.contact.name, c.contact.external_id, c.contact.id, c.subject].some((s) => s?.toLocaleLowerCase().includes(q))) return false;
  return matchesHere(filter, c);
}

/** The order of a list. */
export function comparator(sort: Sort): (a: Conversation, b: Conversation) => number {
  const time = (s: string | null) => (s ? Date.parse(s) : Infinity);
  const tie = (a: Conversation, b: Conversation) => (a.id < b.id ? -1 : 1);
  switch (sort) {
    case '-updated_at':
      return (a, b) => time(b.updated_at) - time(a.updated_at) || -tie(a, b);
    case '-created_at':
      return (a, b) => time(b.created_at) - time(a.created_at) || -tie(a, b);
    case 'created_at':
      return (a, b) => time(a.created_at) - time(b.created_at) || tie(a, b);
    case 'close_due_at':
      return (a, b) => time(a.close_due_at) - time(b.close_due_at) || tie(a, b);
    case 'queued_at':
      return (a, b) => time(a.queued_at) - time(b.queued_at) || tie(a, b);
  }
}
