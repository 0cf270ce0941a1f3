import { useRef, useState } from 'preact/hooks';
import { api, newKey, Refused, type Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { go } from '../../router/router';
import { Button } from '../../ui/Button';
import { ChannelMark } from '../../ui/ChannelMark';
import { Empty } from '../../ui/Empty';
import { Field } from '../../ui/Field';
import { Show, useLoad } from '../parts/load';
import { Markdown } from '../parts/Markdown';
import { Problem } from '../parts/Problem';
import { below, fieldErrors } from '../parts/problems';
import { Back, Section } from '../parts/Section';
import { Definition } from './Definition';
import { credentialsOf, draftOf, isDefined, settingsOf, type Draft } from './draft';
import { objectSchema } from './schema';
import { SchemaForm } from './SchemaForm';

/** Registers a channel of a platform, by the form that its connector asks for. */
export function Register({ kind }: { kind: string }) {
  const connectors = useLoad(() => api.get('/v1/connectors'));
  return (
    <div class="admin-stack">
      <Back path="/admin/channels/new" label={t('admin.channel.choose')} />
      <Show of={connectors}>
        {({ data }) => {
          const connector = data.find((c) => c.kind === kind);
          return connector ? <Form connector={connector} /> : <Empty icon="question" title={t('notFound.title')} />;
        }}
      </Show>
    </div>
  );
}

function Form({ connector }: { connector: Schema['Connector'] }) {
  const defined = isDefined(connector);
  const [draft, setDraft] = useState<Draft>(() => ({ ...draftOf(), name: connector.name }));
  const [failure, setFailure] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  // The same request once more, after a cut connection, makes no second channel.
  const key = useRef(newKey());
  const errors = fieldErrors(failure);
  const settings = settingsOf(draft, defined);
  const submit = async () => {
    if (!settings) return;
    setBusy(true);
    setFailure(undefined);
    try {
      const channel = await api.post('/v1/channels', {
        key: key.current,
        body: { kind: connector.kind, name: draft.name.trim(), credentials: credentialsOf(draft.credentials), settings: settings as never },
      });
      go(`/admin/channels/${channel.id}/connect`, undefined, { replace: true });
    } catch (error) {
      if (error instanceof Refused) key.current = newKey();
      setFailure(error);
      setBusy(false);
    }
  };
  return (
    <>
      <header class="admin-bar">
        <h2 class="admin-title">
          <ChannelMark kind={connector.kind} label={false} />
          {t('admin.channel.connect', { name: connector.name })}
        </h2>
      </header>
      <form
        class={defined ? 'admin-stack wide-view' : 'admin-split'}
        onSubmit={(e) => {
          e.preventDefault();
          void submit();
        }}
      >
        <div class="admin-stack panel">
          <Field
            label={t('admin.channel.name')}
            hint={t('admin.channel.nameHint')}
            name="name"
            required
            maxLength={200}
            dir="auto"
            value={draft.name}
            error={errors['name']}
            onInput={(e) => {
                const name = e.currentTarget.value;
                setDraft((d) => ({ ...d, name }));
              }}
          />
          {defined ? (
            <Definition connector={connector} draft={draft} errors={errors} onChange={setDraft} />
          ) : (
            <>
              <SchemaForm
                schema={objectSchema(connector.credentials_schema)}
                values={draft.credentials}
                errors={below(errors, 'credentials')}
                more={t('admin.channel.moreSecrets')}
                secret
                onChange={(name, value) => setDraft((d) => ({ ...d, credentials: { ...d.credentials, [name]: value } }))}
              />
              <SchemaForm
                schema={objectSchema(connector.settings_schema)}
                values={draft.settings}
                errors={below(errors, 'settings')}
                more={t('admin.channel.moreSettings')}
                onChange={(name, value) => setDraft((d) => ({ ...d, settings: { ...d.settings, [name]: value } }))}
              />
            </>
          )}
          <Problem error={failure} />
          <p class="admin-actions">
            <Button onClick={() => go('/admin/channels')}>{t('action.cancel')}</Button>
            <Button kind="primary" type="submit" busy={busy} disabled={!settings}>
              {t('admin.channel.save')}
            </Button>
          </p>
        </div>
        {!defined && (
          <aside class="aside">
            <Section title={t('admin.channel.setup')}>
              <Markdown text={connector.setup} />
            </Section>
          </aside>
        )}
      </form>
    </>
  );
}
