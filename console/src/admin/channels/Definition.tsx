import { useState } from 'preact/hooks';
import type { Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { Button } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { JsonField, pretty } from '../parts/Json';
import { Markdown } from '../parts/Markdown';
import { below, type FieldErrors } from '../parts/problems';
import type { Draft } from './draft';
import { objectSchema, type ObjectSchema, type Property } from './schema';
import { SchemaForm } from './SchemaForm';
import { TryOut } from './TryOut';

interface Props {
  connector: Schema['Connector'];
  draft: Draft;
  errors: FieldErrors;
  /** A saved channel, whose secrets the try-out takes where none are typed. */
  channelID?: string;
  kept?: readonly string[];
  onChange(change: (draft: Draft) => Draft): void;
}

/** Edits a definition of how to speak to a platform, beside a try-out of it. */
export function Definition({ connector, draft, errors, channelID, kept, onChange }: Props) {
  const [preset, setPreset] = useState<Schema['ConnectorPreset']>();
  const wrong = Object.entries(errors).filter(([field]) => field === 'settings' || field.startsWith('settings.'));
  const take = (next: Schema['ConnectorPreset']) => {
    setPreset(next);
    onChange((d) => ({ ...d, definition: pretty(next.settings) }));
  };
  return (
    <div class="definition">
      <div class="admin-stack">
        <fieldset class="choices">
          <legend class="field-label">{t('admin.define.presets')}</legend>
          <div class="presets">
            {connector.presets?.map((p) => (
              <Button key={p.name} size="small" aria-pressed={preset?.name === p.name} onClick={() => take(p)}>
                {p.title}
              </Button>
            ))}
          </div>
        </fieldset>
        {preset && <Markdown text={preset.description} />}
        <Secrets connector={connector} draft={draft} errors={below(errors, 'credentials')} {...(preset ? { preset } : {})} kept={kept ?? []} onChange={onChange} />
        <JsonField label={t('admin.define.definition')} hint={t('admin.define.definitionHint')} rows={26} value={draft.definition} onChange={(definition) => onChange((d) => ({ ...d, definition }))} />
        {wrong.length > 0 && (
          <ul class="wrongs" aria-label={t('admin.define.wrong')}>
            {wrong.map(([field, message]) => (
              <li key={field}>
                <code>{field}</code> {message}
              </li>
            ))}
          </ul>
        )}
        <details class="more">
          <summary>{t('admin.channel.setup')}</summary>
          <Markdown text={connector.setup} />
        </details>
      </div>
      <TryOut draft={draft} kind={connector.kind} {...(channelID ? { channelID } : {})} />
    </div>
  );
}

/** The secrets that the definition names: those of the preset, of the schema, and of the user's own naming. */
function Secrets({ connector, draft, errors, preset, kept, onChange }: Omit<Props, 'kept'> & { preset?: Schema['ConnectorPreset']; kept: readonly string[] }) {
  const [added, setAdded] = useState<readonly string[]>([]);
  const [name, setName] = useState('');
  const schema = objectSchema(connector.credentials_schema);
  const properties: Record<string, Property> = {};
  const usual = preset ? [] : Object.entries(schema.properties ?? {});
  for (const [id, property] of usual) properties[id] = property;
  for (const c of preset?.credentials ?? []) properties[c.name] = { title: c.title, description: c.description };
  for (const id of [...kept, ...added, ...Object.keys(draft.credentials)]) properties[id] ??= schema.properties?.[id] ?? { title: id };
  const required = preset ? preset.credentials.map((c) => c.name) : [...kept, ...added];
  const form: ObjectSchema = { properties, required };
  const clean = name.trim();
  return (
    <>
      <SchemaForm schema={form} values={draft.credentials} errors={errors} kept={kept} more={t('admin.channel.moreSecrets')} secret onChange={(id, value) => onChange((d) => ({ ...d, credentials: { ...d.credentials, [id]: value } }))} />
      <div class="admin-row">
        <Field label={t('admin.define.newSecret')} hint={t('admin.define.newSecretHint')} pattern="[a-z][a-z0-9_]{0,63}" autocomplete="off" value={name} onInput={(e) => setName(e.currentTarget.value)} />
        <Button
          icon="plus"
          disabled={!/^[a-z][a-z0-9_]{0,63}$/.test(clean)}
          onClick={() => {
            setAdded([...added, clean]);
            setName('');
          }}
        >
          {t('admin.add')}
        </Button>
      </div>
    </>
  );
}
