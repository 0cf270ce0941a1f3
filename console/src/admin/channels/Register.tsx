import { useRef, useState } from 'preact/hooks';
import { api, newKey, Refused, type Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { go } from '../../router/router';
import { Button } from '../../ui/Button';
import { ChannelMark } from '../../ui/ChannelMark';
import { Empty } from '../../ui/Empty';
import { Show, useLoad } from '../parts/load';
import { Markdown } from '../parts/Markdown';
import { Problem } from '../parts/Problem';
import { Back, Section } from '../parts/Section';
import { useDoing } from '../parts/useDoing';
import { ChannelFields } from './ChannelFields';
import { credentialsOf, draftOf, isDefined, settingsOf, type Draft } from './draft';

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
  const { busy, failure, errors, run } = useDoing();
  // The same request once more, after a cut connection, makes no second channel.
  const key = useRef(newKey());
  const settings = settingsOf(draft, defined);
  const submit = () =>
    run(async () => {
      if (!settings) return;
      try {
        const channel = await api.post('/v1/channels', {
          key: key.current,
          body: { kind: connector.kind, name: draft.name.trim(), credentials: credentialsOf(draft.credentials), settings: settings as never },
        });
        go(`/admin/channels/${channel.id}/connect`, undefined, { replace: true });
      } catch (error) {
        if (error instanceof Refused) key.current = newKey();
        throw error;
      }
    });
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
          <ChannelFields connector={connector} draft={draft} errors={errors} hint={t('admin.channel.nameHint')} onChange={setDraft} />
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
