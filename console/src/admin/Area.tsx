import { signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { me } from '../auth/session';
import { t } from '../i18n/translate';
import { go, match } from '../router/router';
import { Button } from '../ui/Button';
import { Empty, LoadError, Skeleton } from '../ui/Empty';
import { NavLine, Sidebar, sidebarOpen } from '../shell/Sidebar';
import { loadDirectory } from '../store/directory';
import { adminViews, type AdminView, type ViewProps } from './views';

const loaded = signal<ReadonlyMap<string, ComponentType<ViewProps>>>(new Map());

/** The admin area: its navigation, and the view that the address names. */
export function Area({ path }: { path: string }) {
  const parts = match('/admin/:view?/:id?/:part?', path) ?? {};
  const view = adminViews.find((v) => v.name === parts['view']);
  useEffect(() => {
    const first = adminViews[0];
    if (!parts['view'] && first) go(`/admin/${first.name}`, undefined, { replace: true });
  }, [parts['view']]);
  useEffect(() => {
    void loadDirectory();
  }, []);
  return (
    <div class="shell">
      <Sidebar>
        <h2 class="nav-title">{t('nav.admin')}</h2>
        <ul>
          {adminViews.map((v) => (
            <NavLine key={v.name} icon={v.icon} label={t(v.title)} path={`/admin/${v.name}`} current={v === view} />
          ))}
        </ul>
      </Sidebar>
      <main class="shell-main page">
        {me.value?.role !== 'admin' ? (
          <Empty icon="lock" title={t('admin.refused')} actions={<Button onClick={() => go('/inbox')}>{t('nav.inbox')}</Button>}>
            <p>{t('admin.refusedText')}</p>
          </Empty>
        ) : (
          view && <Loaded view={view} id={parts['id'] ?? ''} part={parts['part'] ?? ''} />
        )}
      </main>
    </div>
  );
}

function Loaded({ view, ...rest }: { view: AdminView } & ViewProps) {
  const [failure, setFailure] = useState<unknown>();
  const Content = loaded.value.get(view.name);
  const load = () => {
    setFailure(undefined);
    view.load().then((module) => {
      loaded.value = new Map(loaded.value).set(view.name, module.default);
    }, setFailure);
  };
  useEffect(() => {
    if (!Content) load();
    document.title = `${t(view.title)} · Threadhub`;
  }, [view.name]);
  if (failure !== undefined) return <LoadError error={failure} retry={load} />;
  return (
    <>
      <header class="page-head">
        <div class="page-title">
          <Button class="only-narrow" kind="quiet" icon="menu" aria-label={t('nav.menu')} onClick={() => (sidebarOpen.value = true)} />
          <h1>{t(view.title)}</h1>
        </div>
      </header>
      <div class="page-body">{Content ? <Content {...rest} /> : <Skeleton lines={6} />}</div>
    </>
  );
}
