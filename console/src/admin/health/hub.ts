// How the hub itself does, by what it shows to whoever runs it.
import { refusal, Unreachable, type Schema } from '../../api/client';
import { number, t } from '../../i18n/translate';
import { stretch } from '../../i18n/dates';
import type { Check } from './Checks';

export interface HubHealth {
  components: Schema['Readiness']['components'];
  /** Gauges by name; what is missing is not known here. */
  gauges: ReadonlyMap<string, number>;
}

/** Gauges without labels, out of Prometheus' text format. */
function gauges(text: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const [, name, value] of text.matchAll(/^(threadhub_\w+) (\S+)$/gm)) if (name && value) found.set(name, Number(value));
  return found;
}

/** Asks the hub how it does. */
export async function readHub(): Promise<HubHealth> {
  const [ready, metrics] = await Promise.all([fetch('/readyz'), fetch('/metrics')]).catch((error: unknown) => {
    throw new Unreachable(error);
  });
  // 503 tells which part is away, in the same form.
  if (!ready.ok && ready.status !== 503) throw await refusal(ready);
  const { components } = (await ready.json()) as Schema['Readiness'];
  return { components, gauges: metrics.ok ? gauges(await metrics.text()) : new Map() };
}

// From these on somebody should look; the alerts in deploy/ have the same.
const lateWebhook = 60; // seconds
const lateMessage = 300; // seconds
const littleRoom = 2e9; // bytes

/** What is looked at of the hub itself. */
export function hubChecks({ components, gauges: g }: HubHealth): Check[] {
  const checks: Check[] = components.map((c) => ({
    id: c.name,
    verdict: c.ok ? 'ok' : 'bad',
    title: c.name === 'store' ? t('health.store') : c.name === 'queue' ? t('health.queue') : c.name,
    found: c.detail ?? t(c.ok ? 'health.reached' : 'health.away'),
    means: t(c.ok ? (c.name === 'store' ? 'health.storeText' : 'health.queueText') : 'health.awayText'),
  }));
  const pending = g.get('threadhub_journal_pending');
  const age = g.get('threadhub_journal_age_seconds');
  if (pending !== undefined && age !== undefined) {
    const late = age > lateWebhook;
    checks.push({
      id: 'journal',
      verdict: late ? 'bad' : age > 5 ? 'warn' : 'ok',
      title: t('health.worked'),
      found: pending === 0 ? t('health.workedNone') : t('health.workedWait', { count: pending, time: stretch(age) }),
      means: t(late ? 'health.journalLate' : 'health.workedText'),
    });
  }
  const overdue = g.get('threadhub_outbox_overdue_seconds');
  if (overdue !== undefined) {
    const late = overdue > lateMessage;
    checks.push({
      id: 'outbox',
      verdict: late ? 'bad' : overdue > 30 ? 'warn' : 'ok',
      title: t('health.outbox'),
      found: overdue < 1 ? t('health.outboxNone') : t('health.outboxLate', { time: stretch(overdue) }),
      means: t(late ? 'health.outboxLateText' : 'health.outboxText'),
    });
  }
  const free = g.get('threadhub_data_dir_free_bytes');
  if (free !== undefined) {
    checks.push({
      id: 'disk',
      verdict: free < littleRoom ? 'bad' : 'ok',
      title: t('health.disk'),
      found: t('health.diskFree', { gb: number(Math.floor(free / 1e8) / 10) }),
      means: t(free < littleRoom ? 'health.diskLittle' : 'health.diskText'),
    });
  }
  return checks;
}
