import './routing.css';
import type { Schema } from '../api/client';
import { fullTime, shortTime } from '../i18n/dates';
import { t } from '../i18n/translate';
import { agents } from '../store/directory';

export type RoutingDecision = Schema['RoutingDecision'];

function agentName(id: string): string {
  return agents.value.get(id)?.name ?? t('author.agent');
}

/** Who was asked or got a conversation, why, and who else was considered. */
export function Decision({ decision: d, open = false }: { decision: RoutingDecision; open?: boolean }) {
  const others = d.candidates.length + d.excluded.length;
  return (
    <div class="decision">
      <p>
        <strong>{t(`routing.${d.outcome}`)}</strong> {d.agent_id && <span dir="auto">{agentName(d.agent_id)}</span>}
      </p>
      {d.detail && <p class="quiet">{d.detail}</p>}
      <small>
        <time dateTime={d.at} title={fullTime(d.at)}>
          {shortTime(d.at)}
        </time>
        {d.queue_name && <span dir="auto"> · {d.queue_name}</span>}
        {d.method && ` · ${t(`routing.method.${d.method}`)}`}
      </small>
      {others > 0 && (
        <details class="more" open={open}>
          <summary>{t('routing.considered', { count: d.eligible })}</summary>
          <ol class="decision-list">
            {d.candidates.map((c) => (
              <li key={c.agent_id}>
                <strong dir="auto">{agentName(c.agent_id)}</strong>
                <span>
                  {t('availability.load', { load: c.load, capacity: c.capacity })}
                  {c.overflow && ` · ${t('routing.overflow')}`}
                  {c.passed && ` · ${t('routing.reason.passed')}`}
                </span>
              </li>
            ))}
            {d.excluded.map((x) => (
              <li key={x.agent_id} class="decision-out">
                <strong dir="auto">{agentName(x.agent_id)}</strong>
                <span dir="auto">{[t(`routing.reason.${x.reason}`), x.reason === 'passed' ? '' : x.detail].filter(Boolean).join(': ')}</span>
              </li>
            ))}
          </ol>
        </details>
      )}
    </div>
  );
}
