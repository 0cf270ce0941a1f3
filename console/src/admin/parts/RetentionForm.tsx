import { useState } from 'preact/hooks';
import { api, Refused, type Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { Field, Select } from '../../ui/Field';
import { tell } from '../../ui/Toast';
import { Confirm } from './Confirm';
import { below } from './problems';
import { changeOf, kinds, lineOf, type Kind, type Line } from './retention';
import { Save } from './Save';
import { Section } from './Section';
import { useDoing } from './useDoing';

interface Props {
  value: Schema['Retention'];
  /** The channel it is of; the hub itself without. */
  channel?: string;
  save(change: Schema['RetentionChange']): Promise<unknown>;
}

/** For how long what the hub holds is kept. Nothing is erased before it was said how much that is. */
export function RetentionForm({ value, channel, save }: Props) {
  const [lines, setLines] = useState(() => kinds.map((kind) => lineOf(value, kind)));
  const [asked, setAsked] = useState<number | 'unknown' | null>(null); // how many conversations would go
  const { busy, failure, errors, run } = useDoing();
  const wrong = below(errors, 'retention');
  const change = changeOf(value, lines);
  const store = async () => {
    await save(change);
    tell(t('admin.saved'));
  };
  const submit = () =>
    run(async () => {
      const due = await forecast(change, channel);
      if (due === 0) await store();
      else setAsked(due);
    });
  return (
    <Section title={t('retention.title')} hint={t(channel ? 'retention.channelHint' : 'retention.hubHint')}>
      <form
        name="retention"
        class="admin-stack"
        onSubmit={(e) => {
          e.preventDefault();
          void submit();
        }}
      >
        {lines.map((line, i) => (
          <Row key={line.kind} line={line} ofChannel={channel !== undefined} error={wrong[line.kind]} onChange={(next) => setLines(lines.map((l, at) => (at === i ? next : l)))} />
        ))}
        <Save busy={busy} failure={failure} />
      </form>
      {asked !== null && (
        <Confirm title={t('retention.confirmTitle')} action={t('retention.confirmAction')} run={store} onClose={() => setAsked(null)}>
          <p>{asked === 'unknown' ? t('retention.confirmUnknown') : t('retention.confirm', { count: asked })}</p>
        </Confirm>
      )}
    </Section>
  );
}

/** How many conversations would be erased; unknown to who sees only some of them. */
async function forecast(change: Schema['RetentionChange'], channel?: string): Promise<number | 'unknown'> {
  try {
    return (await api.post('/v1/retention/preview', { body: { retention: change, ...(channel ? { channel_id: channel } : {}) } })).conversations;
  } catch (error) {
    if (error instanceof Refused && error.status === 403) return 'unknown';
    throw error;
  }
}

function Row({ line, ofChannel, error, onChange }: { line: Line; ofChannel: boolean; error: string | undefined; onChange(next: Line): void }) {
  const { kind, mode } = line;
  const [label, hint] = words(kind);
  const counted = mode === 'days';
  return (
    <div class="admin-columns">
      <Select label={label} hint={hint} error={counted ? undefined : error} value={mode} onChange={(e) => onChange({ ...line, mode: e.currentTarget.value as Line['mode'] })}>
        <option value="otherwise">{t(kind.startsWith('styles.') ? 'retention.ofStyle' : ofChannel ? 'retention.asHub' : 'retention.byItself')}</option>
        <option value="days">{t('retention.someDays')}</option>
        {kind !== 'payloads' && kind !== 'event_log' && <option value="forever">{t('retention.forever')}</option>}
      </Select>
      {counted && <Field label={t('retention.days', { what: label })} name={kind} type="number" min="0" step="any" required value={line.days} error={error} onInput={(e) => onChange({ ...line, days: e.currentTarget.value })} />}
    </div>
  );
}

/** What a kind is called, and what of it is erased. */
function words(kind: Kind): [label: string, hint: string] {
  switch (kind) {
    case 'styles.live_chat':
    case 'styles.live_chat_returning':
    case 'styles.social_messaging':
      return [t('retention.style', { style: t(kind.replace('styles.', 'style.') as 'style.live_chat') }), t('retention.styleHint')];
    default:
      return [t(`retention.${kind}`), t(`retention.${kind}.hint`)];
  }
}
