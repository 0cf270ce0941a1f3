import '../parts/admin.css';
import { useState } from 'preact/hooks';
import { api, type Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { Button } from '../../ui/Button';
import { Chip } from '../../ui/Chip';
import { Dialog } from '../../ui/Dialog';
import { Copy } from '../parts/Copy';
import { usePages } from '../parts/load';
import { changeListed, OrderedLine } from '../parts/OrderedLine';
import { Records } from '../parts/Records';
import { Removal } from '../parts/Removal';
import { DryRun } from './DryRun';
import { RuleForm, useKnown } from './RuleForm';
import './rules.css';
import { actionText, conditionText, word } from './vocabulary';

type Rule = Schema['Rule'];

/** Triggers and automations, in the order in which they act. */
export default function Rules() {
  const rules = usePages(async () => ({ data: (await api.get('/v1/rules')).data, next_cursor: null }));
  const known = useKnown();
  const [edited, setEdited] = useState<{ rule?: Rule }>();
  const [removed, setRemoved] = useState<Rule>();
  const [tried, setTried] = useState<{ rule?: Rule }>();
  const [made, setMade] = useState<Rule>();
  const own = rules.data?.filter((r) => !r.system).length ?? 0;
  const saved = (rule: Rule) => {
    rules.reload();
    if (rule.actions.some((a) => a.secret)) setMade(rule);
  };
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
                <small dir="auto">{r.description ?? summary(r, known.data?.schedules ?? [])}</small>
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
              summary={r.description ?? summary(r, known.data?.schedules ?? [])}
              chips={<Chip>{t(`admin.rule.${r.kind}`)}</Chip>}
              actions={<Button size="small" kind="quiet" icon="eye" aria-label={t('admin.rule.tryOne', { name: r.name })} onClick={() => setTried({ rule: r })} />}
              onChange={(body) => void changeListed(() => api.patch('/v1/rules/{rule_id}', { path: { rule_id: r.id }, body }), rules.reload)}
              onEdit={() => setEdited({ rule: r })}
              onRemove={() => setRemoved(r)}
            />
          )
        }
      />
      {edited && <RuleForm {...edited} known={known} onClose={() => setEdited(undefined)} onSaved={saved} />}
      {made && <Secrets rule={made} onClose={() => setMade(undefined)} />}
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
function summary(rule: Rule, schedules: readonly Schema['Schedule'][]): string {
  const all = (rule.conditions.all ?? []).map((c) => conditionText(c, schedules));
  const any = (rule.conditions.any ?? []).map((c) => conditionText(c, schedules)).join(` ${t('rule.or')} `);
  const asked = [...all, any].filter(Boolean).join(' · ') || rule.events.map((e) => word(`event.${e}`)).join(', ');
  return `${asked} → ${rule.actions.map(actionText).join(' · ')}`;
}

/** The secrets of webhooks that the hub made for a rule, which it never shows again. */
function Secrets({ rule, onClose }: { rule: Rule; onClose(): void }) {
  return (
    <Dialog title={t('rule.secret')} onClose={onClose} actions={<Button onClick={onClose}>{t('action.close')}</Button>}>
      <div class="admin-stack">
        <p>{t('rule.secretText')}</p>
        {rule.actions.map((a) => a.secret && <Copy key={a.url} label={a.url ?? ''} value={a.secret} />)}
      </div>
    </Dialog>
  );
}
