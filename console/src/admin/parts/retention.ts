// For how long things are kept, in days as people say it and as the API writes it.
import type { Schema } from '../../api/client';
import { goSeconds } from '../../i18n/dates';

/** What is kept for a time of its own, by the names of the API's fields. */
export const kinds = ['conversations', 'styles.live_chat', 'styles.live_chat_returning', 'styles.social_messaging', 'payloads', 'event_log', 'quarantine', 'dead_letters'] as const;
export type Kind = (typeof kinds)[number];

/** What is said of one kind: a number of days, for ever, or nothing here. */
export interface Line {
  kind: Kind;
  mode: 'otherwise' | 'days' | 'forever';
  /** As it is written in the field. */
  days: string;
}

const day = 86_400; // seconds

/** What was said of a kind. */
export function lineOf(value: Schema['Retention'], kind: Kind): Line {
  const kept = keptFor(value, kind);
  if (kept === null) return { kind, mode: 'otherwise', days: '' };
  if (kept === 'forever') return { kind, mode: 'forever', days: '' };
  return { kind, mode: 'days', days: String(Number((goSeconds(kept) / day).toFixed(4))) };
}

function keptFor(value: Schema['Retention'], kind: Kind): string | null {
  const style = styleOf(kind);
  return (style ? value.styles[style] : value[kind as keyof Omit<Schema['Retention'], 'styles'>]) ?? null;
}

function styleOf(kind: Kind): Schema['StyleName'] | undefined {
  return kind.startsWith('styles.') ? (kind.slice('styles.'.length) as Schema['StyleName']) : undefined;
}

/** The lines that say something else than the value does, as a change of it. */
export function changeOf(value: Schema['Retention'], lines: readonly Line[]): Schema['RetentionChange'] {
  const change: Record<string, string | null> = {};
  const styles: Schema['RetentionStyles'] = {};
  for (const line of lines) {
    const before = lineOf(value, line.kind);
    if (line.mode === before.mode && (line.mode !== 'days' || line.days === before.days)) continue;
    const kept = line.mode === 'otherwise' ? null : line.mode === 'forever' ? 'forever' : `${Math.round((Number(line.days) * day) / 60)}m`;
    const style = styleOf(line.kind);
    if (style) styles[style] = kept;
    else change[line.kind] = kept;
  }
  return { ...change, ...(Object.keys(styles).length > 0 ? { styles } : {}) };
}
