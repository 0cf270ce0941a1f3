// The views of the admin area, in the order of its navigation. Each is loaded
// when it is first opened.
import type { ComponentType } from 'preact';
import type { Key } from '../i18n/translate';
import type { IconName } from '../ui/Icon';

/** What a view is given: the parts of its address after its name. */
export interface ViewProps {
  /** "/admin/channels/ch_1/events" has the id "ch_1" … */
  id: string;
  /** … and the part "events". */
  part: string;
}

export interface AdminView {
  /** Its name in the address. */
  name: string;
  title: Key;
  icon: IconName;
  load(): Promise<{ default: ComponentType<ViewProps> }>;
}

export const adminViews: readonly AdminView[] = [
  { name: 'channels', title: 'channels.title', icon: 'plug', load: () => import('./channels/Channels') },
  { name: 'queue', title: 'admin.queue.title', icon: 'queue', load: () => import('./queue/QueueBoard') },
  { name: 'queues', title: 'admin.queues.title', icon: 'sort', load: () => import('./routing/Queues') },
  { name: 'routing', title: 'admin.routing.title', icon: 'right', load: () => import('./routing/Routing') },
  { name: 'agents', title: 'admin.agent.title', icon: 'user', load: () => import('./people/Agents') },
  { name: 'groups', title: 'admin.group.title', icon: 'users', load: () => import('./people/Groups') },
  { name: 'schedules', title: 'admin.hours.title', icon: 'clock', load: () => import('./hours/Schedules') },
  { name: 'style-rules', title: 'admin.styleRule.title', icon: 'filter', load: () => import('./rules/StyleRules') },
  { name: 'rules', title: 'admin.rule.title', icon: 'spark', load: () => import('./rules/Rules') },
  { name: 'canned-replies', title: 'admin.canned.title', icon: 'note', load: () => import('./replies/Canned') },
  { name: 'reports', title: 'admin.report.title', icon: 'chart', load: () => import('./reports/Reports') },
  { name: 'health', title: 'health.title', icon: 'pulse', load: () => import('./health/Health') },
  { name: 'dead-letters', title: 'admin.dead.title', icon: 'warning', load: () => import('./trouble/DeadLetters') },
  { name: 'quarantine', title: 'admin.quarantine.title', icon: 'question', load: () => import('./trouble/Quarantine') },
  { name: 'subscriptions', title: 'admin.sub.title', icon: 'bell', load: () => import('./access/Subscriptions') },
  { name: 'tokens', title: 'admin.token.title', icon: 'lock', load: () => import('./access/Tokens') },
  { name: 'audit', title: 'admin.audit.title', icon: 'history', load: () => import('./access/Audit') },
  { name: 'settings', title: 'admin.settings.title', icon: 'settings', load: () => import('./settings/Settings') },
];
