import '../parts/admin.css';
import './hours.css';
import { useState } from 'preact/hooks';
import { all, api, type Schema } from '../../api/client';
import { shortTime } from '../../i18n/dates';
import { t } from '../../i18n/translate';
import { Button } from '../../ui/Button';
import { Chip } from '../../ui/Chip';
import { usePages } from '../parts/load';
import { Records } from '../parts/Records';
import { Removal } from '../parts/Removal';
import { ScheduleForm } from './ScheduleForm';
import { days, weekLines } from './week';

type Schedule = Schema['Schedule'];

/** Business hours, which styles, rules and queues may go by. */
export default function Schedules() {
  const schedules = usePages(async () => ({ data: await all((cursor) => api.get('/v1/schedules', { query: { limit: 200, ...(cursor ? { cursor } : {}) } })), next_cursor: null }));
  const [edited, setEdited] = useState<{ schedule?: Schedule }>();
  const [removed, setRemoved] = useState<Schedule>();
  return (
    <>
      <Records
        of={schedules}
        intro={t('admin.hours.intro')}
        add={{ label: t('admin.hours.add'), run: () => setEdited({}) }}
        none={{ icon: 'clock', title: t('admin.hours.none'), text: t('admin.hours.intro') }}
        line={(s) => (
          <div class="line">
            <span class="line-main">
              <strong dir="auto">{s.name}</strong>
              <small>{s.zone}</small>
              <small>{summary(s)}</small>
              {s.holidays.length > 0 && <small>{t('admin.hours.holidayCount', { count: s.holidays.length })}</small>}
            </span>
            <State schedule={s} />
            <span class="line-actions">
              <Button size="small" kind="quiet" icon="edit" aria-label={t('admin.edit', { name: s.name })} onClick={() => setEdited({ schedule: s })} />
              <Button size="small" kind="quiet" icon="trash" aria-label={t('admin.remove', { name: s.name })} onClick={() => setRemoved(s)} />
            </span>
          </div>
        )}
      />
      {edited && <ScheduleForm {...edited} onClose={() => setEdited(undefined)} onSaved={schedules.reload} />}
      {removed && (
        <Removal
          name={removed.name}
          onClose={() => setRemoved(undefined)}
          run={async () => {
            await api.delete('/v1/schedules/{schedule_id}', { path: { schedule_id: removed.id } });
            schedules.reload();
          }}
        >
          {t('admin.hours.removeText')}
        </Removal>
      )}
    </>
  );
}

function State({ schedule: s }: { schedule: Schedule }) {
  if (s.open === null) return <Chip icon="question">{t('admin.hours.unknown')}</Chip>;
  if (s.open) return <Chip tone="ok" icon="check">{t('admin.hours.open')}</Chip>;
  return <Chip icon="clock">{s.next_open_at ? t('admin.hours.opens', { time: shortTime(s.next_open_at) }) : t('admin.hours.closed')}</Chip>;
}

/** The week on one line; days with the same hours together. */
function summary(s: Schedule): string {
  const lines = weekLines(s.intervals);
  const runs: { from: string; to: string; hours: string }[] = [];
  for (const day of days) {
    const last = runs.at(-1);
    if (last && last.hours === lines[day]) last.to = day;
    else runs.push({ from: day, to: day, hours: lines[day] });
  }
  const name = (day: string) => t(`admin.hours.short.${day as (typeof days)[number]}`);
  return runs
    .filter((r) => r.hours)
    .map((r) => `${r.from === r.to ? name(r.from) : `${name(r.from)}–${name(r.to)}`} ${r.hours}`)
    .join(' · ') || t('admin.hours.never');
}
