import { useEffect } from 'preact/hooks';
import { Area } from './admin/Area';
import { Invitation, SignIn, Unreached } from './auth/SignIn';
import { session } from './auth/session';
import { t } from './i18n/translate';
import { Inbox } from './inbox/Inbox';
import { go, match, place } from './router/router';
import { Later } from './shell/Later';
import { ShortcutSheet } from './shell/ShortcutSheet';
import { showShortcuts, useShortcuts } from './shell/shortcuts';
import { Button } from './ui/Button';
import { Empty } from './ui/Empty';
import { Toasts } from './ui/Toast';

// A link's secret stands behind the #, where no server sees it; from here on it
// is not in the address bar either.
const invitation = window.location.hash.match(/^#\/invite\/(.+)$/)?.[1];
if (invitation) go('/invite', undefined, { replace: true });

const account = () => import('./account/Account');

/** The whole console. */
export function App() {
  return (
    <>
      <Content />
      <Toasts />
    </>
  );
}

function Content() {
  const now = session.value;
  if (place.value.path === '/invite' && invitation) return <Invitation token={invitation} />;
  switch (now.name) {
    case 'loading':
      return null; // a moment, in which a flash of anything would be worse
    case 'unreachable':
      return <Unreached error={now.error} />;
    case 'out':
      return <SignIn methods={now.methods} ended={now.ended} />;
    case 'in':
      return <SignedIn />;
  }
}

function SignedIn() {
  useShortcuts([{ keys: '?', does: 'shortcuts.title', run: () => void (showShortcuts.value = true) }]);
  return (
    <>
      <View />
      <ShortcutSheet />
    </>
  );
}

function View() {
  const path = place.value.path;
  useEffect(() => {
    if (path === '/' || path === '/invite') go('/inbox', undefined, { replace: true });
  }, [path]);
  const inbox = match('/inbox/:view?/:conversation?', path);
  if (inbox) return <Inbox view={inbox['view'] || 'mine'} conversation={inbox['conversation'] ?? ''} />;
  if (match('/admin/:view?/:id?/:part?', path)) return <Area path={path} />;
  if (path === '/account') return <Later load={account} />;
  if (path === '/' || path === '/invite') return null;
  return (
    <main class="shell-main">
      <Empty icon="question" title={t('notFound.title')} actions={<Button onClick={() => go('/inbox')}>{t('nav.inbox')}</Button>}>
        <p>{t('notFound.text')}</p>
      </Empty>
    </main>
  );
}
