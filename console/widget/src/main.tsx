// The web chat of a site: one line in its pages,
// <script src="https://hub.example/widget.js" data-channel="ch_…" async></script>.
import { render } from 'preact';
import { Chat, Refused, type Identity } from '../../../sdk/src/webchat';
import { App } from './App';
import { palette } from './colours';
import { browserStorage, readSettings, type Settings } from './settings';
import styles from './widget.css?inline';

/** What pages can do with the chat, as window.Threadhub. */
interface Handle {
  open(): void;
  close(): void;
  toggle(): void;
  /** Says who is signed in, or null for nobody; given as it is, or as a function that is asked whenever a session is opened. */
  identify(identity: Identity | null | (() => Identity | null | Promise<Identity | null>)): Promise<void>;
  /** To be called when the user signs out of the site: what was said is then out of reach here. */
  signOut(): Promise<void>;
  /** Calls listen with how many messages are unread, now and whenever that changes. */
  onUnread(listen: (unread: number) => void): () => void;
}

const hiddenFor = 30_000; // a tab that nobody looks at gives its connection back

function begin(settings: Settings): void {
  const chat = new Chat({
    hub: settings.hub,
    channel: settings.channel,
    storage: browserStorage(),
    locale: settings.locale,
    ...(settings.name ? { name: settings.name } : {}),
    ...(settings.identity ? { identity: settings.identity } : {}),
    page: () => (/^https?:/.test(location.href) ? { url: location.href.split('#')[0]!.slice(0, 2048), title: document.title.slice(0, 300) } : undefined),
  });
  let wanted = false; // somebody opened the chat, or did so on an earlier visit
  let watch: ReturnType<typeof setTimeout> | undefined;
  const start = () => {
    wanted = true;
    if (document.visibilityState === 'visible') chat.start();
  };
  document.addEventListener('visibilitychange', () => {
    clearTimeout(watch);
    if (document.visibilityState === 'hidden') watch = setTimeout(() => chat.stop(), hiddenFor);
    else if (wanted) {
      chat.start();
      chat.hurry();
    }
  });
  window.addEventListener('online', () => chat.hurry());
  window.addEventListener('offline', () => chat.cut());

  const turns = new Set<(to: boolean | 'toggle') => void>();
  const turn = (to: boolean | 'toggle') => turns.forEach((f) => f(to));
  const handle: Handle = {
    open: () => turn(true),
    close: () => turn(false),
    toggle: () => turn('toggle'),
    identify: (identity) => chat.identify(typeof identity === 'function' ? identity : () => identity),
    async signOut() {
      turn(false);
      wanted = false;
      await chat.signOut();
    },
    onUnread(listen) {
      let last = -1;
      const tell = () => {
        const { unread } = chat.state;
        if (unread !== last) listen((last = unread));
      };
      tell();
      return chat.subscribe(tell);
    },
  };
  (window as { Threadhub?: Handle }).Threadhub = handle;

  void appear(chat, settings).then((shown) => {
    if (!shown) return;
    render(<App chat={chat} settings={settings} start={start} turns={turns} />, shown);
    void chat.visitedBefore().then((before) => before && start());
    window.dispatchEvent(new Event('threadhub:ready'));
  });
}

/** Makes the place of the chat once its looks are known; null when this page may not show it. */
async function appear(chat: Chat, settings: Settings): Promise<HTMLElement | null> {
  for (let wait = 2000; ; wait = Math.min(60_000, wait * 2)) {
    try {
      await chat.configure();
      break;
    } catch (error) {
      if (error instanceof Refused && !error.passing) {
        console.warn(`Threadhub: ${error.message}`);
        return null;
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
  if (document.readyState === 'loading') await new Promise((resolve) => document.addEventListener('DOMContentLoaded', resolve, { once: true }));
  // In a shadow root: no style of the page gets in, none of the chat's out.
  const host = document.createElement('div');
  host.id = 'threadhub-chat';
  host.style.setProperty('all', 'initial', 'important'); // whatever the page does with every div
  const shadow = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(styles);
  shadow.adoptedStyleSheets = [sheet];
  const place = document.createElement('div');
  place.className = 'place';
  place.lang = settings.locale;
  place.dataset['theme'] = settings.theme;
  place.dataset['side'] = settings.side;
  for (const [name, value] of Object.entries(palette(chat.state.config?.colour ?? ''))) place.style.setProperty(name, value);
  shadow.append(place);
  document.body.append(host);
  return place;
}

const script = document.currentScript as HTMLScriptElement | null;
if (script && !document.getElementById('threadhub-chat') && !('Threadhub' in window)) {
  const settings = readSettings(script);
  if (settings) begin(settings);
}
