import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import './inbox.css';
import './thread.css';
import './composer.css';
import './details.css';
import { me } from '../auth/session';
import { t } from '../i18n/translate';
import { go, place } from '../router/router';
import { conversation } from '../store/conversations';
import { recount } from '../store/counts';
import { loadDirectory } from '../store/directory';
import { caughtUp, line, listen } from '../store/live';
import { ConversationList } from '../store/list';
import { isView, readFilter, writeFilter, type Filter } from '../store/query';
import { Dialog } from '../ui/Dialog';
import { Empty } from '../ui/Empty';
import { Icon } from '../ui/Icon';
import { Commands } from './Commands';
import { Details } from './Details';
import { cursor, ListPane, rowHeight } from './ListPane';
import { Offers } from './Offers';
import { ThreadPane } from './ThreadPane';
import { countInTitle } from './titleCount';
import { useInboxKeys } from './useInboxKeys';
import { Views } from './Views';

interface Props {
  view: string;
  conversation: string;
}

/** The agents' place: what waits, what was said, and what to answer. */
export function Inbox({ view: wanted, conversation: open }: Props) {
  const view = isView(wanted) ? wanted : 'mine';
  const search = place.value.query.toString();
  const filter = useMemo(() => readFilter(new URLSearchParams(search)), [search]);
  const scroller = useRef<HTMLDivElement>(null);
  const list = useList(view, filter, search, scroller);
  const [details, setDetails] = useState(false);
  const wide = useWide();

  const caller = me.value?.token_id ?? '';
  useEffect(() => {
    const end = listen(caller);
    void loadDirectory();
    recount();
    return end;
  }, [caller]);
  useEffect(countInTitle, []);
  useEffect(() => setDetails(false), [open]);

  const show = (id: string) => {
    cursor.value = id;
    go(`/inbox/${view}/${id}`, writeFilter(filter));
  };
  const back = () => go(`/inbox/${view}`, writeFilter(filter));
  const { commands, commanding, setCommanding } = useInboxKeys({ view, open, list, show, back });
  const c = open ? conversation(open)?.value : undefined;

  return (
    <div class="shell">
      <a class="skip" href="#thread">
        {t('nav.skip')}
      </a>
      <LineBanner />
      <Views view={view} filter={filter} />
      <main class="inbox" data-pane={open ? 'thread' : 'list'}>
        <h1 class="hidden">{t('nav.inbox')}</h1>
        <ListPane view={view} filter={filter} list={list} open={open} scroller={scroller} />
        <div class="thread-place" id="thread">
          {open ? <ThreadPane key={open} id={open} back={back} details={() => setDetails(true)} /> : <NothingOpen />}
        </div>
        {open && wide && (
          <aside class="details" aria-label={t('details.title')}>
            <Details id={open} />
          </aside>
        )}
        {details && !wide && c && (
          <Dialog title={t('details.title')} place="side" onClose={() => setDetails(false)}>
            <Details id={open} />
          </Dialog>
        )}
        <Offers />
      </main>
      {commanding && <Commands commands={commands} onClose={() => setCommanding(false)} />}
    </div>
  );
}

/** The list for what the address asks for; it keeps its place when its order changes. */
function useList(view: string, filter: Filter, search: string, scroller: { current: HTMLDivElement | null }): ConversationList | null {
  const [list, setList] = useState<ConversationList | null>(null);
  const anchor = useRef<{ id: string; offset: number } | null>(null);
  useEffect(() => {
    const fresh: ConversationList = new ConversationList(view, filter, () => {
      // The first row in sight shall stay where it is, unless it is the very first.
      const el = scroller.current;
      const top = el?.scrollTop ?? 0;
      const id = fresh.ids.peek()[Math.floor(top / rowHeight)];
      anchor.current = top > 0 && id ? { id, offset: top % rowHeight } : null;
    });
    setList(fresh);
    if (scroller.current) scroller.current.scrollTop = 0;
    return () => fresh.close();
  }, [view, search]);
  const ids = list?.ids.value;
  useLayoutEffect(() => {
    const el = scroller.current;
    const at = anchor.current && ids ? ids.indexOf(anchor.current.id) : -1;
    if (el && at >= 0 && anchor.current) el.scrollTop = at * rowHeight + anchor.current.offset;
    anchor.current = null;
  }, [ids]);
  return list;
}

const detailsFrom = window.matchMedia('(min-width: 1100px)');

/** Whether there is room for the details beside the thread. */
function useWide(): boolean {
  const [wide, setWide] = useState(detailsFrom.matches);
  useEffect(() => {
    const changed = () => setWide(detailsFrom.matches);
    detailsFrom.addEventListener('change', changed);
    return () => detailsFrom.removeEventListener('change', changed);
  }, []);
  return wide;
}

/** Says that the line to the hub is cut, and that it stands again. */
function LineBanner() {
  if (line.value === 'lost') {
    return (
      <p class="banner shell-notice" role="status">
        <Icon name="offline" size={16} />
        {t('line.lost')}
      </p>
    );
  }
  if (caughtUp.value !== null) {
    return (
      <p class="banner banner-ok shell-notice" role="status">
        <Icon name="check" size={16} />
        {t('line.caughtUp', { count: caughtUp.value })}
      </p>
    );
  }
  return null;
}

function NothingOpen() {
  const hints: [string, string][] = [
    ['J', t('keys.next')],
    ['K', t('keys.previous')],
    ['⏎', t('keys.open')],
    ['/', t('keys.search')],
    ['?', t('shortcuts.title')],
  ];
  return (
    <Empty icon="inbox" title={t('empty.nothingOpen')}>
      <p>{t('empty.nothingOpenText')}</p>
      <ul class="hints">
        {hints.map(([key, what]) => (
          <li key={key}>
            <kbd>{key}</kbd> {what}
          </li>
        ))}
      </ul>
    </Empty>
  );
}
