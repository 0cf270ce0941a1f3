import '../parts/admin.css';
import { useState } from 'preact/hooks';
import { api, Refused } from '../../api/client';
import { shortTime } from '../../i18n/dates';
import { t } from '../../i18n/translate';
import { Chip } from '../../ui/Chip';
import { Empty } from '../../ui/Empty';
import { Field } from '../../ui/Field';
import { Code, pretty } from '../parts/Json';
import { usePages } from '../parts/load';
import { Records } from '../parts/Records';

/** Who changed what, newest first. */
export default function Audit() {
  const [from, setFrom] = useState('');
  const [open, setOpen] = useState('');
  const list = usePages((cursor) => api.get('/v1/audit', { query: { limit: 50, ...(from ? { to: new Date(`${from}T23:59:59.999`).toISOString() } : {}), ...(cursor ? { cursor } : {}) } }), [from]);
  if (list.failure instanceof Refused && list.failure.status === 404) {
    return (
      <Empty icon="history" title={t('admin.audit.absent')}>
        <p>{t('admin.audit.absentText')}</p>
      </Empty>
    );
  }
  return (
    <Records
      of={list}
      intro={t('admin.audit.intro')}
      filters={<Field label={t('admin.audit.until')} type="date" value={from} onInput={(e) => setFrom(e.currentTarget.value)} />}
      none={{ icon: 'history', title: t('admin.audit.none'), text: t('admin.audit.intro') }}
      line={(entry) => (
        <>
          <button type="button" class="line" aria-expanded={open === entry.id} onClick={() => setOpen(open === entry.id ? '' : entry.id)}>
            <span class="line-main">
              <strong dir="auto">{entry.summary}</strong>
              <small dir="auto">
                {entry.actor.name ?? t(`admin.audit.actor.${entry.actor.type}`)} · {shortTime(entry.at)}
                {entry.address && ` · ${entry.address}`}
              </small>
            </span>
            {entry.outcome === 'unknown' && (
              <Chip tone="warn" icon="question">
                {t('delivery.unknown')}
              </Chip>
            )}
          </button>
          {open === entry.id && (
            <div class="line-open admin-stack">
              <p class="quiet">
                {entry.action}
                {entry.request_id && ` · ${t('problem.request', { id: entry.request_id })}`}
              </p>
              {entry.changes.map((change) => (
                <div key={change.record + change.id}>
                  <h3>
                    {t(`admin.audit.${change.verb}`, { record: change.record })} <code>{change.id}</code>
                  </h3>
                  <div class="admin-pair">
                    <div>
                      <h3 class="small-title">{t('admin.audit.before')}</h3>
                      <Code label={t('admin.audit.before')}>{pretty(change.before)}</Code>
                    </div>
                    <div>
                      <h3 class="small-title">{t('admin.audit.after')}</h3>
                      <Code label={t('admin.audit.after')}>{pretty(change.after)}</Code>
                    </div>
                  </div>
                </div>
              ))}
            </div>
          )}
        </>
      )}
    />
  );
}
