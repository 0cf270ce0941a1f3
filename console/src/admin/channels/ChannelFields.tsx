import type { Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { Field } from '../../ui/Field';
import { below, type FieldErrors } from '../parts/problems';
import { Definition } from './Definition';
import { isDefined, type Draft } from './draft';
import { objectSchema } from './schema';
import { SchemaForm } from './SchemaForm';

interface Props {
  connector: Schema['Connector'];
  /** The channel, once there is one: what it keeps need not be entered again. */
  channel?: Schema['Channel'];
  draft: Draft;
  errors: FieldErrors;
  /** What the name is for. */
  hint?: string;
  onChange(edit: (draft: Draft) => Draft): void;
}

/** What a channel is made of: its name, and the secrets and settings that its connector asks for. */
export function ChannelFields({ connector, channel, draft, errors, hint, onChange }: Props) {
  return (
    <>
      <Field
        label={t('admin.channel.name')}
        hint={hint}
        name="name"
        required
        maxLength={200}
        dir="auto"
        value={draft.name}
        error={errors['name']}
        onInput={(e) => {
          const name = e.currentTarget.value;
          onChange((d) => ({ ...d, name }));
        }}
      />
      {isDefined(connector) ? (
        <Definition connector={connector} draft={draft} errors={errors} {...(channel ? { channelID: channel.id, kept: channel.credential_keys } : {})} onChange={onChange} />
      ) : (
        <>
          <SchemaForm
            schema={objectSchema(connector.credentials_schema)}
            values={draft.credentials}
            errors={below(errors, 'credentials')}
            {...(channel ? { kept: channel.credential_keys } : {})}
            more={t('admin.channel.moreSecrets')}
            secret
            onChange={(name, value) => onChange((d) => ({ ...d, credentials: { ...d.credentials, [name]: value } }))}
          />
          <SchemaForm
            schema={objectSchema(connector.settings_schema)}
            values={draft.settings}
            errors={below(errors, 'settings')}
            more={t('admin.channel.moreSettings')}
            onChange={(name, value) => onChange((d) => ({ ...d, settings: { ...d.settings, [name]: value } }))}
          />
        </>
      )}
    </>
  );
}
