// Keys that work wherever no text is being written. Views add theirs while
// they are shown.
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Key } from '../i18n/translate';

/** A key, and what it does. */
export interface Shortcut {
  /** As KeyboardEvent.key has it, after its modifiers: "j", "Shift+E", "Ctrl+Enter". */
  keys: string;
  /** What the sheet says. */
  does: Key;
  /** Also works while writing. */
  inText?: boolean;
  /** Answers false to leave the key to the browser. */
  run(): boolean | void;
}

const storageKey = 'threadhub.singleKeys';

/** Whether keys without Ctrl do anything: some people's tools send them by themselves. */
export const singleKeys = signal(localStorage.getItem(storageKey) !== 'off');

/** Switches keys without Ctrl on or off, and remembers it. */
export function switchSingleKeys(on: boolean): void {
  singleKeys.value = on;
  localStorage.setItem(storageKey, on ? 'on' : 'off');
}

/** Whether the sheet of shortcuts is open. */
export const showShortcuts = signal(false);

/** The shortcuts of what is shown, for the sheet. */
export const shortcuts = signal<readonly Shortcut[]>([]);

const layers: { current: readonly Shortcut[] }[] = [];

/** Makes keys work while the component is shown. */
export function useShortcuts(list: readonly Shortcut[]): void {
  const layer = useRef(list);
  layer.current = list;
  useEffect(() => {
    layers.push(layer);
    shortcuts.value = layers.flatMap((l) => l.current);
    return () => {
      layers.splice(layers.indexOf(layer), 1);
      shortcuts.value = layers.flatMap((l) => l.current);
    };
  }, []);
}

function writing(target: EventTarget | null): boolean {
  const el = target as HTMLElement | null;
  if (!el?.closest) return false;
  return el.isContentEditable || el.closest('textarea, select') !== null || (el instanceof HTMLInputElement && !['checkbox', 'radio', 'button'].includes(el.type));
}

function pressed(e: KeyboardEvent): string {
  const mods = (e.ctrlKey || e.metaKey ? 'Ctrl+' : '') + (e.altKey ? 'Alt+' : '');
  const key = e.key.length === 1 ? e.key.toLowerCase() : e.key;
  const shifted = e.shiftKey && (e.key.length > 1 || /\p{L}/u.test(e.key)) ? 'Shift+' : '';
  return mods + shifted + (shifted && key.length === 1 ? key.toUpperCase() : key);
}

document.addEventListener('keydown', (e) => {
  if (e.defaultPrevented || e.isComposing || e.altKey || document.querySelector('dialog[open], .menu:popover-open')) return;
  const keys = pressed(e);
  const inText = writing(e.target);
  const single = !keys.startsWith('Ctrl+') && keys.length < 8 && !['Escape', 'Enter'].includes(keys);
  if (single && !singleKeys.value) return;
  for (const layer of layers.toReversed()) {
    const shortcut = layer.current.find((s) => s.keys === keys && (!inText || s.inText));
    if (shortcut && shortcut.run() !== false) {
      e.preventDefault();
      return;
    }
  }
});

/** How keys are shown: "⌘" in place of "Ctrl" on a Mac. */
export function keyNames(keys: string): string[] {
  const mac = /Mac|iPhone|iPad/.test(navigator.userAgent);
  return keys.split('+').map((k) => (k === 'Ctrl' && mac ? '⌘' : k.length === 1 ? k.toUpperCase() : k === 'Enter' ? '⏎' : k === 'Escape' ? 'Esc' : k));
}
