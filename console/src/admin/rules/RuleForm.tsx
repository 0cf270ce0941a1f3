import { useState } from 'preact/hooks';
import { api, type Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { Button } from '../../ui/Button';
import { Skeleton, LoadError } from '../../ui/Empty';
import { Field } from '../../ui/Field';
import { Tabs } from '../../ui/Tabs';
import { Choices } from '../parts/Choices';
import { FormDialog } from '../parts/FormDialog';
import { JsonField, parseJSON, pretty } from '../parts/Json';
import { useLoad, type Loading } from '../parts/load';
import { within, type FieldErrors } from '../parts/problems';
import { Actions } from './Actions';
import { Conditions, Wrong, type Known } from './Conditions';
import { bodyOf, draftOf, example, readDraft, type Draft } from './draft';
import { DryRun } from './DryRun';
import { word } from './vocabulary';

type Rule = Schema['Rule'];

interface Props {
  rule?: Rule;
  known: Loading<Known>;
  onClose(): void;
  /** Told of the rule as the hub answers it: with secrets that it made, this once. */
  onSaved(rule: Rule): void;
}

/** Reads what a form for rules has to know. */
export function useKnown(): Loading<Known> {
  return useLoad(async () => {
    const [vocabulary, schedules, connectors] = await Promise.all([api.get('/v1/rules/vocabulary'), api.get('/v1/schedules', { query: { limit: 200 } }), api.get('/v1/connectors')]);
    return { vocabulary, schedules: schedules.data, kinds: connectors.data.map((c) => c.kind) };
  });
}

/** Edits a trigger or an automation, as a form or as JSON. */
export function RuleForm({ rule, known, onClose, onSaved }: Props) {
  const [draft, setDraft] = useState<Draft>(() => (rule ? draftOf(rule) : example(t('rule.exampleName'))));
  // While a rule is edited as JSON, its text.
  const [text, setText] = useState<string>();
  const [tried, setTried] = useState<Schema['RuleDraft']>();
  const parsed = text === undefined ? undefined : parseJSON(text);
  const typed = parsed && readDraft(parsed.value);
  // What only the hub can judge is left to it.
  const body = (): Schema['RuleDraft'] | undefined => (parsed ? (parsed.value as Schema['RuleDraft'] | undefined) : bodyOf(draft));
  const choose = (how: 'form' | 'json') => {
    if (how === 'json' && text === undefined) setText(pretty(bodyOf(draft)));
    if (how === 'form' && typed) {
      setDraft(typed);
      setText(undefined);
    }
  };
  const submit = async () => {
    const given = body();
    if (!given) return;
    if (rule) {
      const { kind: _, ...rest } = given;
      onSaved(await api.patch('/v1/rules/{rule_id}', { path: { rule_id: rule.id }, body: { ...(parsed ? rest : { ...rest, events: given.events ?? [] }), version: rule.version } }));
    } else onSaved(await api.post('/v1/rules', { body: given }));
  };
  return (
    <FormDialog wide title={rule ? t('admin.edit', { name: rule.name }) : t('admin.rule.add')} submit={submit} onClose={onClose} disabled={parsed?.error !== undefined}>
      {(errors) => (
        <Tabs
          label={t('rule.how')}
          class="form-tabs"
          chosen={text === undefined ? 'form' : 'json'}
          onChoose={choose}
          tabs={[
            { id: 'form', label: t('rule.form') },
            { id: 'json', label: t('rule.json') },
          ]}
        >
          <div class="admin-stack">
            {text !== undefined ? (
              <>
                <JsonField label={t('admin.rule.json')} hint={t('admin.rule.jsonHint')} rows={20} value={text} error={parsed?.error === undefined && !typed ? t('rule.noForm') : undefined} onChange={setText} />
                <Wrongs errors={errors} />
              </>
            ) : known.data ? (
              <Parts known={known.data} draft={draft} fixed={rule !== undefined} errors={errors} onChange={setDraft} />
            ) : known.failure !== undefined ? (
              <LoadError error={known.failure} retry={known.reload} />
            ) : (
              <Skeleton lines={8} />
            )}
            <p>
              <Button icon="eye" disabled={!body()} onClick={() => setTried(body())}>
                {t('admin.rule.dryRun')}
              </Button>
            </p>
            {tried && <DryRun draft={tried} onClose={() => setTried(undefined)} />}
          </div>
        </Tabs>
      )}
    </FormDialog>
  );
}

function Wrongs({ errors }: { errors: FieldErrors }) {
  if (Object.keys(errors).length === 0) return null;
  return (
    <ul class="wrongs">
      {Object.entries(errors).map(([field, message]) => (
        <li key={field}>
          <code>{field}</code> {message}
        </li>
      ))}
    </ul>
  );
}

interface PartsProps {
  known: Known;
  draft: Draft;
  /** The kind of a rule that is stored stays. */
  fixed: boolean;
  errors: FieldErrors;
  onChange(next: Draft): void;
}

function Parts({ known, draft, fixed, errors, onChange }: PartsProps) {
  const set = (change: Partial<Draft>) => onChange({ ...draft, ...change });
  const automation = draft.kind === 'automation';
  return (
    <>
      <Field label={t('admin.name')} name="name" required maxLength={200} dir="auto" value={draft.name} error={errors['name']} onInput={(e) => set({ name: e.currentTarget.value })} />
      {!fixed && (
        <fieldset class="picks">
          <legend class="field-label">{t('rule.kind')}</legend>
          {(['automation', 'trigger'] as const).map((kind) => (
            <label key={kind} class="pick">
              <input type="radio" name="kind" checked={draft.kind === kind} onChange={() => set({ kind })} />
              <span>
                <strong>{t(`admin.rule.${kind}`)}</strong>
                <small>{t(`rule.kindHint.${kind}`)}</small>
              </span>
            </label>
          ))}
        </fieldset>
      )}
      {!automation && (
        <div>
          <Choices label={t('rule.events')} hint={t('rule.eventsHint')} options={known.vocabulary.events.map((id) => ({ id, label: word(`event.${id}`) }))} chosen={draft.events} onChange={(events) => set({ events })} />
          {within(errors, 'events') && <Wrong>{within(errors, 'events') ?? ''}</Wrong>}
        </div>
      )}
      <Conditions
        known={known}
        kind={draft.kind}
        title={t('rule.all')}
        hint={t(automation ? 'rule.allHintTime' : 'rule.allHint')}
        at="conditions.all"
        list={draft.conditions.all}
        errors={errors}
        onChange={(all) => set({ conditions: { ...draft.conditions, all } })}
      />
      <Conditions
        known={known}
        kind={draft.kind}
        title={t('rule.any')}
        hint={t('rule.anyHint')}
        at="conditions.any"
        list={draft.conditions.any}
        errors={errors}
        onChange={(any) => set({ conditions: { ...draft.conditions, any } })}
      />
      {errors['conditions'] && <Wrong>{errors['conditions']}</Wrong>}
      <Actions known={known} list={draft.actions} errors={errors} onChange={(actions) => set({ actions })} />
    </>
  );
}
