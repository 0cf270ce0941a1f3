import '../admin/parts/admin.css';
import { useEffect } from 'preact/hooks';
import { Facts, Section } from '../admin/parts/Section';
import { me } from '../auth/session';
import { t } from '../i18n/translate';
import { NavLine, Sidebar, sidebarOpen } from '../shell/Sidebar';
import { Button } from '../ui/Button';
import { Password } from './Password';
import { Sessions } from './Sessions';

/** Who is signed in, how they prove it, and where else they are signed in. */
export default function Account() {
  const who = me.value;
  useEffect(() => {
    document.title = `${t('account.title')} · Threadhub`;
  }, []);
  if (!who) return null;
  return (
    <div class="shell">
      <Sidebar>
        <ul>
          <NavLine icon="inbox" label={t('nav.inbox')} path="/inbox" current={false} />
          <NavLine icon="user" label={t('account.title')} path="/account" current />
        </ul>
      </Sidebar>
      <main class="shell-main page">
        <header class="page-head">
          <div class="page-title">
            <Button class="only-narrow" kind="quiet" icon="menu" aria-label={t('nav.menu')} onClick={() => (sidebarOpen.value = true)} />
            <h1>{t('account.title')}</h1>
          </div>
        </header>
        <div class="page-body">
          <div class="admin-stack account">
            <Facts
              facts={[
                [t('admin.name'), who.agent?.name ?? who.name],
                ...(who.agent ? ([[t('signIn.email'), who.agent.email]] as const) : []),
                [t('admin.role'), t(who.role === 'admin' ? 'role.admin' : 'role.agent')],
              ]}
            />
            {who.session ? (
              <>
                <Sessions />
                {who.session.method !== 'oidc' && who.agent && <Password email={who.agent.email} />}
              </>
            ) : (
              <Section title={t('account.sessions')} hint={t('account.token')} />
            )}
          </div>
        </div>
      </main>
    </div>
  );
}
