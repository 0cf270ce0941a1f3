import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { myID } from '../auth/session';
import { dayName, fullTime } from '../i18n/dates';
import { t } from '../i18n/translate';
import { conversation, typing, type Conversation } from '../store/conversations';
import { outbox, type Message } from '../store/outbox';
import { markRead, openThread } from '../store/thread';
import { Button } from '../ui/Button';
import { LoadError, Skeleton } from '../ui/Empty';
import { Icon } from '../ui/Icon';
import { Composer } from './Composer';
import { LeavingBubble, MessageBubble } from './Bubble';
import { LogLines } from './LogLines';
import { Lightbox, type Picture } from './Lightbox';
import { contactName } from './status';
import { ThreadHead } from './ThreadHead';
import { Others } from './Others';
import { timeline } from './timeline';

/** What was said, and the place to answer. */
export function ThreadPane({ id, back, details }: { id: string; back(): void; details(): void }) {
  const thread = useMemo(() => openThread(id), [id]);
  const c = conversation(id)?.value;
  const state = thread.state.value;
  return (
    <section class="thread" aria-label={c ? t('thread.label', { name: contactName(c.contact) }) : t('thread.title')}>
      {c ? <ThreadHead c={c} back={back} details={details} /> : <header class="thread-head" />}
      {state === 'failed' ? (
        <LoadError error={thread.failure} retry={() => void thread.load()} />
      ) : state === 'loading' || !c ? (
        <div class="thread-scroll">
          <Skeleton kind="bubble" lines={6} />
        </div>
      ) : (
        <Messages key={id} id={id} c={c} />
      )}
      {c && state !== 'failed' && <Others key={`others ${id}`} id={id} />}
      {c && state !== 'failed' && <Composer key={id} c={c} />}
    </section>
  );
}

const nearEnd = 80; // pixels within which the thread follows its end

function Messages({ id, c }: { id: string; c: Conversation }) {
  const thread = openThread(id);
  const scroller = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const heightBefore = useRef(0);
  const [away, setAway] = useState(0); // messages that came while the user looked elsewhere
  const [picture, setPicture] = useState<Picture | null>(null);
  const [unreadFrom] = useState(() => firstUnread(thread.messages.peek(), c.unread_count));
  const messages = thread.messages.value;
  const leaving = outbox.value.filter((l) => l.conversation === id && !l.followUp);
  const items = timeline(messages, thread.log.value, leaving, thread.older.value, unreadFrom);
  const last = messages.at(-1)?.id;
  const first = messages[0]?.id;

  // Older messages push the rest down: the user must not notice.
  useLayoutEffect(() => {
    const el = scroller.current;
    if (!el) return;
    if (!following.current && heightBefore.current > 0) el.scrollTop += el.scrollHeight - heightBefore.current;
    heightBefore.current = 0;
  }, [first]);

  useLayoutEffect(() => {
    const el = scroller.current;
    if (!el) return;
    const mark = el.querySelector('.unread-mark');
    if (mark) mark.scrollIntoView({ block: 'center' });
    else el.scrollTop = el.scrollHeight;
    following.current = el.scrollHeight - el.scrollTop - el.clientHeight < nearEnd;
    // The end stays in sight when the composer grows or a file gets its size.
    const size = new ResizeObserver(() => {
      if (following.current) el.scrollTop = el.scrollHeight;
    });
    size.observe(el);
    if (el.firstElementChild) size.observe(el.firstElementChild);
    return () => size.disconnect();
  }, []);

  const seen = useRef(messages.length);
  useEffect(() => {
    const el = scroller.current;
    const own = messages.at(-1)?.author.id === myID.peek();
    const grown = messages.length - seen.current;
    seen.current = messages.length;
    if (!el) return;
    if (following.current || own) {
      el.scrollTop = el.scrollHeight;
      following.current = true;
    } else if (grown > 0 && messages.at(-1)?.direction === 'inbound') {
      setAway((n) => n + grown);
    }
  }, [last, leaving.length]);

  useEffect(() => {
    const read = () => {
      if (!document.hidden && following.current) void markRead(id).catch(() => undefined);
    };
    read();
    document.addEventListener('visibilitychange', read);
    return () => document.removeEventListener('visibilitychange', read);
  }, [last, c.unread_count]);

  const onScroll = () => {
    const el = scroller.current;
    if (!el) return;
    following.current = el.scrollHeight - el.scrollTop - el.clientHeight < nearEnd;
    if (following.current && away > 0) setAway(0);
    if (following.current && c.unread_count > 0 && !document.hidden) void markRead(id).catch(() => undefined);
    if (el.scrollTop < 400 && thread.older.peek()) {
      heightBefore.current = el.scrollHeight;
      void thread.loadOlder().catch(() => undefined);
    }
  };

  return (
    <div class="thread-body">
      <div class="thread-scroll" ref={scroller} onScroll={onScroll} tabIndex={0} role="log" aria-label={t('thread.messages')} aria-live="polite" aria-relevant="additions">
        <div class="timeline">
          {thread.older.value ? (
            <p class="timeline-more">
              <Button size="small" kind="quiet" busy={thread.loadingOlder.value} onClick={() => void thread.loadOlder()}>
                {t('thread.older')}
              </Button>
            </p>
          ) : (
            <Beginning c={c} />
          )}
          {items.map((item) => {
            switch (item.kind) {
              case 'day':
                return (
                  <p key={item.key} class="day">
                    <span title={fullTime(item.at)}>{dayName(item.at)}</span>
                  </p>
                );
              case 'unread':
                return (
                  <p key={item.key} class="unread-mark">
                    <span>{t('thread.unread')}</span>
                  </p>
                );
              case 'log':
                return <LogLines key={item.key} lines={item.lines} contact={contactName(c.contact)} />;
              case 'leaving':
                return <LeavingBubble key={item.key} leaving={item.leaving} />;
              case 'message':
                return <MessageBubble key={item.key} message={item.message} first={item.first} last={item.last} c={c} show={setPicture} />;
            }
          })}
          <Typing id={id} name={contactName(c.contact)} />
        </div>
      </div>
      {away > 0 && (
        <button
          type="button"
          class="fresh fresh-low"
          onClick={() => {
            scroller.current?.scrollTo({ top: scroller.current.scrollHeight, behavior: 'smooth' });
            setAway(0);
          }}
        >
          <Icon name="down" size={14} />
          {t('thread.fresh', { count: away })}
        </button>
      )}
      {picture && <Lightbox picture={picture} messages={messages} show={setPicture} />}
    </div>
  );
}

/** The first of the messages that nobody has read. */
function firstUnread(messages: readonly Message[], unread: number): string {
  if (unread === 0) return '';
  const inbound = messages.filter((m) => m.direction === 'inbound');
  return inbound.length > unread ? (inbound[inbound.length - unread]?.id ?? '') : '';
}

function Typing({ id, name }: { id: string; name: string }) {
  const who = typing(id).value;
  return (
    <div class="typing" aria-live="polite">
      {who && (
        <>
          <span class="typing-dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {t('thread.typing', { name: who.type === 'contact' ? name : (who.name ?? t('author.agent')) })}
        </>
      )}
    </div>
  );
}

/** What stands before the first message. */
function Beginning({ c }: { c: Conversation }) {
  return (
    <p class="beginning">
      {c.follow_up_of ? t('thread.followUp') : t('thread.beginning', { name: contactName(c.contact) })}
    </p>
  );
}
