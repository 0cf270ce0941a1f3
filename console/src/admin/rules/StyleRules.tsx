import '../parts/admin.css';
import { useState } from 'preact/hooks';
import { api, type Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { Chip } from '../../ui/Chip';
import { Field } from '../../ui/Field';
import { Tabs } from '../../ui/Tabs';
import { FormDialog } from '../parts/FormDialog';
import { JsonField, parseJSON, pretty } from '../parts/Json';
import { useLoad, usePages } from '../parts/load';
import { changeListed, OrderedLine } from '../parts/OrderedLine';
import { below, within } from '../parts/problems';
import { Records } from '../parts/Records';
import { Removal } from '../parts/Removal';
import { styleDraft, StyleForm, type StyleDraft } from '../parts/StyleForm';
import './rules.css';
import { StyleConditionsForm, styleConditionsText, type StyleConditions } from './StyleConditionsForm';

type StyleRule = Schema['StyleRule'];

/** The rules that choose a conversation's style; the first that applies counts. */
export default function StyleRules() {
  const rules = usePages(async () => ({ data: (await api.get('/v1/style-rules')).data, next_cursor: null }));
  const schedules = useLoad(async () => (await api.get('/v1/schedules', { query: { limit: 200 } })).data);
  const [edited, setEdited] = useState<{ rule?: StyleRule }>();
  const [removed, setRemoved] = useState<StyleRule>();
  return (
    <>
      <Records
        of={rules}
        intro={t('admin.styleRule.intro')}
        add={{ label: t('admin.rule.add'), run: () => setEdited({}) }}
        none={{ icon: 'filter', title: t('admin.styleRule.none'), text: t('admin.styleRule.noneText') }}
        line={(r) => (
          <OrderedLine
            record={r}
            last={rules.data?.length ?? 0}
            summary={styleConditionsText(r.conditions, schedules.data ?? []) || t('admin.styleRule.always')}
            chips={<Chip tone="accent">{t(`style.${r.style.name}`)}</Chip>}
            onChange={(body) => void changeListed(() => api.patch('/v1/style-rules/{style_rule_id}', { path: { style_rule_id: r.id }, body }), rules.reload)}
            onEdit={() => setEdited({ rule: r })}
            onRemove={() => setRemoved(r)}
          />
        )}
      />
      {edited && <StyleRuleForm {...edited} schedules={schedules.data ?? []} onClose={() => setEdited(undefined)} onSaved={rules.reload} />}
      {removed && (
        <Removal
          name={removed.name}
          onClose={() => setRemoved(undefined)}
          run={async () => {
            await api.delete('/v1/style-rules/{style_rule_id}', { path: { style_rule_id: removed.id } });
            rules.reload();
          }}
        >
          {t('admin.styleRule.removeText')}
        </Removal>
      )}
    </>
  );
}

const isConditions = (v: unknown): v is StyleConditions => typeof v === 'object' && v !== null && !Array.isArray(v);

function StyleRuleForm({ rule, schedules, onClose, onSaved }: { rule?: StyleRule; schedules: readonly Schema['Schedule'][]; onClose(): void; onSaved(): void }) {
  const [name, setName] = useState(rule?.name ?? '');
  const [conditions, setConditions] = useState<StyleConditions>(rule?.conditions ?? {});
  // While they are edited as JSON, their text.
  const [text, setText] = useState<string>();
  const [style, setStyle] = useState<StyleDraft>(() => (rule ? styleDraft(rule.style) : { name: 'social_messaging' }));
  const parsed = text === undefined ? undefined : parseJSON(text);
  const typed = parsed && isConditions(parsed.value) ? parsed.value : undefined;
  const choose = (how: 'form' | 'json') => {
    if (how === 'json' && text === undefined) setText(pretty(conditions));
    if (how === 'form' && typed) {
      setConditions(typed);
      setText(undefined);
    }
  };
  const submit = async () => {
    const body = { name: name.trim(), conditions: parsed ? (parsed.value as StyleConditions) : conditions, style };
    if (rule) await api.patch('/v1/style-rules/{style_rule_id}', { path: { style_rule_id: rule.id }, body: { ...body, version: rule.version } });
    else await api.post('/v1/style-rules', { body: { ...body, enabled: true } });
    onSaved();
  };
  return (
    <FormDialog wide title={rule ? t('admin.edit', { name: rule.name }) : t('admin.rule.add')} submit={submit} onClose={onClose} disabled={parsed?.error !== undefined}>
      {(errors) => (
        <>
          <Field label={t('admin.name')} name="name" required dir="auto" value={name} error={errors['name']} onInput={(e) => setName(e.currentTarget.value)} />
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
            {text === undefined ? (
              <StyleConditionsForm value={conditions} schedules={schedules} errors={below(errors, 'conditions')} onChange={setConditions} />
            ) : (
              <JsonField
                label={t('admin.rule.conditions')}
                hint={t('admin.styleRule.conditionsHint')}
                rows={9}
                value={text}
                error={within(errors, 'conditions') ?? (parsed?.error === undefined && !typed ? t('styleIf.noForm') : undefined)}
                onChange={setText}
              />
            )}
          </Tabs>
          <StyleForm value={style} schedules={schedules} errors={below(errors, 'style')} onChange={setStyle} />
        </>
      )}
    </FormDialog>
  );
}
