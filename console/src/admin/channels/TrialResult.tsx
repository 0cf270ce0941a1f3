import type { Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { Chip } from '../../ui/Chip';
import { Code, pretty } from '../parts/Json';

/** What a trial found: proof, events, what is wrong, and the calls of a reply. */
export function TrialResult({ result }: { result: Schema['ChannelTrialResult'] }) {
  const { verification, handshake, acknowledgement, events, problems, calls, losses, warnings } = result;
  return (
    <div class="admin-stack">
      {verification && (
        <div class="verdict">
          <Chip tone={verification.ok ? 'ok' : 'danger'} icon={verification.ok ? 'check' : 'warning'}>
            {t(verification.ok ? 'admin.try.verified' : 'admin.try.notVerified')}
          </Chip>
          <p>{verification.detail}</p>
        </div>
      )}
      {[...warnings, ...losses].map((line) => (
        <p key={line} class="quiet">
          {line}
        </p>
      ))}
      {problems.length > 0 && (
        <ul class="wrongs">
          {problems.map((p) => (
            <li key={p.field + p.message}>
              {p.field && <code>{p.field}</code>} {p.message}
            </li>
          ))}
        </ul>
      )}
      {handshake && (
        <div>
          <h4>{t('admin.try.handshake')}</h4>
          <Code label={t('admin.try.handshake')}>{`${handshake.status} ${handshake.content_type}\n${handshake.body}`}</Code>
        </div>
      )}
      {verification && !handshake && (
        <div>
          <h4>{t('admin.try.events', { count: events.length })}</h4>
          {events.length > 0 && <Code label={t('admin.try.events', { count: events.length })}>{pretty(events)}</Code>}
        </div>
      )}
      {acknowledgement && acknowledgement.body !== '' && (
        <div>
          <h4>{t('admin.try.answer')}</h4>
          <Code label={t('admin.try.answer')}>{`${acknowledgement.status} ${acknowledgement.content_type}\n${acknowledgement.body}`}</Code>
        </div>
      )}
      {calls.map((call, i) => (
        <div key={i}>
          <h4>{t('admin.try.call', { name: call.name })}</h4>
          <Code label={t('admin.try.call', { name: call.name })}>
            {[`${call.method} ${call.url}`, ...Object.entries(call.headers).map(([name, value]) => `${name}: ${value}`), '', pretty(call.body)].join('\n')}
          </Code>
        </div>
      ))}
    </div>
  );
}
