import type { ComponentChildren } from 'preact';
import type { Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { Button } from '../../ui/Button';
import { Icon } from '../../ui/Icon';
import { within, type FieldErrors } from '../parts/problems';
import { Chosen, Span, Typed } from './Values';
import { bare, operatorName, operators, valueOptions, word, type Condition, type Kind, type Term, type Vocabulary } from './vocabulary';

/** What a form for rules has to know. */
export interface Known {
  vocabulary: Vocabulary;
  /** Kinds of channels that there are. */
  kinds: readonly string[];
  schedules: readonly Schema['Schedule'][];
}

interface Props {
  known: Known;
  kind: Kind;
  /** What the list is called. */
  title: string;
  hint: string;
  /** Where the errors of the list stand: "conditions.all". */
  at: string;
  list: readonly Condition[];
  errors: FieldErrors;
  onChange(list: Condition[]): void;
}

/** The conditions of a list, each as field, operator and values. */
export function Conditions({ known, kind, title, hint, at, list, errors, onChange }: Props) {
  const terms = known.vocabulary.fields.filter((term) => operators(term, kind).length > 0);
  const add = () => {
    const first = terms.find((term) => term.field === (kind === 'automation' ? 'time.in_status' : 'conversation.status')) ?? terms[0];
    if (first) onChange([...list, { field: first.field, operator: operators(first, kind)[0] ?? 'is', values: [] }]);
  };
  return (
    <fieldset class="rule-list" data-list={at}>
      <legend class="small-title">{title}</legend>
      <p class="field-hint">{hint}</p>
      {list.map((c, i) => (
        <Row
          key={`${i} ${c.field}`}
          known={known}
          kind={kind}
          terms={terms}
          number={i + 1}
          condition={c}
          error={within(errors, `${at}[${i}]`)}
          onChange={(next) => onChange(list.map((old, n) => (n === i ? next : old)))}
          onRemove={() => onChange(list.filter((_, n) => n !== i))}
        />
      ))}
      {errors[at] && <Wrong>{errors[at]}</Wrong>}
      <p>
        <Button size="small" icon="plus" onClick={add}>
          {t('rule.addCondition')}
        </Button>
      </p>
    </fieldset>
  );
}

/** What is wrong with a part of a rule. */
export function Wrong({ children }: { children: string }) {
  return (
    <p class="field-error">
      <Icon name="warning" size={14} />
      {children}
    </p>
  );
}

interface RowProps {
  known: Known;
  kind: Kind;
  terms: readonly Term[];
  number: number;
  condition: Condition;
  error: string | undefined;
  onChange(next: Condition): void;
  onRemove(): void;
}

function Row({ known, kind, terms, number, condition: c, error, onChange, onRemove }: RowProps) {
  const term = known.vocabulary.fields.find((f) => f.field === c.field);
  const ops = operators(term, kind);
  const choose = (field: string) => {
    const next = known.vocabulary.fields.find((f) => f.field === field);
    const allowed = operators(next, kind);
    onChange({ field, operator: allowed.includes(c.operator) ? c.operator : (allowed[0] ?? 'is'), values: [] });
  };
  // What the kind of rule cannot ask for stays to be seen, and is said to be wrong when it is saved.
  const listed = terms.some((f) => f.field === c.field) ? terms : [...terms, ...(term ? [term] : [])];
  return (
    <div class="rule-row" role="group" aria-label={t('rule.condition', { number })}>
      <div class="rule-row-parts">
        <Pick label={t('rule.field')} value={c.field} onChange={choose}>
          <Grouped terms={listed} />
        </Pick>
        <Pick label={t('rule.operator')} value={c.operator} onChange={(operator) => onChange({ ...c, operator, values: bare(operator) ? [] : operator === 'matches' ? (c.values ?? []).slice(0, 1) : (c.values ?? []) })}>
          {(ops.includes(c.operator) ? ops : [...ops, c.operator]).map((op) => (
            <option key={op} value={op}>
              {operatorName(c.field, op)}
            </option>
          ))}
        </Pick>
        {!bare(c.operator) && <Value known={known} term={term} condition={c} onChange={(values) => onChange({ ...c, values })} />}
      </div>
      <Button size="small" kind="quiet" icon="trash" aria-label={t('rule.removeCondition', { number })} onClick={onRemove} />
      {error && <Wrong>{error}</Wrong>}
    </div>
  );
}

interface PickProps {
  label: string;
  value: string;
  onChange(value: string): void;
  children: ComponentChildren;
}

/** A choice in a row of a rule, whose label is for screen readers. */
export function Pick({ label, value, onChange, children }: PickProps) {
  return (
    <span class="select">
      <select class="input" aria-label={label} value={value} onChange={(e) => onChange(e.currentTarget.value)}>
        {children}
      </select>
      <Icon name="down" size={16} />
    </span>
  );
}

const subjects = ['conversation', 'message', 'contact', 'time'] as const;

function Grouped({ terms }: { terms: readonly Term[] }) {
  const of = (subject: string) => terms.filter((f) => f.field.startsWith(`${subject}.`));
  const others = terms.filter((f) => !subjects.some((s) => f.field.startsWith(`${s}.`)));
  const option = (f: Term) => (
    <option key={f.field} value={f.field}>
      {word(`field.${f.field}`)}
    </option>
  );
  return (
    <>
      {subjects.map((s) => of(s).length > 0 && (
        <optgroup key={s} label={t(`rule.subject.${s}`)}>
          {of(s).map(option)}
        </optgroup>
      ))}
      {others.map(option)}
    </>
  );
}

function Value({ known, term, condition: c, onChange }: { known: Known; term: Term | undefined; condition: Condition; onChange(values: string[]): void }) {
  const label = t('rule.value');
  const values = c.values ?? [];
  const one = values[0] ?? '';
  const set = (value: string) => onChange(value === '' ? [] : [value]);
  if (term?.sort === 'time') return <Span label={label} value={one} onChange={set} />;
  if (term?.sort === 'number') return <input class="input" type="number" min={0} step={1} aria-label={label} value={one} onInput={(e) => set(e.currentTarget.value)} />;
  const options = term && valueOptions(term, known.kinds, known.schedules);
  if (options && term.sort === 'truth') {
    return (
      <Pick label={label} value={one} onChange={set}>
        <option value="">{t('rule.choose')}</option>
        {options.map((o) => (
          <option key={o.id} value={o.id}>
            {o.label}
          </option>
        ))}
      </Pick>
    );
  }
  if (options) return <Chosen label={label} options={options} values={values} onChange={onChange} />;
  if (c.operator === 'matches') return <input class="input code-line" spellcheck={false} aria-label={label} placeholder="(?i)refund|return" value={one} onInput={(e) => set(e.currentTarget.value)} />;
  return <Typed label={label} values={values} commas={term?.sort === 'list'} onChange={onChange} />;
}
