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

export const adminViews: readonly AdminView[] = [{ name: 'channels', title: 'channels.title', icon: 'plug', load: () => import('./channels/Channels') }];
