import { t } from '../i18n/translate';
import { Sidebar } from '../shell/Sidebar';
import { Empty } from '../ui/Empty';

/** The agents' place: what waits, what was said, and what to answer. */
export function Inbox({ view, conversation }: { view: string; conversation: string }) {
  return (
    <div class="shell">
      <Sidebar>{null}</Sidebar>
      <main class="shell-main" data-view={view} data-conversation={conversation}>
        <Empty icon="inbox" title={t('nav.inbox')} />
      </main>
    </div>
  );
}
