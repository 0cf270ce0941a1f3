// What was said, with its days and ends.
import { Fragment } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Entry } from '../../../sdk/src/webchat';
import { Bubble } from './Bubble';
import { useScene } from './context';
import { day, dayOf } from './format';
import { Icon } from './icons';

const near = 60; // pixels from the end that still count as the end

export function Log() {
  const { chat, state, words } = useScene();
  const { entries, hasEarlier, typing, conversation, loaded, config } = state;
  const log = useRef<HTMLDivElement>(null);
  const pinned = useRef(true);
  const height = useRef(0);
  const firstKey = useRef('');
  const [away, setAway] = useState(false);
  const [loading, setLoading] = useState(false);

  // New messages are shown as long as one stood at the end; earlier ones push
  // nothing away from under the eyes.
  useLayoutEffect(() => {
    const el = log.current;
    if (!el) return;
    const first = entries[0]?.key ?? '';
    if (pinned.current) el.scrollTop = el.scrollHeight;
    else if (firstKey.current && first !== firstKey.current) el.scrollTop += el.scrollHeight - height.current;
    height.current = el.scrollHeight;
    firstKey.current = first;
  }, [entries, typing, conversation]);
  // Pictures that come later, and a panel that changes its size, move the end.
  useEffect(() => {
    const el = log.current;
    if (!el) return;
    const watch = new ResizeObserver(() => pinned.current && (el.scrollTop = el.scrollHeight));
    watch.observe(el);
    return () => watch.disconnect();
  }, []);

  const earlier = () => {
    setLoading(true);
    chat
      .loadEarlier()
      .catch(() => undefined) // the button stays
      .finally(() => setLoading(false));
  };
  const scrolled = () => {
    const el = log.current;
    if (!el) return;
    pinned.current = el.scrollHeight - el.scrollTop - el.clientHeight < near;
    setAway(!pinned.current);
    if (el.scrollTop < 40 && hasEarlier && !loading) earlier();
  };
  const toEnd = () => {
    pinned.current = true;
    log.current?.scrollTo({ top: log.current.scrollHeight });
    setAway(false);
  };
  const latest = entries.at(-1);
  useEffect(() => {
    if (latest?.author.type === 'visitor') toEnd();
  }, [latest?.key]);

  return (
    <div class="log-frame">
      <div ref={log} class="log" role="log" aria-label={words.log} tabIndex={0} onScroll={scrolled}>
        {hasEarlier && (
          <button type="button" class="plain earlier" disabled={loading} onClick={earlier}>
            {words.earlier}
          </button>
        )}
        {!hasEarlier && (
          <div class="welcome">
            <p class="welcome-text" dir="auto">
              {config?.greeting || words.welcome}
            </p>
            <p class="welcome-note">{words.reach}</p>
          </div>
        )}
        {!loaded && state.line === 'connecting' && <div class="wait" aria-hidden="true" />}
        {entries.map((e, i) => (
          <Fragment key={e.key}>
            <Divider entry={e} before={entries[i - 1]} />
            <Bubble entry={e} first={!follows(entries[i - 1], e)} last={!follows(e, entries[i + 1])} latest={i === entries.length - 1} />
          </Fragment>
        ))}
        {typing && (
          <div class="typing" role="status">
            <span class="typing-dots" aria-hidden="true">
              <i />
              <i />
              <i />
            </span>
            <span dir="auto">{words.typing(typing.name)}</span>
          </div>
        )}
        {conversation?.state === 'ended' && (
          <div class="ended" role="status">
            <b>{words.ended}</b>
            <span>{words.again}</span>
          </div>
        )}
      </div>
      {away && (
        <button type="button" class="to-end" aria-label={words.latest} onClick={toEnd}>
          <Icon name="down" />
        </button>
      )}
    </div>
  );
}

/** Says that a day or a conversation begins. */
function Divider({ entry, before }: { entry: Entry; before: Entry | undefined }) {
  const { words, settings } = useScene();
  const another = before && before.conversation_id && entry.conversation_id && before.conversation_id !== entry.conversation_id;
  const nextDay = !before || dayOf(before.created_at) !== dayOf(entry.created_at);
  return (
    <>
      {another && <div class="divider">{words.ended}</div>}
      {nextDay && <div class="divider">{day(entry.created_at, settings.locale, words)}</div>}
    </>
  );
}

/** Tells whether a message belongs to the run of the one before it. */
function follows(before: Entry | undefined, entry: Entry | undefined): boolean {
  return (
    !!before &&
    !!entry &&
    before.author.type === entry.author.type &&
    before.author.name === entry.author.name &&
    (!before.conversation_id || !entry.conversation_id || before.conversation_id === entry.conversation_id) &&
    Date.parse(entry.created_at) - Date.parse(before.created_at) < 5 * 60_000
  );
}
