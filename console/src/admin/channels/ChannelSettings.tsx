import { useState } from 'preact/hooks';
import { api, type Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { Field, Select } from '../../ui/Field';
import { tell } from '../../ui/Toast';
import { groups } from '../../store/directory';
import { Show, useLoad } from '../parts/load';
import { Save } from '../parts/Save';
import { useDoing } from '../parts/useDoing';
import { ChannelFields } from './ChannelFields';
import { ChannelRetention } from './ChannelRetention';
import type { ChannelProps } from './ChannelPage';
import { credentialsOf, draftOf, isDefined, settingsOf } from './draft';

/** Changes a channel's name, secrets and settings, and for how long what came by it is kept. */
export function ChannelSettings(props: ChannelProps) {
  const connectors = useLoad(() => api.get('/v1/connectors'));
  return (
    <Show of={connectors}>
      {({ data }) => {
        const connector = data.find((c) => c.kind === props.channel.kind);
        return (
          <div class="admin-stack">
            {connector ? <Form connector={connector} {...props} /> : <p class="quiet">{t('admin.channel.noConnector')}</p>}
            <ChannelRetention {...props} />
          </div>
        );
      }}
    </Show>
  );
}

function Form({ connector, channel, onChange }: ChannelProps & { connector: Schema['Connector'] }) {
  const defined = isDefined(connector);
  const [draft, setDraft] = useState(() => draftOf(channel));
  const [group, setGroup] = useState(channel.group_id ?? '');
  const [sendFor, setSendFor] = useState(channel.send_for);
  const { busy, failure, errors, run } = useDoing();
  const settings = settingsOf(draft, defined);
  const submit = () =>
    run(async () => {
      if (!settings) return;
      const credentials = credentialsOf(draft.credentials);
      const changed = await api.patch('/v1/channels/{channel_id}', {
        path: { channel_id: channel.id },
        body: {
          name: draft.name.trim(),
          settings: settings as never,
          group_id: group || null,
          send_for: sendFor,
          version: channel.version,
          ...(Object.keys(credentials).length > 0 ? { credentials } : {}),
        },
      });
      tell(t('admin.saved'));
      onChange(changed);
    });
  return (
    <form
      class={`admin-stack ${defined ? 'wide-view' : 'admin-narrow'}`}
      onSubmit={(e) => {
        e.preventDefault();
        void submit();
      }}
    >
      <ChannelFields connector={connector} draft={draft} errors={errors} channel={channel} onChange={setDraft} />
      <div class="admin-columns">
        <Select label={t('admin.channel.group')} hint={t('admin.channel.groupHint')} value={group} error={errors['group_id']} onChange={(e) => setGroup(e.currentTarget.value)}>
          <option value="">{t('thread.noGroup')}</option>
          {[...groups.value.values()].map((g) => (
            <option key={g.id} value={g.id}>
              {g.name}
            </option>
          ))}
        </Select>
        <Field label={t('admin.health.sendFor')} hint={t('admin.channel.sendForHint')} value={sendFor} error={errors['send_for']} onInput={(e) => setSendFor(e.currentTarget.value)} />
      </div>
      <Save busy={busy} failure={failure} disabled={!settings} />
    </form>
  );
}
