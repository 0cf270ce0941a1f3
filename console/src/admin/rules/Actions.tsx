import { t } from '../../i18n/translate';
import { agents, groups } from '../../store/directory';
import { Button } from '../../ui/Button';
import { Field, Textarea } from '../../ui/Field';
import { below, within, type FieldErrors } from '../parts/problems';
import { StyleForm } from '../parts/StyleForm';
import { Pick, Wrong, type Known } from './Conditions';
import { Typed } from './Values';
import { actionFields, valueName, word, type Action } from './vocabulary';

interface Props {
  known: Known;
  list: readonly Action[];
  errors: FieldErrors;
  onChange(list: Action[]): void;
}

/** What a rule does, in its order. */
export function Actions({ known, list, errors, onChange }: Props) {
  return (
    <fieldset class="rule-list" data-list="actions">
      <legend class="small-title">{t('rule.actions')}</legend>
      <p class="field-hint">{t('rule.actionsHint')}</p>
      {list.map((a, i) => (
        <Row
          key={`${i} ${a.type}`}
          known={known}
          number={i + 1}
          action={a}
          errors={below(errors, `actions[${i}]`)}
          error={errors[`actions[${i}]`] ?? errors[`actions[${i}].type`]}
          onChange={(next) => onChange(list.map((old, n) => (n === i ? next : old)))}
          onRemove={() => onChange(list.filter((_, n) => n !== i))}
        />
      ))}
      {errors['actions'] && <Wrong>{errors['actions']}</Wrong>}
      <p>
        <Button size="small" icon="plus" onClick={() => onChange([...list, { type: 'add_tags', tags: [] }])}>
          {t('rule.addAction')}
        </Button>
      </p>
    </fieldset>
  );
}

interface RowProps {
  known: Known;
  number: number;
  action: Action;
  errors: FieldErrors;
  error: string | undefined;
  onChange(next: Action): void;
  onRemove(): void;
}

/** An action of a type before anything is filled in. */
function blank(known: Known, type: string): Action {
  const kind = known.vocabulary.actions.find((a) => a.type === type);
  switch (kind?.takes) {
    case 'tags':
      return { type, tags: [] };
    case 'style':
      return { type, style: { name: 'live_chat' } };
    case 'value':
      return { type, value: type === 'set_status' ? 'solved' : null };
    default:
      return { type };
  }
}

function Row({ known, number, action: a, errors, error, onChange, onRemove }: RowProps) {
  return (
    <div class="rule-row" role="group" aria-label={t('rule.action', { number })}>
      <div class="rule-row-parts">
        <Pick label={t('rule.does')} value={a.type} onChange={(type) => onChange(blank(known, type))}>
          {known.vocabulary.actions.map(({ type }) => (
            <option key={type} value={type}>
              {word(`action.${type}`)}
            </option>
          ))}
        </Pick>
        <What known={known} action={a} errors={errors} onChange={onChange} />
      </div>
      <Button size="small" kind="quiet" icon="trash" aria-label={t('rule.removeAction', { number })} onClick={onRemove} />
      {error && <Wrong>{error}</Wrong>}
    </div>
  );
}

function What({ known, action: a, errors, onChange }: Omit<RowProps, 'number' | 'error' | 'onRemove'>) {
  const kind = known.vocabulary.actions.find((k) => k.type === a.type);
  switch (kind?.takes) {
    case 'value':
      return <Value action={a} values={kind.values} error={errors['value']} onChange={onChange} />;
    case 'tags':
      return (
        <div>
          <Typed label={t('details.tags')} commas values={a.tags ?? []} onChange={(tags) => onChange({ ...a, tags })} />
          {within(errors, 'tags') && <Wrong>{within(errors, 'tags') ?? ''}</Wrong>}
        </div>
      );
    case 'text':
      return (
        <div class="rule-wide">
          <Textarea hideLabel label={t('rule.text')} hint={a.type === 'send_message' ? t('rule.messageHint') : undefined} dir="auto" rows={3} maxLength={4096} value={a.text ?? ''} error={errors['text']} onInput={(e) => onChange({ ...a, text: e.currentTarget.value })} />
        </div>
      );
    case 'url':
      return (
        <div class="rule-wide">
          <Field hideLabel label={t('rule.url')} hint={t('rule.urlHint')} type="url" placeholder="https://" value={a.url ?? ''} error={errors['url']} onInput={(e) => onChange({ ...a, url: e.currentTarget.value.trim() })} />
        </div>
      );
    case 'style':
      return (
        <div class="rule-wide">
          <StyleForm value={a.style ?? { name: 'live_chat' }} schedules={known.schedules} errors={below(errors, 'style')} onChange={(style) => onChange({ ...a, style })} />
        </div>
      );
    default:
      return null;
  }
}

function Value({ action: a, values, error, onChange }: { action: Action; values: readonly string[]; error: string | undefined; onChange(next: Action): void }) {
  const people = a.type === 'set_assignee' ? agents : a.type === 'set_group' ? groups : undefined;
  const options = people ? Array.from(people.value.values(), ({ id, name }) => ({ id, label: name })) : values.map((id) => ({ id, label: valueName(actionFields[a.type] ?? '', id) }));
  return (
    <div>
      <Pick label={t('rule.value')} value={a.value ?? ''} onChange={(value) => onChange({ ...a, value: value || null })}>
        {a.type !== 'set_status' && <option value="">{t('rule.none')}</option>}
        {options.map((o) => (
          <option key={o.id} value={o.id}>
            {o.label}
          </option>
        ))}
      </Pick>
      {error && <Wrong>{error}</Wrong>}
    </div>
  );
}
