import { useState } from 'preact/hooks';
import { api } from '../../api/client';
import { t } from '../../i18n/translate';
import { tell } from '../../ui/Toast';
import { Show, useLoad } from '../parts/load';
import { Save } from '../parts/Save';
import { below } from '../parts/problems';
import { Section } from '../parts/Section';
import { styleDraft, StyleForm } from '../parts/StyleForm';
import { useDoing } from '../parts/useDoing';
import type { ChannelProps } from './ChannelPage';

/** The style of a channel's conversations: what happens when one is solved. */
export function ChannelStyle({ channel, onChange }: ChannelProps) {
  const known = useLoad(async () => ({
    schedules: (await api.get('/v1/schedules', { query: { limit: 200 } })).data,
    settings: await api.get('/v1/settings'),
  }));
  const [draft, setDraft] = useState(() => styleDraft(channel.style));
  const { busy, failure, errors, run } = useDoing();
  const save = () =>
    run(async () => {
      onChange(await api.patch('/v1/channels/{channel_id}', { path: { channel_id: channel.id }, body: { style: draft, version: channel.version } }));
      tell(t('admin.saved'));
    });
  return (
    <Section title={t('admin.style.title')} hint={t('admin.style.hint')}>
      <Show of={known}>
        {({ schedules, settings }) => (
          <form
            class="admin-stack"
            onSubmit={(e) => {
              e.preventDefault();
              void save();
            }}
          >
            <StyleForm value={draft} schedules={schedules} usual={settings.styles} errors={below(errors, 'style')} onChange={setDraft} />
            <Save busy={busy} failure={failure} />
          </form>
        )}
      </Show>
    </Section>
  );
}
