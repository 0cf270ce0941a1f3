import './health.css';
import type { ComponentChildren } from 'preact';
import { t } from '../../i18n/translate';
import { Icon, type IconName } from '../../ui/Icon';

export type Verdict = 'ok' | 'warn' | 'bad' | 'unknown';

/** One thing that is looked at. */
export interface Check {
  id: string;
  verdict: Verdict;
  title: string;
  /** What was found. */
  found: string;
  /** What it means. */
  means: string;
  /** What to do, where there is something to do. */
  todo?: ComponentChildren;
}

const icons: Record<Verdict, IconName> = { ok: 'check', warn: 'warning', bad: 'warning', unknown: 'question' };
const order: readonly Verdict[] = ['bad', 'warn', 'unknown', 'ok'];

/** The worst of some checks. */
export function worst(checks: readonly Check[]): Verdict {
  return order.find((v) => checks.some((c) => c.verdict === v)) ?? 'ok';
}

/** Checks with what each found, what that means and what to do. */
export function Checks({ label, checks }: { label: string; checks: readonly Check[] }) {
  return (
    <ul class="checks" aria-label={label}>
      {checks.map((c) => (
        <li key={c.id} class={`check-line check-${c.verdict}`} data-check={c.id}>
          <span class="check-icon">
            <Icon name={icons[c.verdict]} size={18} label={t(`health.verdict.${c.verdict}`)} />
          </span>
          <div class="check-text">
            <p class="check-title">
              <strong>{c.title}</strong>
              <span dir="auto">{c.found}</span>
            </p>
            <p class="quiet">{c.means}</p>
            {c.todo && <div class="check-todo">{c.todo}</div>}
          </div>
        </li>
      ))}
    </ul>
  );
}
