// Charts out of SVG and CSS. What they show stands in a table or a text as well.
import { locale, number, t } from '../../i18n/translate';

interface BarsProps {
  label: string;
  bars: readonly { name: string; value: number | null }[];
  show(n: number): string;
}

/** Horizontal bars with their names and values in words. */
export function Bars({ label, bars, show }: BarsProps) {
  const most = Math.max(...bars.map((b) => b.value ?? 0), 0);
  return (
    <figure class="chart">
      <figcaption>{label}</figcaption>
      <ul>
        {bars.map((b, i) => (
          <li key={i}>
            <span class="chart-name one-line" dir="auto" title={b.name}>
              {b.name}
            </span>
            <span class="chart-value">{b.value === null ? '–' : show(b.value)}</span>
            <svg class="chart-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
              <rect class="chart-track" width="100" height="8" rx="2" />
              <rect class="chart-fill" width={most > 0 ? (100 * (b.value ?? 0)) / most : 0} height="8" rx="2" />
            </svg>
          </li>
        ))}
      </ul>
    </figure>
  );
}

const height = 120;

/** A column for each day. */
export function Days({ label, days }: { label: string; days: readonly { day: string; value: number }[] }) {
  const most = Math.max(...days.map((d) => d.value), 1);
  const format = new Intl.DateTimeFormat(locale.value, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  const name = (day: string) => (day ? format.format(new Date(`${day}T00:00:00Z`)) : '');
  const step = 100 / Math.max(days.length, 1);
  const first = days[0];
  const last = days[days.length - 1];
  return (
    <figure class="days">
      <svg viewBox={`0 0 100 ${height}`} preserveAspectRatio="none" role="img" aria-label={`${label}: ${days.filter((d) => d.value > 0).map((d) => `${name(d.day)} ${number(d.value)}`).join(', ')}`}>
        {days.map((d, i) => (
          <rect key={d.day} class="days-bar" x={i * step + step * 0.12} width={step * 0.76} y={height - (d.value / most) * height} height={(d.value / most) * height}>
            <title>{`${name(d.day)}: ${number(d.value)}`}</title>
          </rect>
        ))}
      </svg>
      <p class="days-scale" aria-hidden="true">
        <span>{first && name(first.day)}</span>
        <span>{t('admin.report.most', { count: most })}</span>
        <span>{last && name(last.day)}</span>
      </p>
    </figure>
  );
}
