import { t } from '../../i18n/translate';
import { go, place } from '../../router/router';
import { channels } from '../../store/directory';
import { Select } from '../../ui/Field';

/** The channel that the address names, "" for all. */
export function chosenChannel(): string {
  return place.value.query.get('channel') ?? '';
}

/** Chooses the channel of a list; the address keeps it. */
export function ChannelFilter() {
  return (
    <Select
      label={t('filter.channel')}
      hideLabel
      value={chosenChannel()}
      onChange={(e) => go(place.value.path, e.currentTarget.value ? new URLSearchParams({ channel: e.currentTarget.value }) : undefined, { replace: true })}
    >
      <option value="">{t('admin.allChannels')}</option>
      {[...channels.value.values()].map((c) => (
        <option key={c.id} value={c.id}>
          {c.name}
        </option>
      ))}
    </Select>
  );
}
