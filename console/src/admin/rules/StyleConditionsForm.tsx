import type { ComponentChildren } from 'preact';
import type { Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { channels } from '../../store/directory';
import { Field, Select } from '../../ui/Field';
import { within, type FieldErrors } from '../parts/problems';
import { Wrong } from './Conditions';
import { Chosen, Typed } from './Values';

export type StyleConditions = Schema['StyleConditions'];

const acquaintances = ['unknown', 'known', 'unknown_on_channel', 'known_on_channel'] as const;
const referral = ['source', 'id', 'payload'] as const;

interface Props {
  value: StyleConditions;
  schedules: readonly Schema['Schedule'][];
  errors: FieldErrors;
  onChange(next: StyleConditions): void;
}

/** What a conversation's beginning has to be like for a style rule. */
export function StyleConditionsForm({ value, schedules, errors, onChange }: Props) {
  // What is empty is no condition.
  const set = <K extends keyof StyleConditions>(name: K, next: StyleConditions[K] | undefined) => {
    const { [name]: _, ...rest } = value;
    const empty = next === undefined || (Array.isArray(next) && next.length === 0);
    onChange((empty ? rest : { ...rest, [name]: next }) as StyleConditions);
  };
  const list = (name: 'contact_tags' | 'text_contains', label: string, hint: string, commas: boolean) => (
    <Part label={label} hint={hint} error={within(errors, name)}>
      <Typed name={name} label={label} values={value[name] ?? []} commas={commas} onChange={(next) => set(name, next)} />
    </Part>
  );
  const setReferral = (name: (typeof referral)[number], typed: string) => {
    const { [name]: _, ...rest } = value.referral ?? {};
    const next = typed ? { ...rest, [name]: typed } : rest;
    set('referral', Object.keys(next).length > 0 ? next : undefined);
  };
  const hours = value.business_hours;
  return (
    <fieldset class="rule-list rule-list-wide">
      <legend class="small-title">{t('styleIf.title')}</legend>
      <p class="field-hint">{t('styleIf.hint')}</p>
      <Part label={t('channels.title')} error={within(errors, 'channel_ids')}>
        <Chosen label={t('channels.title')} options={Array.from(channels.value.values(), ({ id, name }) => ({ id, label: name }))} values={value.channel_ids ?? []} onChange={(next) => set('channel_ids', next)} />
      </Part>
      {list('text_contains', t('styleIf.text'), t('styleIf.textHint'), false)}
      {list('contact_tags', t('rule.field.contact.tags'), t('styleIf.tagsHint'), true)}
      <div class="admin-columns">
        <Select label={t('styleIf.contact')} value={value.contact ?? ''} error={errors['contact']} onChange={(e) => set('contact', (e.currentTarget.value || undefined) as StyleConditions['contact'])}>
          <option value="">{t('styleIf.anybody')}</option>
          {acquaintances.map((a) => (
            <option key={a} value={a}>
              {t(`styleIf.contact.${a}`)}
            </option>
          ))}
        </Select>
        <Select
          label={t('rule.field.business_hours')}
          value={hours ? `${hours.state} ${hours.schedule_id}` : ''}
          error={within(errors, 'business_hours')}
          hint={schedules.length === 0 ? t('styleIf.noHours') : undefined}
          onChange={(e) => {
            const [state, schedule] = e.currentTarget.value.split(' ');
            set('business_hours', state && schedule ? { schedule_id: schedule, state: state as 'open' | 'closed' } : undefined);
          }}
        >
          <option value="">{t('admin.queues.always')}</option>
          {schedules.flatMap((s) =>
            (['open', 'closed'] as const).map((state) => (
              <option key={`${state} ${s.id}`} value={`${state} ${s.id}`}>
                {s.name}: {t(`admin.hours.${state}`)}
              </option>
            )),
          )}
        </Select>
        <Select
          label={t('styleIf.visitor')}
          value={value.visitor_authenticated === undefined ? '' : String(value.visitor_authenticated)}
          error={errors['visitor_authenticated']}
          onChange={(e) => set('visitor_authenticated', e.currentTarget.value === '' ? undefined : e.currentTarget.value === 'true')}
        >
          <option value="">{t('styleIf.either')}</option>
          <option value="true">{t('rule.truth.true')}</option>
          <option value="false">{t('rule.truth.false')}</option>
        </Select>
      </div>
      <details class="more" open={value.text_matches !== undefined || value.referral !== undefined}>
        <summary>{t('styleIf.more')}</summary>
        <div class="admin-stack">
          <Field
            label={t('styleIf.pattern')}
            hint={t('styleIf.patternHint')}
            class="code-line"
            spellcheck={false}
            placeholder="(?i)refund|return"
            value={value.text_matches ?? ''}
            error={errors['text_matches']}
            onInput={(e) => set('text_matches', e.currentTarget.value || undefined)}
          />
          <div class="admin-columns">
            {referral.map((name) => (
              <Field key={name} label={t(`styleIf.referral.${name}`)} value={value.referral?.[name] ?? ''} error={within(errors, `referral.${name}`)} onInput={(e) => setReferral(name, e.currentTarget.value.trim())} />
            ))}
          </div>
          {errors['referral'] && <Wrong>{errors['referral']}</Wrong>}
        </div>
      </details>
    </fieldset>
  );
}

function Part({ label, hint, error, children }: { label: string; hint?: string; error: string | undefined; children: ComponentChildren }) {
  return (
    <div class="field">
      <span class="field-label" aria-hidden="true">
        {label}
      </span>
      {children}
      {error ? <Wrong>{error}</Wrong> : hint && <p class="field-hint">{hint}</p>}
    </div>
  );
}

/** Conditions on one line, in the user's words. */
export function styleConditionsText(c: StyleConditions, schedules: readonly Schema['Schedule'][]): string {
  const or = ` ${t('rule.or')} `;
  const parts: (string | false | undefined)[] = [
    c.channel_ids?.map((id) => channels.value.get(id)?.name ?? id).join(or),
    c.text_contains && `${t('styleIf.text')} ${c.text_contains.join(or)}`,
    c.text_matches && `${t('styleIf.pattern')} ${c.text_matches}`,
    c.contact_tags && `${t('rule.field.contact.tags')}: ${c.contact_tags.join(or)}`,
    c.contact && t(`styleIf.contact.${c.contact}`),
    c.referral && referral.filter((name) => c.referral?.[name]).map((name) => `${t(`styleIf.referral.${name}`)}: ${c.referral?.[name] ?? ''}`).join(', '),
    c.business_hours && `${schedules.find((s) => s.id === c.business_hours?.schedule_id)?.name ?? t('rule.field.business_hours')}: ${t(`admin.hours.${c.business_hours.state}`)}`,
    c.visitor_authenticated !== undefined && `${t('styleIf.visitor')}: ${t(`rule.truth.${c.visitor_authenticated}`)}`,
  ];
  return parts.filter(Boolean).join(' · ');
}
