import { signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { may } from '../auth/session';
import { t } from '../i18n/translate';
import { go } from '../router/router';
import { sidebarOpen } from '../shell/Sidebar';
import { channels, channelsKnown } from '../store/directory';
import type { ConversationList } from '../store/list';
import { filterSize, writeFilter, type Filter, type Sort } from '../store/query';
import { Button } from '../ui/Button';
import { Empty, LoadError, Skeleton } from '../ui/Empty';
import { Icon } from '../ui/Icon';
import { Menu } from '../ui/Menu';
import { VirtualList } from '../ui/VirtualList';
import { FilterDialog } from './FilterDialog';
import { Row } from './Row';
import { viewTitle } from './Views';

export const rowHeight = 80;

/** The row at which the keyboard is. */
export const cursor = signal('');

interface Props {
  view: string;
  filter: Filter;
  list: ConversationList | null;
  open: string;
  /** The element that scrolls; the list keeps its place in it. */
  scroller: { current: HTMLDivElement | null };
}

/** The list of conversations with what narrows it. */
export function ListPane({ view, filter, list, open, scroller }: Props) {
  const [filtering, setFiltering] = useState(false);
  const size = filterSize(filter);
  const set = (change: Partial<Filter>) => go(`/inbox/${view}${open ? `/${open}` : ''}`, writeFilter({ ...filter, ...change }), { replace: true });
  return (
    <section class="list" aria-label={t('list.label')}>
      <header class="list-head">
        <Button class="only-narrow" kind="quiet" icon="menu" aria-label={t('nav.menu')} onClick={() => (sidebarOpen.value = true)} />
        <h2 class="one-line">{viewTitle(view)}</h2>
        <SortMenu view={view} filter={filter} set={set} />
        <Button kind="quiet" icon="filter" aria-label={t('filter.title')} onClick={() => setFiltering(true)} aria-pressed={size > 0} />
      </header>
      <Search filter={filter} set={set} />
      {size > 0 && (
        <p class="list-filtered">
          <span>{t('filter.active', { count: size })}</span>
          <button type="button" class="link" onClick={() => go(`/inbox/${view}${open ? `/${open}` : ''}`, filter.q ? new URLSearchParams({ q: filter.q }) : undefined)}>
            {t('filter.clear')}
          </button>
        </p>
      )}
      <Rows view={view} filter={filter} list={list} open={open} scroller={scroller} />
      {filtering && <FilterDialog view={view} filter={filter} onClose={() => setFiltering(false)} apply={set} />}
    </section>
  );
}

function SortMenu({ view, filter, set }: { view: string; filter: Filter; set(change: Partial<Filter>): void }) {
  const sorts: Sort[] = ['-updated_at', '-created_at', 'created_at', 'close_due_at', 'queued_at'];
  const now = filter.sort || (view === 'queue' ? 'queued_at' : view === 'solved' ? 'close_due_at' : '-updated_at');
  return (
    <Menu
      label={t('sort.title')}
      buttonLabel={t('sort.title')}
      buttonClass="button button-quiet button-normal button-bare"
      align="end"
      items={sorts.map((sort) => ({ id: sort, label: t(`sort.${sort}`), selected: sort === now, run: () => set({ sort }) }))}
    >
      <Icon name="sort" />
    </Menu>
  );
}

function Search({ filter, set }: { filter: Filter; set(change: Partial<Filter>): void }) {
  const [text, setText] = useState(filter.q);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => setText(filter.q), [filter.q]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <div class="search" role="search">
      <Icon name="search" size={16} />
      <input
        class="input"
        type="search"
        data-shortcut="search"
        aria-label={t('list.search')}
        placeholder={t('list.search')}
        value={text}
        onInput={(e) => {
          const q = e.currentTarget.value;
          setText(q);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => set({ q: q.trim() }), 250);
        }}
        onKeyDown={(e) => {
          if (e.key !== 'Escape') return;
          set({ q: '' });
          e.currentTarget.blur();
        }}
      />
      {text === '' && <kbd>/</kbd>}
    </div>
  );
}

function Rows({ view, filter, list, open, scroller }: Props) {
  const query = writeFilter(filter);
  const ids = list?.ids.value ?? [];
  const at = cursor.value;
  const hold = (on: boolean) => list?.hold(on);
  // The row the keyboard went to comes into sight.
  useLayoutEffect(() => {
    const el = scroller.current;
    const index = ids.indexOf(at);
    if (!el || index < 0) return;
    const top = index * rowHeight;
    if (top < el.scrollTop) el.scrollTop = top;
    else if (top + rowHeight > el.scrollTop + el.clientHeight) el.scrollTop = top + rowHeight - el.clientHeight;
  }, [at]);
  return (
    <div class="list-body">
      <div
        class="list-scroll"
        ref={scroller}
        onPointerEnter={(e) => e.pointerType === 'mouse' && hold(true)}
        onPointerLeave={() => hold(false)}
        onFocusCapture={(e) => (e.target as Element).matches(':focus-visible') && hold(true)}
        onBlurCapture={(e) => !(e.currentTarget as Element).contains(e.relatedTarget as Node | null) && !(e.currentTarget as Element).matches(':hover') && hold(false)}
      >
        {list?.state.value === 'failed' ? (
          <LoadError error={list.failure} retry={() => void list.load(false)} />
        ) : !list || (list.state.value === 'loading' && ids.length === 0) ? (
          <Skeleton kind="row" lines={8} />
        ) : ids.length === 0 && list.complete ? (
          <Nothing view={view} filter={filter} />
        ) : (
          <VirtualList
            scroller={scroller}
            count={ids.length}
            rowHeight={rowHeight}
            keep={ids.indexOf(open)}
            label={t('list.label')}
            rowKey={(i) => ids[i] ?? String(i)}
            row={(i) => <Row id={ids[i] ?? ''} view={view} query={query} open={ids[i] === open} cursor={ids[i] === at} />}
            onEnd={() => void list.loadMore()}
          />
        )}
        {list?.loadingMore.value && <p class="list-more">{t('load.loading')}</p>}
      </div>
      {list && list.waiting.value > 0 && (
        <button
          type="button"
          class="fresh"
          onClick={() => {
            list.settle();
            if (scroller.current) scroller.current.scrollTop = 0;
          }}
        >
          <Icon name="up" size={14} />
          {t('list.fresh', { count: list.waiting.value })}
        </button>
      )}
    </div>
  );
}

/** Why the list is empty, and what to do next. */
function Nothing({ view, filter }: { view: string; filter: Filter }) {
  if (filter.q || filterSize(filter) > 0) {
    return (
      <Empty icon="search" title={t('empty.noHits')} actions={<Button onClick={() => go(`/inbox/${view}`)}>{t('filter.clear')}</Button>}>
        <p>{t('empty.noHitsText')}</p>
      </Empty>
    );
  }
  if (channelsKnown.value && channels.value.size === 0) {
    return (
      <Empty icon="plug" title={t('empty.noChannels')} actions={may('admin') && <Button kind="primary" onClick={() => go('/admin/channels')}>{t('empty.connect')}</Button>}>
        <p>{may('admin') ? t('empty.noChannelsAdmin') : t('empty.noChannelsAgent')}</p>
      </Empty>
    );
  }
  if (view === 'mine') {
    return (
      <Empty icon="check" title={t('empty.mine')} actions={<Button onClick={() => go('/inbox/queue')}>{t('empty.toQueue')}</Button>}>
        <p>{t('empty.mineText')}</p>
      </Empty>
    );
  }
  return (
    <Empty icon={view === 'queue' ? 'check' : 'inbox'} title={view === 'queue' ? t('empty.queue') : t('empty.view')}>
      <p>{view === 'queue' ? t('empty.queueText') : t('empty.viewText')}</p>
    </Empty>
  );
}
