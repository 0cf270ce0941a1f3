// Views that the user made of filters; kept in this browser.
import { signal } from '@preact/signals';
import { writeFilter, type Filter } from '../store/query';

export interface SavedView {
  name: string;
  view: string;
  query: string;
}

const storageKey = 'threadhub.views';

function stored(): SavedView[] {
  try {
    const list = JSON.parse(localStorage.getItem(storageKey) ?? '[]') as SavedView[];
    return Array.isArray(list) ? list.filter((v) => typeof v.name === 'string' && typeof v.view === 'string') : [];
  } catch {
    return [];
  }
}

export const savedViews = signal<readonly SavedView[]>(stored());

function keep(list: readonly SavedView[]): void {
  savedViews.value = list;
  localStorage.setItem(storageKey, JSON.stringify(list));
}

/** Keeps a filter under a name, in place of an older one of that name. */
export function saveView(name: string, view: string, filter: Filter): void {
  keep([...savedViews.peek().filter((v) => v.name !== name), { name, view, query: writeFilter(filter).toString() }]);
}

/** Forgets a view. */
export function forgetView(name: string): void {
  keep(savedViews.peek().filter((v) => v.name !== name));
}

window.addEventListener('storage', (e) => {
  if (e.key === storageKey) savedViews.value = stored();
});
