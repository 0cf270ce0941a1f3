// The launcher, and the panel that it opens.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Chat, Entry } from '../../../sdk/src/webchat';
import { SceneProvider, useScene } from './context';
import { Icon } from './icons';
import { Panel } from './Panel';
import { wordsOf, type Settings } from './settings';
import { summary } from './summary';

interface Props {
  chat: Chat;
  settings: Settings;
  start: () => void;
  /** Who is to be told when the page opens or closes the chat. */
  turns: Set<(to: boolean | 'toggle') => void>;
}

const openKey = (channel: string) => `threadhub.${channel}.open`;

/** Whether the chat was open on the page before this one. */
function wasOpen(channel: string): boolean {
  try {
    return sessionStorage.getItem(openKey(channel)) === '1' && innerWidth > 480;
  } catch {
    return false;
  }
}

function keepOpen(channel: string, open: boolean): void {
  try {
    sessionStorage.setItem(openKey(channel), open ? '1' : '0');
  } catch {
    // It opens closed on the next page.
  }
}

export function App({ chat, settings, start, turns }: Props) {
  const [state, setState] = useState(chat.state);
  const [open, setOpen] = useState(() => settings.open || wasOpen(settings.channel));
  const [dismissed, setDismissed] = useState('');
  const launcher = useRef<HTMLButtonElement>(null);
  const asked = useRef(false); // opened by somebody, who is to find the focus in it
  const words = wordsOf(settings.locale);

  useEffect(() => chat.subscribe(setState), [chat]);
  useEffect(() => {
    const turn = (to: boolean | 'toggle') => {
      asked.current = true;
      setOpen((now) => (to === 'toggle' ? !now : to));
    };
    turns.add(turn);
    return () => void turns.delete(turn);
  }, [turns]);
  useEffect(() => {
    if (open) start();
    keepOpen(settings.channel, open);
  }, [open]);
  // Whoever is looking has read it.
  useEffect(() => {
    if (!open) return;
    const read = () => document.visibilityState === 'visible' && chat.read();
    read();
    document.addEventListener('visibilitychange', read);
    return () => document.removeEventListener('visibilitychange', read);
  }, [open, state.unread]);

  const shut = () => {
    setOpen(false);
    launcher.current?.focus();
  };
  const turnOn = () => {
    asked.current = true;
    setOpen(true);
  };
  const latest = state.entries.findLast((e) => e.author.type !== 'visitor' && !e.deleted_at);
  const teaser = !open && state.unread > 0 && latest && latest.key !== dismissed ? latest : null;
  return (
    <SceneProvider value={{ chat, state, words, settings }}>
      {/* Keys typed in the chat are none of the page's shortcuts. */}
      <aside aria-label={words.launcher} class={open ? 'root root-open' : 'root'} onKeyDown={(e) => e.stopPropagation()}>
        {open && <Panel close={shut} focus={asked.current} />}
        {teaser && <Teaser entry={teaser} show={turnOn} dismiss={() => setDismissed(teaser.key)} />}
        <button
          ref={launcher}
          type="button"
          class="launcher"
          aria-expanded={open}
          aria-label={open ? words.close : state.unread ? `${words.open}, ${words.unread(state.unread)}` : words.open}
          onClick={() => {
            if (open) shut();
            else turnOn();
          }}
        >
          <Icon name={open ? 'down' : 'chat'} size={26} />
          {!open && state.unread > 0 && (
            <span class="badge" aria-hidden="true">
              {state.unread > 9 ? '9+' : state.unread}
            </span>
          )}
        </button>
        <div class="hidden" role="status">
          {teaser ? words.newMessage(teaser.author.name || words.team, summary(teaser, words)) : ''}
        </div>
      </aside>
    </SceneProvider>
  );
}

/** The latest message, for whoever has the chat closed. */
function Teaser({ entry, show, dismiss }: { entry: Entry; show: () => void; dismiss: () => void }) {
  const { words } = useScene();
  return (
    <div class="teaser">
      <button type="button" class="teaser-text" onClick={show}>
        <b dir="auto">{entry.author.name || words.team}</b>
        <span dir="auto">{summary(entry, words)}</span>
      </button>
      <button type="button" class="bare teaser-close" aria-label={words.discard} onClick={dismiss}>
        <Icon name="close" size={14} />
      </button>
    </div>
  );
}
