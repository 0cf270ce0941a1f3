// Light, dark or as the system has it. theme.js sets the choice before the
// first paint.
import { signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';

const storageKey = 'threadhub.theme';
const stored = localStorage.getItem(storageKey);

/** The theme that was chosen. */
export const theme = signal<Theme>(stored === 'light' || stored === 'dark' ? stored : 'system');

/** Shows a theme and remembers it. */
export function chooseTheme(next: Theme): void {
  theme.value = next;
  if (next === 'system') {
    localStorage.removeItem(storageKey);
    delete document.documentElement.dataset['theme'];
  } else {
    localStorage.setItem(storageKey, next);
    document.documentElement.dataset['theme'] = next;
  }
}

// Another tab chose.
window.addEventListener('storage', (e) => {
  if (e.key === storageKey) chooseTheme(e.newValue === 'light' || e.newValue === 'dark' ? e.newValue : 'system');
});
