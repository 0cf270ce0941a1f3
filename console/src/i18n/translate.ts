// Words of the console. English is in the first load and the fallback; other
// languages are loaded when they are chosen.
import { signal } from '@preact/signals';
import en from './en.json';

/** A message of the catalogue. */
export type Key = keyof typeof en;

/** A text, or one for each plural category of Intl.PluralRules. */
type Entry = string | Partial<Record<Intl.LDMLPluralRule, string>>;
type Catalogue = Record<Key, Entry>;

const languages = { en: 'English', pt: 'Português' } as const;
export type Language = keyof typeof languages;
export const languageNames: Readonly<Record<Language, string>> = languages;

const storageKey = 'threadhub.language';

function preferred(): Language {
  const wanted = [localStorage.getItem(storageKey) ?? '', ...navigator.languages];
  for (const tag of wanted) {
    const base = tag.split('-')[0];
    if (base && base in languages) return base as Language;
  }
  return 'en';
}

/** The language shown. */
export const language = signal<Language>('en');

/** The locale for dates and numbers: the browser's own variant of the language. */
export const locale = signal('en');

const catalogue = signal<Catalogue>(en);

/** Shows another language from now on. */
export async function speak(next: Language): Promise<void> {
  catalogue.value = next === 'pt' ? ((await import('./pt.json')).default satisfies Catalogue) : en;
  language.value = next;
  locale.value = navigator.languages.find((tag) => tag.split('-')[0] === next) ?? (next === 'pt' ? 'pt-BR' : 'en-GB');
  document.documentElement.lang = next;
}

/** Shows another language and remembers the choice. */
export async function chooseLanguage(next: Language): Promise<void> {
  await speak(next);
  localStorage.setItem(storageKey, next);
}

/** Shows the language that the user or their browser asks for. */
export function startLanguage(): Promise<void> {
  return speak(preferred());
}

let rules: { tag: string; plural: Intl.PluralRules; number: Intl.NumberFormat } | undefined;

function ruled(): { plural: Intl.PluralRules; number: Intl.NumberFormat } {
  const tag = locale.value;
  if (rules?.tag !== tag) rules = { tag, plural: new Intl.PluralRules(tag), number: new Intl.NumberFormat(tag) };
  return rules;
}

/** A number as the locale writes it. */
export function number(n: number): string {
  return ruled().number.format(n);
}

/**
 * The text of a message. `{name}` is replaced by the value of that name;
 * `count` also chooses the plural form.
 */
export function t(key: Key, values: Readonly<Record<string, string | number>> = {}): string {
  const entry: Entry = catalogue.value[key] ?? en[key];
  const text = typeof entry === 'string' ? entry : plural(entry, Number(values['count'] ?? 0));
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === 'number' ? number(value) : value;
  });
}

function plural(forms: Exclude<Entry, string>, count: number): string {
  return forms[ruled().plural.select(count)] ?? forms.other ?? '';
}

/** Tells whether the catalogue has such a message, for keys made of codes. */
export function isKey(key: string): key is Key {
  return key in en;
}
