// The address bar. Every place in the console has an address of its own, so
// that reloading, sharing and the back button work.
import { computed, signal } from '@preact/signals';

export const base = '/console';

/** Where the user is: a path below the console, and its query. */
export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

function read(): Place {
  const path = window.location.pathname.slice(base.length).replace(/\/+$/, '');
  return { path: path === '' ? '/' : path, query: new URLSearchParams(window.location.search) };
}

const current = signal<Place>(read());

/** The place shown; changes as the user moves. */
export const place = computed(() => current.value);

window.addEventListener('popstate', () => {
  current.value = read();
});

/** The address of a place, for links. */
export function href(path: string, query?: URLSearchParams): string {
  const search = query?.toString();
  return base + path + (search ? `?${search}` : '');
}

/** Goes to a place. Replacing leaves no step for the back button. */
export function go(path: string, query?: URLSearchParams, options: { replace?: boolean } = {}): void {
  const address = href(path, query);
  if (address === window.location.pathname + window.location.search) return;
  if (options.replace) window.history.replaceState(null, '', address);
  else window.history.pushState(null, '', address);
  current.value = read();
}

/** Follows a click on a link of the console, unless the user wants a new tab. */
export function follow(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const anchor = (event.currentTarget as Element).closest('a');
  if (!anchor || anchor.origin !== window.location.origin || !anchor.pathname.startsWith(`${base}/`)) return;
  event.preventDefault();
  go(anchor.pathname.slice(base.length), new URLSearchParams(anchor.search));
}

/**
 * Reads a path by a pattern such as "/inbox/:view/:id?"; null when it is
 * another one. An optional part that is missing is "".
 */
export function match(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split('/').filter(Boolean);
  const given = path.split('/').filter(Boolean);
  if (given.length > wanted.length) return null;
  const values: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    const value = given[i];
    if (part.startsWith(':')) {
      const optional = part.endsWith('?');
      if (value === undefined && !optional) return null;
      values[part.slice(1, optional ? -1 : undefined)] = value === undefined ? '' : decodeURIComponent(value);
    } else if (value !== part) {
      return null;
    }
  }
  return values;
}
