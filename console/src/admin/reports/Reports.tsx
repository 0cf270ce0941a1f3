import '../parts/admin.css';
import './reports.css';
import { useState } from 'preact/hooks';
import { api, type Schema } from '../../api/client';
import { hubTime, stretch } from '../../i18n/dates';
import { number, t } from '../../i18n/translate';
import { go } from '../../router/router';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { Select } from '../../ui/Field';
import { Icon } from '../../ui/Icon';
import { Show, useLoad } from '../parts/load';
import { Section } from '../parts/Section';
import { Bars, Days } from './charts';

type Figures = Schema['ReportFigures'];
type Dimension = 'style' | 'channel' | 'agent' | 'group';
const dimensions: readonly Dimension[] = ['style', 'channel', 'agent', 'group'];
const ranges = [7, 30, 90] as const;

interface Measure {
  name: 'conversations' | 'firstReply' | 'resolution' | 'reopenRate' | 'oneTouch' | 'perReturning';
  value(f: Figures): number | null;
  show(n: number): string;
}

const percent = (n: number) => `${number(Math.round(n * 100))} %`;
const measures: readonly Measure[] = [
  { name: 'conversations', value: (f) => f.conversations, show: number },
  { name: 'firstReply', value: (f) => f.elapsed.first_reply_seconds.p50, show: stretch },
  { name: 'resolution', value: (f) => f.elapsed.full_resolution_seconds.p50, show: stretch },
  { name: 'reopenRate', value: (f) => f.reopen_rate, show: percent },
  { name: 'oneTouch', value: (f) => f.one_touch_rate, show: percent },
  { name: 'perReturning', value: (f) => f.conversations_per_returning_customer, show: (n) => number(Math.round(n * 10) / 10) },
];

function rowName(row: Schema['ReportRow'], by: Dimension): string {
  switch (by) {
    case 'style':
      return row.style ? t(`style.${row.style}`) : t('admin.none');
    case 'channel':
      return row.channel_name ?? row.channel_id ?? t('admin.none');
    case 'agent':
      return row.agent_name ?? row.agent_id ?? t('thread.nobody');
    case 'group':
      return row.group_name ?? row.group_id ?? t('thread.noGroup');
  }
}

/** Figures of a period, compared by style, channel, agent or group. */
export default function Reports() {
  const [days, setDays] = useState<number>(30);
  const [by, setBy] = useState<Dimension>('style');
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const from = new Date(hubTime() - (days - 1) * 86_400_000).toLocaleDateString('sv-SE');
  const report = useLoad(async () => {
    const [rows, daily] = await Promise.all([
      api.get('/v1/reports/conversations', { query: { from, zone, group_by: [by] } }),
      api.get('/v1/reports/conversations', { query: { from, zone, group_by: ['day'] } }),
    ]);
    return { by, rows: rows.rows, total: rows.total, daily: daily.rows };
  }, [days, by]);
  const csv = `/v1/reports/conversations?${new URLSearchParams({ from, zone, group_by: by, format: 'csv' }).toString()}`;
  return (
    <div class="admin-stack">
      <div class="admin-bar">
        <div class="report-filters">
          <Select label={t('admin.report.period')} value={String(days)} onChange={(e) => setDays(Number(e.currentTarget.value))}>
            {ranges.map((n) => (
              <option key={n} value={n}>
                {t('admin.report.days', { count: n })}
              </option>
            ))}
          </Select>
          <Select label={t('admin.report.compare')} value={by} onChange={(e) => setBy(e.currentTarget.value as Dimension)}>
            {dimensions.map((d) => (
              <option key={d} value={d}>
                {t(`admin.report.by.${d}`)}
              </option>
            ))}
          </Select>
        </div>
        <a class="button button-plain button-normal" href={csv} download="conversations.csv">
          <Icon name="download" />
          <span>{t('admin.report.csv')}</span>
        </a>
      </div>
      <Show of={report}>
        {({ by: shown, rows, total, daily }) =>
          total.conversations === 0 ? (
            <Empty icon="chart" title={t('admin.report.none')} actions={<Button onClick={() => go('/admin/channels')}>{t('channels.title')}</Button>}>
              <p>{t('admin.report.noneText')}</p>
            </Empty>
          ) : (
            <>
              <ul class="figures">
                {measures.map((m) => {
                  const value = m.value(total);
                  return (
                    <li key={m.name}>
                      <span>{t(`admin.report.measure.${m.name}`)}</span>
                      <strong>{value === null ? '–' : m.show(value)}</strong>
                    </li>
                  );
                })}
              </ul>
              <Section title={t('admin.report.perDay')}>
                <Days label={t('admin.report.perDay')} days={daily.map((row) => ({ day: row.day ?? '', value: row.figures.conversations }))} />
              </Section>
              <Section title={t(`admin.report.by.${shown}`)} hint={t('admin.report.hint')}>
                <div class="charts">
                  {measures.map((m) => (
                    <Bars key={m.name} label={t(`admin.report.measure.${m.name}`)} bars={rows.map((row) => ({ name: rowName(row, shown), value: m.value(row.figures) }))} show={m.show} />
                  ))}
                </div>
                <Table rows={rows} by={shown} total={total} />
              </Section>
            </>
          )
        }
      </Show>
    </div>
  );
}

function Table({ rows, by, total }: { rows: readonly Schema['ReportRow'][]; by: Dimension; total: Figures }) {
  const cells = (f: Figures) =>
    measures.map((m) => {
      const value = m.value(f);
      return <td key={m.name}>{value === null ? '–' : m.show(value)}</td>;
    });
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label={t('admin.report.table')}>
      <table class="table">
        <caption class="hidden">{t('admin.report.table')}</caption>
        <thead>
          <tr>
            <th scope="col">{t(`admin.report.by.${by}`)}</th>
            {measures.map((m) => (
              <th key={m.name} scope="col">
                {t(`admin.report.measure.${m.name}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>
              <th scope="row" dir="auto">
                {rowName(row, by)}
              </th>
              {cells(row.figures)}
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{t('admin.report.total')}</th>
            {cells(total)}
          </tr>
        </tfoot>
      </table>
    </div>
  );
}
