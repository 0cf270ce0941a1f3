import '../parts/admin.css';
import { useState } from 'preact/hooks';
import { api, type Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { Button } from '../../ui/Button';
import { Chip } from '../../ui/Chip';
import { FormDialog } from '../parts/FormDialog';
import { JsonField, parseJSON, pretty } from '../parts/Json';
import { usePages } from '../parts/load';
import { changeListed, OrderedLine } from '../parts/OrderedLine';
import { Records } from '../parts/Records';
import { Removal } from '../parts/Removal';
import { DryRun } from './DryRun';

type Rule = Schema['Rule'];

/** What a new rule begins with: one that is of use as it is. */
const example: Schema['RuleDraft'] = {
  name: 'Nobody answered',
  kind: 'automation',
  enabled: true,
  conditions: {
    all: [
      { field: 'conversation.status', operator: 'is', values: ['new', 'open'] },
      { field: 'time.unanswered', operator: 'at_least', values: ['30m'] },
    ],
  },
  actions: [{ type: 'set_priority', value: 'urgent' }],
};

/** Triggers and automations, in the order in which they act. */
export default function Rules() {
  const rules = usePages(async () => ({ data: (await api.get('/v1/rules')).data, next_cursor: null }));
  const [edited, setEdited] = useState<{ rule?: Rule }>();
  const [removed, setRemoved] = useState<Rule>();
  const [tried, setTried] = useState<{ rule?: Rule }>();
  const own = rules.data?.filter((r) => !r.system).length ?? 0;
  return (
    <>
      <Records
        of={rules}
        intro={t('admin.rule.intro')}
        filters={
          <Button icon="eye" onClick={() => setTried({})}>
            {t('admin.rule.dryRun')}
          </Button>
        }
        add={{ label: t('admin.rule.add'), run: () => setEdited({}) }}
        none={{ icon: 'spark', title: t('admin.rule.none'), text: t('admin.rule.intro') }}
        line={(r) =>
          r.system ? (
            <div class={`line ${r.enabled ? '' : 'line-off'}`}>
              <span class="line-number" />
              <span class="line-main">
                <strong dir="auto">{r.name}</strong>
                <small dir="auto">{r.description ?? summary(r)}</small>
              </span>
              <Chip>{t(`admin.rule.${r.kind}`)}</Chip>
              <Chip icon="lock" title={t('admin.rule.systemText')}>
                {t('admin.rule.system')}
              </Chip>
            </div>
          ) : (
            <OrderedLine
              record={r}
              last={own}
              summary={r.description ?? summary(r)}
              chips={<Chip>{t(`admin.rule.${r.kind}`)}</Chip>}
              actions={<Button size="small" kind="quiet" icon="eye" aria-label={t('admin.rule.tryOne', { name: r.name })} onClick={() => setTried({ rule: r })} />}
              onChange={(body) => void changeListed(() => api.patch('/v1/rules/{rule_id}', { path: { rule_id: r.id }, body }), rules.reload)}
              onEdit={() => setEdited({ rule: r })}
              onRemove={() => setRemoved(r)}
            />
          )
        }
      />
      {edited && <RuleForm {...edited} onClose={() => setEdited(undefined)} onSaved={rules.reload} />}
      {tried && <DryRun {...tried} onClose={() => setTried(undefined)} />}
      {removed && (
        <Removal
          name={removed.name}
          onClose={() => setRemoved(undefined)}
          run={async () => {
            await api.delete('/v1/rules/{rule_id}', { path: { rule_id: removed.id } });
            rules.reload();
          }}
        >
          {t('admin.rule.removeText')}
        </Removal>
      )}
    </>
  );
}

/** What a rule looks at and does, on one line. */
function summary(rule: Rule): string {
  const conditions = [...(rule.conditions.all ?? []), ...(rule.conditions.any ?? [])].map((c) => `${c.field} ${c.operator.replaceAll('_', ' ')} ${(c.values ?? []).join(', ')}`.trim());
  const actions = rule.actions.map((a) => [a.type.replaceAll('_', ' '), a.value ?? a.tags?.join(', ') ?? a.text ?? a.url].filter(Boolean).join(' '));
  return `${conditions.join(' · ') || rule.events.join(', ')} → ${actions.join(' · ')}`;
}

function RuleForm({ rule, onClose, onSaved }: { rule?: Rule; onClose(): void; onSaved(): void }) {
  const [text, setText] = useState(() =>
    pretty(rule ? { name: rule.name, kind: rule.kind, enabled: rule.enabled, ...(rule.events.length > 0 ? { events: rule.events } : {}), conditions: rule.conditions, actions: rule.actions } : example),
  );
  const [trying, setTrying] = useState(false);
  const parsed = parseJSON(text);
  const draft = parsed.value as Schema['RuleDraft'] | undefined;
  const submit = async () => {
    if (!draft) return;
    if (rule) {
      const { kind: _, ...body } = draft;
      await api.patch('/v1/rules/{rule_id}', { path: { rule_id: rule.id }, body: { ...body, version: rule.version } });
    } else await api.post('/v1/rules', { body: draft });
    onSaved();
  };
  return (
    <FormDialog wide title={rule ? t('admin.edit', { name: rule.name }) : t('admin.rule.add')} submit={submit} onClose={onClose} disabled={parsed.error !== undefined}>
      {(errors) => (
        <>
          <JsonField label={t('admin.rule.json')} hint={t('admin.rule.jsonHint')} rows={20} value={text} onChange={setText} />
          {Object.keys(errors).length > 0 && (
            <ul class="wrongs">
              {Object.entries(errors).map(([field, message]) => (
                <li key={field}>
                  <code>{field}</code> {message}
                </li>
              ))}
            </ul>
          )}
          <p>
            <Button icon="eye" disabled={!draft} onClick={() => setTrying(true)}>
              {t('admin.rule.dryRun')}
            </Button>
          </p>
          {trying && draft && <DryRun draft={draft} onClose={() => setTrying(false)} />}
        </>
      )}
    </FormDialog>
  );
}
