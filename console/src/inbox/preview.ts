// One line that says what a message holds.
import { t, type Key } from '../i18n/translate';
import type { IconName } from '../ui/Icon';
import type { Schema } from '../api/client';

const icons: Partial<Record<Schema['MessageType'], IconName>> = {
  image: 'image', audio: 'audio', video: 'video', file: 'file', sticker: 'smile', location: 'pin', contact: 'card', order: 'cart', template: 'template',
  unsupported: 'question', system: 'info',
};

/** The icon of a kind of content; none for text. */
export function typeIcon(type: Schema['MessageType']): IconName | undefined {
  return icons[type];
}

/** The text of a message, or the name of what it is. */
export function previewText(m: { type: Schema['MessageType']; text: string | null }): string {
  const text = m.text?.replace(/\s+/g, ' ').trim();
  return text || t(`type.${m.type}` as Key);
}
