import { useState } from 'preact/hooks';
import { api, type Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { follow, href } from '../../router/router';
import { ChannelMark } from '../../ui/ChannelMark';
import { Chip } from '../../ui/Chip';
import { Field } from '../../ui/Field';
import { Show, useLoad } from '../parts/load';
import { Back } from '../parts/Section';

/** What a platform is good for, in a few words. */
function abilities(raw: unknown): string[] {
  const c = raw as Schema['Capabilities'];
  const words: string[] = [];
  if (c.media && Object.keys(c.media).length > 0) words.push(t('admin.ability.media'));
  if (c.buttons) words.push(t('admin.ability.buttons'));
  if (c.templates) words.push(t('admin.ability.templates'));
  if (c.reactions) words.push(t('admin.ability.reactions'));
  if (c.receipts?.includes('read')) words.push(t('admin.ability.read'));
  return words;
}

/** Every platform that a channel can be of. */
export function Catalogue() {
  const connectors = useLoad(() => api.get('/v1/connectors'));
  const [query, setQuery] = useState('');
  const wanted = query.trim().toLocaleLowerCase();
  return (
    <div class="admin-stack">
      <Back path="/admin/channels" label={t('channels.title')} />
      <div class="admin-bar">
        <h2 class="admin-title">{t('admin.channel.choose')}</h2>
        <div class="admin-search">
          <Field label={t('admin.channel.search')} hideLabel type="search" placeholder={t('admin.channel.search')} value={query} onInput={(e) => setQuery(e.currentTarget.value)} />
        </div>
      </div>
      <Show of={connectors}>
        {({ data }) => {
          const shown = data.filter((c) => !wanted || c.name.toLocaleLowerCase().includes(wanted) || c.kind.includes(wanted));
          if (shown.length === 0) return <p class="quiet">{t('menu.none')}</p>;
          return (
            <ul class="cards">
              {shown.map((c) => (
                <li key={c.kind}>
                  <a class="card card-link" href={href(`/admin/channels/new/${c.kind}`)} onClick={follow}>
                    <ChannelMark kind={c.kind} label={false} />
                    <strong>{c.name}</strong>
                    <span class="card-chips">
                      {abilities(c.capabilities).map((word) => (
                        <Chip key={word}>{word}</Chip>
                      ))}
                      {c.presets && c.presets.length > 0 && <Chip tone="accent">{t('admin.channel.define')}</Chip>}
                    </span>
                  </a>
                </li>
              ))}
            </ul>
          );
        }}
      </Show>
    </div>
  );
}
