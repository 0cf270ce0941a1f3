import { useId, useState } from 'preact/hooks';
import { api, type Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { Button } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { FormDialog } from '../parts/FormDialog';
import type { FieldErrors } from '../parts/problems';
import { days, hourLine, readHours, weekLines, zones } from './week';

type Schedule = Schema['Schedule'];

interface Holiday {
  key: number;
  date: string;
  name: string;
  hours: string;
}

interface Props {
  schedule?: Schedule;
  onClose(): void;
  onSaved(): void;
}

const office = 'monday tuesday wednesday thursday friday'.split(' ').map((day) => ({ day, from: '09:00', to: '18:00' })) as Schema['ScheduleWeekInterval'][];

/** Edits the hours of a week, and the days that are different. */
export function ScheduleForm({ schedule, onClose, onSaved }: Props) {
  const list = useId();
  const [name, setName] = useState(schedule?.name ?? '');
  const [zone, setZone] = useState(schedule?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [week, setWeek] = useState(() => weekLines(schedule?.intervals ?? office));
  const [holidays, setHolidays] = useState<Holiday[]>(() => (schedule?.holidays ?? []).map((h, key) => ({ key, date: h.date, name: h.name ?? '', hours: hourLine(h.intervals ?? []) })));
  const wrong = (line: string) => (readHours(line) ? undefined : t('admin.hours.wrong'));
  const unreadable = [...Object.values(week), ...holidays.map((h) => h.hours)].some((line) => readHours(line) === null);
  const submit = async () => {
    const body = {
      name: name.trim(),
      zone: zone.trim(),
      intervals: days.flatMap((day) => (readHours(week[day]) ?? []).map((i) => ({ day, ...i }))),
      holidays: holidays.map((h) => ({ date: h.date, ...(h.name.trim() ? { name: h.name.trim() } : {}), ...(h.hours.trim() ? { intervals: readHours(h.hours) ?? [] } : {}) })),
    };
    if (schedule) await api.patch('/v1/schedules/{schedule_id}', { path: { schedule_id: schedule.id }, body: { ...body, version: schedule.version } });
    else await api.post('/v1/schedules', { body });
    onSaved();
  };
  const edit = (key: number, part: Partial<Holiday>) => setHolidays(holidays.map((h) => (h.key === key ? { ...h, ...part } : h)));
  return (
    <FormDialog wide title={schedule ? t('admin.edit', { name: schedule.name }) : t('admin.hours.add')} submit={submit} onClose={onClose} disabled={unreadable}>
      {(errors) => (
        <>
          <div class="admin-columns">
            <Field label={t('admin.name')} name="name" required maxLength={200} dir="auto" value={name} error={errors['name']} onInput={(e) => setName(e.currentTarget.value)} />
            <Field label={t('admin.hours.zone')} hint={t('admin.hours.zoneHint')} name="zone" required list={list} value={zone} error={errors['zone']} onInput={(e) => setZone(e.currentTarget.value)} />
            <datalist id={list}>
              {zones().map((z) => (
                <option key={z} value={z} />
              ))}
            </datalist>
          </div>
          <fieldset class="hours">
            <legend class="field-label">{t('admin.hours.week')}</legend>
            <p class="field-hint">{t('admin.hours.weekHint')}</p>
            {days.map((day) => (
              <Field
                key={day}
                label={t(`admin.hours.day.${day}`)}
                name={day}
                placeholder={t('admin.hours.closed')}
                value={week[day]}
                error={wrong(week[day])}
                onInput={(e) => setWeek({ ...week, [day]: e.currentTarget.value })}
              />
            ))}
          </fieldset>
          <fieldset class="hours-special">
            <legend class="field-label">{t('admin.hours.holidays')}</legend>
            <p class="field-hint">{t('admin.hours.holidaysHint')}</p>
            {holidays.map((h) => (
              <div key={h.key} class="hours-holiday">
                <Field label={t('admin.hours.date')} type="date" required value={h.date} onInput={(e) => edit(h.key, { date: e.currentTarget.value })} />
                <Field label={t('admin.name')} maxLength={200} dir="auto" value={h.name} onInput={(e) => edit(h.key, { name: e.currentTarget.value })} />
                <Field label={t('admin.hours.hours')} placeholder={t('admin.hours.closed')} value={h.hours} error={wrong(h.hours)} onInput={(e) => edit(h.key, { hours: e.currentTarget.value })} />
                <Button kind="quiet" icon="trash" aria-label={t('admin.remove', { name: h.name || h.date || t('admin.hours.date') })} onClick={() => setHolidays(holidays.filter((other) => other !== h))} />
              </div>
            ))}
            <p>
              <Button icon="plus" onClick={() => setHolidays([...holidays, { key: Math.max(0, ...holidays.map((h) => h.key)) + 1, date: '', name: '', hours: '' }])}>
                {t('admin.hours.addHoliday')}
              </Button>
            </p>
          </fieldset>
          <Wrongs errors={errors} />
        </>
      )}
    </FormDialog>
  );
}

/** What the hub refuses of the hours. */
function Wrongs({ errors }: { errors: FieldErrors }) {
  const found = Object.entries(errors).filter(([field]) => field.startsWith('intervals') || field.startsWith('holidays'));
  if (found.length === 0) return null;
  return (
    <ul class="wrongs">
      {found.map(([field, message]) => (
        <li key={field}>{message}</li>
      ))}
    </ul>
  );
}
