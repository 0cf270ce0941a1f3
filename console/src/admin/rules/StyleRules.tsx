import '../parts/admin.css';
import { useState } from 'preact/hooks';
import { api, type Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { Chip } from '../../ui/Chip';
import { Field } from '../../ui/Field';
import { FormDialog } from '../parts/FormDialog';
import { JsonField, parseJSON, pretty } from '../parts/Json';
import { useLoad, usePages } from '../parts/load';
import { changeListed, OrderedLine } from '../parts/OrderedLine';
import { below } from '../parts/problems';
import { Records } from '../parts/Records';
import { Removal } from '../parts/Removal';
import { styleDraft, StyleForm, type StyleDraft } from '../parts/StyleForm';

type StyleRule = Schema['StyleRule'];

/** The rules that choose a conversation's style; the first that applies counts. */
export default function StyleRules() {
  const rules = usePages(async () => ({ data: (await api.get('/v1/style-rules')).data, next_cursor: null }));
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
            summary={Object.keys(r.conditions).length > 0 ? summary(r.conditions) : t('admin.styleRule.always')}
            chips={<Chip tone="accent">{t(`style.${r.style.name}`)}</Chip>}
            onChange={(body) => void changeListed(() => api.patch('/v1/style-rules/{style_rule_id}', { path: { style_rule_id: r.id }, body }), rules.reload)}
            onEdit={() => setEdited({ rule: r })}
            onRemove={() => setRemoved(r)}
          />
        )}
      />
      {edited && <StyleRuleForm {...edited} onClose={() => setEdited(undefined)} onSaved={rules.reload} />}
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

/** Conditions on one line. */
function summary(conditions: object): string {
  return Object.entries(conditions)
    .map(([name, value]) => `${name.replaceAll('_', ' ')}: ${Array.isArray(value) ? value.join(', ') : typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(' · ');
}

function StyleRuleForm({ rule, onClose, onSaved }: { rule?: StyleRule; onClose(): void; onSaved(): void }) {
  const schedules = useLoad(async () => (await api.get('/v1/schedules', { query: { limit: 200 } })).data);
  const [name, setName] = useState(rule?.name ?? '');
  const [conditions, setConditions] = useState(() => pretty(rule?.conditions ?? { text_contains: ['refund'] }));
  const [style, setStyle] = useState<StyleDraft>(() => (rule ? styleDraft(rule.style) : { name: 'social_messaging' }));
  const parsed = parseJSON(conditions);
  const submit = async () => {
    const body = { name: name.trim(), conditions: parsed.value as Schema['StyleConditions'], style };
    if (rule) await api.patch('/v1/style-rules/{style_rule_id}', { path: { style_rule_id: rule.id }, body: { ...body, version: rule.version } });
    else await api.post('/v1/style-rules', { body: { ...body, enabled: true } });
    onSaved();
  };
  return (
    <FormDialog wide title={rule ? t('admin.edit', { name: rule.name }) : t('admin.rule.add')} submit={submit} onClose={onClose} disabled={parsed.error !== undefined}>
      {(errors) => (
        <>
          <Field label={t('admin.name')} name="name" required dir="auto" value={name} error={errors['name']} onInput={(e) => setName(e.currentTarget.value)} />
          <JsonField label={t('admin.rule.conditions')} hint={t('admin.styleRule.conditionsHint')} rows={7} value={conditions} error={errors['conditions']} onChange={setConditions} />
          <StyleForm value={style} schedules={schedules.data ?? []} errors={below(errors, 'style')} onChange={setStyle} />
        </>
      )}
    </FormDialog>
  );
}
