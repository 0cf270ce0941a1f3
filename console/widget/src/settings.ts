// What the page says of the chat: attributes of the script's tag, and
// window.threadhubSettings for what needs code.
import type { Identity, Storage } from '../../../sdk/src/webchat';
import { memory } from '../../../sdk/src/webchat';
import { en, type Words } from './en';
import { pt } from './pt';

export interface Settings {
  hub: string;
  channel: string;
  title: string;
  side: 'left' | 'right';
  theme: 'auto' | 'light' | 'dark';
  locale: string;
  name?: string;
  open: boolean;
  identity?: () => Identity | null | Promise<Identity | null>;
}

/** What a page may set before the script runs. */
type Given = Partial<Pick<Settings, 'title' | 'side' | 'theme' | 'locale' | 'name' | 'open' | 'identity'>>;

/** Reads the script's tag; null when it names no channel. */
export function readSettings(script: HTMLScriptElement): Settings | null {
  const data = script.dataset;
  const channel = data['channel'];
  if (!channel) {
    console.warn('Threadhub: the script needs data-channel, the id of a web chat channel');
    return null;
  }
  const given = (window as { threadhubSettings?: Given }).threadhubSettings ?? {};
  const pick = <T extends string>(value: string | undefined, allowed: readonly T[]): T => allowed.find((a) => a === value) ?? (allowed[0] as T);
  const locale = given.locale || data['locale'] || navigator.language || 'en';
  return {
    hub: script.src.replace(/\/widget\.js(?:[?#].*)?$/, ''),
    channel,
    title: given.title || data['title'] || wordsOf(locale).title,
    side: pick(given.side ?? data['side'], ['right', 'left']),
    theme: pick(given.theme ?? data['theme'], ['auto', 'light', 'dark']),
    locale: /^[A-Za-z0-9-]{1,35}$/.test(locale) ? locale : 'en',
    open: given.open ?? 'open' in data,
    ...(given.name ? { name: given.name } : {}),
    ...(given.identity ? { identity: given.identity } : {}),
  };
}

export const wordsOf = (locale: string): Words => (/^pt\b/i.test(locale) ? pt : en);

/** The browser's storage; memory where pages may not keep anything. */
export function browserStorage(): Storage {
  try {
    const kept = window.localStorage;
    kept.getItem('threadhub');
    return { get: (key) => kept.getItem(key), set: (key, value) => kept.setItem(key, value), remove: (key) => kept.removeItem(key) };
  } catch {
    return memory();
  }
}
