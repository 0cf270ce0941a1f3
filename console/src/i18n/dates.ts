// Times as people read them. The clock is the hub's as far as it is known: a
// countdown must not depend on the accuracy of the agent's machine.
import { computed, signal } from '@preact/signals';
import { locale, t } from './translate';

let skew = 0; // hub minus here, milliseconds

/** Learns the hub's clock from a response's Date header. */
export function learnClock(date: string | null): void {
  const at = date ? Date.parse(date) : NaN;
  if (Number.isNaN(at)) return;
  const difference = at - Date.now();
  // The header has whole seconds and the answer took its time.
  skew = Math.abs(difference) > 3000 ? difference : 0;
}

/** The hub's time now, in milliseconds since the epoch. */
export function hubTime(): number {
  return Date.now() + skew;
}

/** Ticks every second; what reads it is drawn again. */
export const second = signal(hubTime());
/** Ticks every half minute. */
export const halfMinute = computed(() => Math.floor(second.value / 30_000) * 30_000);

setInterval(() => {
  if (!document.hidden) second.value = hubTime();
}, 1000);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) second.value = hubTime();
});

const cache = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>();

function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `d${locale.value}${JSON.stringify(options)}`;
  let format = cache.get(key);
  if (!format) cache.set(key, (format = new Intl.DateTimeFormat(locale.value, options)));
  return format as Intl.DateTimeFormat;
}

function unit(amount: number, name: 'second' | 'minute' | 'hour' | 'day'): string {
  const key = `u${locale.value}${name}`;
  let format = cache.get(key);
  if (!format) cache.set(key, (format = new Intl.NumberFormat(locale.value, { style: 'unit', unit: name, unitDisplay: 'narrow' })));
  return (format as Intl.NumberFormat).format(amount);
}

/** "10:02" */
export function clockTime(iso: string): string {
  return dateFormat({ hour: '2-digit', minute: '2-digit' }).format(new Date(iso));
}

/** "12 March 2026, 10:02" */
export function fullTime(iso: string): string {
  return dateFormat({ dateStyle: 'long', timeStyle: 'medium' }).format(new Date(iso));
}

/** "12 Mar, 10:02", with the year when it is another one. */
export function shortTime(iso: string): string {
  const at = new Date(iso);
  const sameYear = at.getFullYear() === new Date(hubTime()).getFullYear();
  return dateFormat({ day: 'numeric', month: 'short', ...(sameYear ? {} : { year: 'numeric' }), hour: '2-digit', minute: '2-digit' }).format(at);
}

/** A key that is the same for times of one local day. */
export function dayKey(iso: string): string {
  const at = new Date(iso);
  return `${at.getFullYear()}-${at.getMonth()}-${at.getDate()}`;
}

/** "Today", "Yesterday", "Monday 9 March". */
export function dayName(iso: string): string {
  const now = new Date(second.peek());
  const at = new Date(iso);
  const start = (d: Date) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
  const days = Math.round((start(now) - start(at)) / 86_400_000);
  if (days === 0) return t('time.today');
  if (days === 1) return t('time.yesterday');
  const sameYear = at.getFullYear() === now.getFullYear();
  return dateFormat({ weekday: 'long', day: 'numeric', month: 'long', ...(sameYear ? {} : { year: 'numeric' }) }).format(at);
}

/** How long ago, in one unit: "now", "12m", "3h", "5d". */
export function ago(iso: string): string {
  const seconds = Math.max(0, (halfMinute.value + 30_000 - Date.parse(iso)) / 1000);
  if (seconds < 60) return t('time.now');
  if (seconds < 3600) return unit(Math.floor(seconds / 60), 'minute');
  if (seconds < 86_400) return unit(Math.floor(seconds / 3600), 'hour');
  return unit(Math.floor(seconds / 86_400), 'day');
}

/** A stretch of time in at most two units: "3d 4h", "21m", "9s". */
export function stretch(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  const days = Math.floor(s / 86_400);
  const hours = Math.floor((s % 86_400) / 3600);
  const minutes = Math.floor((s % 3600) / 60);
  const pair = (a: string, rest: number, b: string) => (rest > 0 ? `${a} ${b}` : a);
  if (days > 0) return pair(unit(days, 'day'), hours, unit(hours, 'hour'));
  if (hours > 0) return pair(unit(hours, 'hour'), minutes, unit(minutes, 'minute'));
  if (minutes >= 5) return unit(minutes, 'minute');
  if (minutes > 0) return pair(unit(minutes, 'minute'), s % 60, unit(s % 60, 'second'));
  return unit(s, 'second');
}

/** Seconds until a time, by the hub's clock; negative when it has passed. */
export function until(iso: string): number {
  const left = (Date.parse(iso) - second.peek()) / 1000;
  // What is far away need not be drawn again every second.
  if (left > 3600) void halfMinute.value;
  else void second.value;
  return left;
}

/** Seconds of a Go duration such as "96h" or "1h30m0s". */
export function goSeconds(duration: string): number {
  const factors: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 0.001, us: 1e-6, 'µs': 1e-6, ns: 1e-9 };
  let total = 0;
  for (const [, amount, name] of duration.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)) total += Number(amount) * (factors[name ?? ''] ?? 0);
  return total;
}
