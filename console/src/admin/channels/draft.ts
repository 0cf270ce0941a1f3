// What is typed into the form of a channel, and what the hub is sent of it.
import type { Schema } from '../../api/client';
import { parseJSON, pretty } from '../parts/Json';
import { filled, type Values } from './schema';

export interface Draft {
  name: string;
  credentials: Values;
  settings: Values;
  /** The settings as JSON, of connectors that are told how to speak to a platform. */
  definition: string;
}

/** Connectors with presets are edited as JSON: their settings are a definition rather than a form. */
export function isDefined(connector: Schema['Connector']): boolean {
  return connector.presets !== undefined && connector.presets.length > 0;
}

/** A form with nothing in it, or with what a channel has. */
export function draftOf(channel?: Schema['Channel']): Draft {
  const settings = (channel?.settings ?? {}) as Values;
  return { name: channel?.name ?? '', credentials: {}, settings, definition: channel ? pretty(settings) : '' };
}

/** Secrets that were typed; an empty text removes one that the hub has. */
export function credentialsOf(values: Values): Record<string, string> {
  const named: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value === null) named[name] = '';
    else if (typeof value === 'string' && value !== '') named[name] = value;
  }
  return named;
}

/** The settings of a form; undefined when the JSON cannot be read. */
export function settingsOf(draft: Draft, defined: boolean): Record<string, unknown> | undefined {
  if (!defined) return filled(draft.settings);
  const value = parseJSON(draft.definition || '{}').value;
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}
