import { useId } from 'preact/hooks';
import type { Schema } from '../../api/client';
import { goSeconds, hubTime, shortTime, stretch } from '../../i18n/dates';
import { t } from '../../i18n/translate';
import { Field, Select } from '../../ui/Field';
import type { FieldErrors } from './problems';

export type StyleDraft = Schema['StyleDraft'];
const names: readonly Schema['StyleName'][] = ['live_chat', 'live_chat_returning', 'social_messaging'];

interface Props {
  value: StyleDraft;
  schedules: readonly Schema['Schedule'][];
  errors?: FieldErrors;
  /** The hub's own styles: what applies where the draft leaves something out. */
  usual?: readonly Schema['Style'][] | undefined;
  /** Only these; all three without it. */
  only?: Schema['StyleName'];
  onChange(next: StyleDraft): void;
}

/** A style as it was read, as a draft: the hub's own values are left out of an answer, and so of a draft. */
export function styleDraft(style: Schema['Style']): StyleDraft {
  const { rule_id: _, ...rest } = style;
  if (rest.name === 'live_chat') {
    const { close_after: _closes, clock: _clock, schedule_id: _schedule, ...live } = rest;
    return live;
  }
  return rest;
}

/** Edits a style, and shows what would happen to a conversation that is solved now. */
export function StyleForm({ value, schedules, errors = {}, usual, only, onChange }: Props) {
  const group = useId();
  const after = value.close_after ?? usual?.find((s) => s.name === value.name)?.close_after ?? '';
  const timed = value.name !== 'live_chat';
  const choose = (name: Schema['StyleName']) => {
    const { close_after: _after, clock: _clock, schedule_id: _schedule, ...rest } = value;
    onChange({ ...rest, name });
  };
  return (
    <div class="admin-stack">
      {!only && (
        <fieldset class="picks">
          <legend class="field-label">{t('admin.style.name')}</legend>
          {names.map((name) => (
            <label key={name} class="pick">
              <input type="radio" name={group} checked={value.name === name} onChange={() => choose(name)} />
              <span>
                <strong>{t(`style.${name}`)}</strong>
                <small>{t(`style.${name}.solved`)}</small>
              </span>
            </label>
          ))}
        </fieldset>
      )}
      <div class="admin-columns">
        {timed && (
          <Field
            label={t('admin.style.closeAfter')}
            hint={t('admin.style.closeAfterHint')}
            error={errors['close_after']}
            value={value.close_after ?? ''}
            placeholder={after}
            onInput={(e) => {
              const { close_after: _, ...rest } = value;
              onChange(e.currentTarget.value.trim() ? { ...rest, close_after: e.currentTarget.value.trim() } : rest);
            }}
          />
        )}
        {timed && (
          <Select
            label={t('admin.style.clock')}
            hint={schedules.length === 0 ? t('admin.style.noSchedule') : undefined}
            error={errors['schedule_id'] ?? errors['clock']}
            value={value.clock === 'business' ? (value.schedule_id ?? '') : 'elapsed'}
            onChange={(e) => {
              const chosen = e.currentTarget.value;
              onChange(chosen === 'elapsed' ? { ...value, clock: 'elapsed', schedule_id: null } : { ...value, clock: 'business', schedule_id: chosen });
            }}
          >
            <option value="elapsed">{t('admin.style.elapsed')}</option>
            {schedules.map((s) => (
              <option key={s.id} value={s.id}>
                {t('admin.style.business', { name: s.name })}
              </option>
            ))}
          </Select>
        )}
        <Field
          label={t('admin.style.inactiveAfter')}
          hint={t('admin.style.inactiveAfterHint')}
          error={errors['inactive_after']}
          value={value.inactive_after ?? ''}
          placeholder={t('admin.style.asHub')}
          onInput={(e) => {
            const { inactive_after: _, ...rest } = value;
            onChange(e.currentTarget.value.trim() ? { ...rest, inactive_after: e.currentTarget.value.trim() } : rest);
          }}
        />
      </div>
      <WhatIf name={value.name} after={after} business={value.clock === 'business'} />
    </div>
  );
}

/** The states after a solve, with the times that they would come at. */
export function WhatIf({ name, after, business = false }: { name: Schema['StyleName']; after: string; business?: boolean }) {
  const seconds = goSeconds(after);
  const now = hubTime();
  const closes = new Date(now + seconds * 1000).toISOString();
  const at = business ? t('admin.style.businessLater', { time: stretch(seconds) }) : shortTime(closes);
  const steps: [string, string][] =
    name === 'live_chat'
      ? [
          [t('status.solved'), t('admin.style.now')],
          [t('status.closed'), t('admin.style.atOnce')],
        ]
      : [
          [t('status.solved'), t('admin.style.now')],
          [t('admin.style.answers'), t(`admin.style.reopens.${name}`, { time: at })],
          [t('status.closed'), at],
        ];
  return (
    <figure class="whatif">
      <figcaption>{t('admin.style.whatIf')}</figcaption>
      <ol class="whatif-steps">
        {steps.map(([state, when]) => (
          <li key={state}>
            <strong>{state}</strong>
            <span>{when}</span>
          </li>
        ))}
        <li>
          <strong>{t('admin.style.later')}</strong>
          <span>{t('admin.style.begins')}</span>
        </li>
      </ol>
    </figure>
  );
}
