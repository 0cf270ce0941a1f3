import { useEffect, useState } from 'preact/hooks';
import { api, type Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { Field, Textarea } from '../../ui/Field';
import { JsonField, parseJSON } from '../parts/Json';
import { Problem } from '../parts/Problem';
import { fieldErrors } from '../parts/problems';
import { credentialsOf, settingsOf, type Draft } from './draft';
import { TrialResult } from './TrialResult';

const pause = 500; // milliseconds without typing before it is tried

interface Props {
  draft: Draft;
  kind: string;
  channelID?: string;
}

/** "Name: value" lines as headers. */
function headersOf(text: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon).trim()] = line.slice(colon + 1).trim();
  }
  return headers;
}

/** Tries a definition while it is written: what a webhook would become, and what a reply would call. */
export function TryOut({ draft, kind, channelID }: Props) {
  const [payload, setPayload] = useState('');
  const [headers, setHeaders] = useState('');
  const [to, setTo] = useState('');
  const [text, setText] = useState(() => t('admin.try.usual'));
  const [result, setResult] = useState<Schema['ChannelTrialResult']>();
  const [failure, setFailure] = useState<unknown>();
  const settings = settingsOf(draft, true);
  const empty = draft.definition.trim() === '';
  const secrets = JSON.stringify(draft.credentials);

  useEffect(() => {
    if (!settings || empty) return;
    const controller = new AbortController();
    const timer = setTimeout(() => {
      const body = payload.trim();
      const contact = to.trim();
      api
        .post('/v1/channels/try', {
          signal: controller.signal,
          body: {
            kind,
            ...(channelID ? { channel_id: channelID } : {}),
            settings: settings as never,
            credentials: credentialsOf(draft.credentials),
            // As it was pasted: a signature is over these very bytes.
            ...(body ? { method: 'POST', payload, headers: headersOf(headers) } : {}),
            ...(text.trim() && (contact || body) ? { message: { text }, ...(contact ? { to: contact } : {}) } : {}),
          } as Schema['ChannelTrial'],
        })
        .then(
          (answer) => {
            setResult(answer);
            setFailure(undefined);
          },
          (error: unknown) => {
            if (controller.signal.aborted) return;
            setResult(undefined);
            setFailure(error);
          },
        );
    }, pause);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [draft.definition, secrets, payload, headers, to, text]);

  const errors = Object.entries(fieldErrors(failure));
  const unread = draft.definition.trim() ? parseJSON(draft.definition).error : undefined;
  return (
    <section class="tryout" aria-labelledby="tryout-title">
      <header>
        <h3 id="tryout-title">{t('admin.try.title')}</h3>
        <p class="quiet">{t('admin.try.text')}</p>
      </header>
      <div class="tryout-inputs">
        <JsonField label={t('admin.try.payload')} rows={8} value={payload} onChange={setPayload} />
        <Textarea label={t('admin.try.headers')} hint={t('admin.try.headersHint')} class="code-input" rows={2} spellcheck={false} value={headers} onInput={(e) => setHeaders(e.currentTarget.value)} />
        <div class="admin-columns">
          <Field label={t('admin.try.reply')} dir="auto" value={text} onInput={(e) => setText(e.currentTarget.value)} />
          <Field label={t('admin.try.to')} placeholder={t('admin.try.toHint')} value={to} onInput={(e) => setTo(e.currentTarget.value)} />
        </div>
      </div>
      <div class="tryout-result" aria-live="polite">
        {empty && <p class="quiet">{t('admin.try.empty')}</p>}
        {unread && <p class="alert">{unread}</p>}
        {errors.length > 0 ? (
          <ul class="wrongs">
            {errors.map(([field, message]) => (
              <li key={field}>
                <code>{field}</code> {message}
              </li>
            ))}
          </ul>
        ) : (
          <Problem error={failure} />
        )}
        {result && !unread && <TrialResult result={result} />}
      </div>
    </section>
  );
}
