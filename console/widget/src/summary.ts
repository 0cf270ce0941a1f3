import type { Message } from '../../../sdk/src/webchat';
import type { Words } from './en';

/** A message in one line. */
export function summary(m: Pick<Message, 'text' | 'attachments' | 'location' | 'type' | 'deleted_at'>, words: Words): string {
  if (m.deleted_at) return words.deleted;
  const text = (m.text ?? '').replace(/\s+/g, ' ').trim();
  if (text) return text.length > 140 ? `${text.slice(0, 139)}…` : text;
  const file = m.attachments[0];
  if (file) return file.type === 'image' ? words.picture : file.name || words.file;
  return m.location ? words.location : words.unsupported;
}
