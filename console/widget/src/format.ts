// Dates and sizes in the visitor's language.

export function clock(iso: string, locale: string): string {
  return new Date(iso).toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' });
}

/** The day as a key, by the visitor's own calendar. */
export const dayOf = (iso: string): string => new Date(iso).toDateString();

export function day(iso: string, locale: string, words: { today: string; yesterday: string }): string {
  const [then, now] = [new Date(iso), new Date()];
  if (then.toDateString() === now.toDateString()) return words.today;
  now.setDate(now.getDate() - 1);
  if (then.toDateString() === now.toDateString()) return words.yesterday;
  const year = then.getFullYear() === new Date().getFullYear() ? {} : ({ year: 'numeric' } as const);
  return then.toLocaleDateString(locale, { weekday: 'long', day: 'numeric', month: 'long', ...year });
}

export function bytes(n: number, locale: string): string {
  const steps = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  const step = Math.min(steps.length - 1, Math.floor(Math.log2(Math.max(1, n)) / 10));
  return (n / 1024 ** step).toLocaleString(locale, { style: 'unit', unit: steps[step] ?? 'byte', unitDisplay: 'short', maximumFractionDigits: n < 10 * 1024 ** step ? 1 : 0 });
}
