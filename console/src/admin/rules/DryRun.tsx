import { useEffect, useState } from 'preact/hooks';
import { api, type Schema } from '../../api/client';
import { shortTime } from '../../i18n/dates';
import { t } from '../../i18n/translate';
import { Button } from '../../ui/Button';
import { Chip } from '../../ui/Chip';
import { Dialog } from '../../ui/Dialog';
import { Skeleton } from '../../ui/Empty';
import { Icon } from '../../ui/Icon';
import { Select } from '../../ui/Field';
import { Show, useLoad } from '../parts/load';
import { Problem } from '../parts/Problem';
import { conditionText, word } from './vocabulary';

interface Props {
  /** A stored rule, or … */
  rule?: Schema['Rule'];
  /** … one that is not stored yet; without either, all that are enabled. */
  draft?: Schema['RuleDraft'];
  onClose(): void;
}

/** Tells what rules would do with a conversation as it is now. Nothing is changed or sent. */
export function DryRun({ rule, draft, onClose }: Props) {
  const conversations = useLoad(async () => (await api.get('/v1/conversations', { query: { limit: 50, sort: '-updated_at' } })).data);
  const [chosen, setChosen] = useState('');
  const id = chosen || conversations.data?.[0]?.id || '';
  const [result, setResult] = useState<Schema['RuleDryRunResult']>();
  const [failure, setFailure] = useState<unknown>();
  useEffect(() => {
    if (!id) return;
    let ended = false;
    setResult(undefined);
    setFailure(undefined);
    api.post('/v1/rules/dry-run', { body: { conversation_id: id, ...(draft ? { rule: draft } : rule ? { rule_id: rule.id } : {}) } }).then(
      (answer) => !ended && setResult(answer),
      (error: unknown) => !ended && setFailure(error),
    );
    return () => void (ended = true);
  }, [id]);
  return (
    <Dialog wide title={t('admin.rule.dryRun')} onClose={onClose} actions={<Button onClick={onClose}>{t('action.close')}</Button>}>
      <div class="admin-stack">
        <p class="quiet">{t('admin.rule.dryRunText')}</p>
        <Show of={conversations} lines={2}>
          {(list) =>
            list.length === 0 ? (
              <p>{t('admin.rule.noConversation')}</p>
            ) : (
              <Select label={t('thread.title')} value={id} onChange={(e) => setChosen(e.currentTarget.value)}>
                {list.map((c) => (
                  <option key={c.id} value={c.id}>
                    {[c.contact.name ?? c.id, t(`status.${c.status}`), shortTime(c.updated_at)].join(' · ')}
                  </option>
                ))}
              </Select>
            )
          }
        </Show>
        <Problem error={failure} />
        {id && !result && failure === undefined && <Skeleton lines={3} />}
        {result && (
          <ul class="lines" aria-live="polite">
            {result.data.map((match, i) => (
              <li key={match.rule_id ?? i}>
                <Match match={match} />
              </li>
            ))}
          </ul>
        )}
      </div>
    </Dialog>
  );
}

function Match({ match }: { match: Schema['RuleMatch'] }) {
  const conditions = [...match.conditions.all, ...match.conditions.any];
  return (
    <div class="line">
      <span class="line-main">
        <strong dir="auto">{match.rule_name}</strong>
        {conditions.map((c, i) => (
          <small key={i} class="condition">
            <Icon name={c.holds ? 'check' : 'close'} size={14} label={t(c.holds ? 'admin.rule.holds' : 'admin.rule.holdsNot')} />
            {conditionText(c)}
          </small>
        ))}
        {!match.event_matches && <small>{t('admin.rule.noEvent')}</small>}
        {match.due_at && <small>{t('admin.rule.due', { time: shortTime(match.due_at) })}</small>}
        {match.actions.map((a, i) => (
          <small key={i} dir="auto">
            → {word(`action.${a.type}`)}: {a.detail ?? t(`admin.rule.outcome.${a.outcome}`)}
          </small>
        ))}
      </span>
      <Chip tone={match.matches ? 'ok' : 'plain'} icon={match.matches ? 'check' : 'close'}>
        {t(match.matches ? 'admin.rule.matches' : 'admin.rule.matchesNot')}
      </Chip>
    </div>
  );
}
