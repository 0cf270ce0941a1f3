// What the composer may do in a conversation, and why not.
import { myID } from '../auth/session';
import { until } from '../i18n/dates';
import type { Schema } from '../api/client';
import type { Conversation } from '../store/conversations';
import { channels, connectors } from '../store/directory';
import { line } from '../store/live';

/** Why a reply cannot simply be written. */
export type Hindrance = 'closed' | 'windowTemplate' | 'windowClosed' | 'disabled';

export interface Composing {
  hindrance: Hindrance | null;
  /** What should be known before sending, the most urgent first. */
  notices: ('offline' | 'suspended' | 'windowClosing' | 'lastMessages' | 'others' | 'solved')[];
  capabilities: Schema['Capabilities'] | null;
}

const closingSoon = 2 * 3600; // seconds before the window's end

/** Finds out what can be written now. */
export function composing(c: Conversation): Composing {
  const channel = channels.value.get(c.channel_id);
  const capabilities = connectors.value.get(channel?.kind ?? '')?.capabilities ?? null;
  const notices: Composing['notices'] = [];
  if (line.value === 'lost') notices.push('offline');
  if (channel?.health.state === 'suspended') notices.push('suspended');
  const window = c.reply_window;
  const left = window.until ? until(window.until) : Infinity;
  const open = window.open && left > 0;
  if (open && left < closingSoon) notices.push('windowClosing');
  if (window.messages_left !== undefined && window.messages_left <= 3) notices.push('lastMessages');
  if (c.assignee_id && c.assignee_id !== myID.value) notices.push('others');
  if (c.status === 'solved') notices.push('solved');
  let hindrance: Hindrance | null = null;
  if (c.status === 'closed') hindrance = 'closed';
  else if (channel && !channel.enabled) hindrance = 'disabled';
  else if (!open || !window.allowed.includes('text')) hindrance = window.allowed.includes('template') ? 'windowTemplate' : 'windowClosed';
  return { hindrance, notices, capabilities };
}

/** How long a text is, as the channel counts. */
export function textLength(text: string, unit: string | undefined): number {
  if (unit === 'utf16') return text.length;
  if (unit === 'bytes') return new TextEncoder().encode(text).length;
  return Array.from(text).length;
}

/** The message type of a file. */
export function fileType(mime: string): 'image' | 'audio' | 'video' | 'file' {
  const kind = mime.split('/')[0];
  return kind === 'image' || kind === 'audio' || kind === 'video' ? kind : 'file';
}

/** Why a channel does not take a file; null when it does, as far as is known. */
export function fileRefusal(file: { size: number; type: string }, capabilities: Schema['Capabilities'] | null): { reason: 'type' | 'size'; max?: number } | null {
  const media = capabilities?.media;
  if (!media) return null;
  const wanted = media[fileType(file.type)];
  const taken = wanted && (!wanted.mimes?.length || wanted.mimes.some((m) => m === file.type || (m.endsWith('/*') && file.type.startsWith(m.slice(0, -1)))));
  // What is no picture for the channel can still go as a file.
  const limit = taken ? wanted : media['file'];
  if (!limit) return { reason: 'type' };
  if (limit.max_bytes && file.size > limit.max_bytes) return { reason: 'size', max: limit.max_bytes };
  return null;
}
