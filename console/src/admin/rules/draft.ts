// A rule while it is edited, in a form or as JSON.
import type { Schema } from '../../api/client';
import { styleDraft } from '../parts/StyleForm';
import type { Action, Condition, Kind } from './vocabulary';

type Rule = Schema['Rule'];

/** A rule with nothing left out. */
export interface Draft {
  name: string;
  kind: Kind;
  enabled: boolean;
  events: string[];
  conditions: { all: Condition[]; any: Condition[] };
  actions: Action[];
}

/** What a new rule begins with: one that is of use as it is. */
export function example(name: string): Draft {
  return {
    name,
    kind: 'automation',
    enabled: true,
    events: [],
    conditions: {
      all: [
        { field: 'conversation.status', operator: 'is', values: ['new', 'open'] },
        { field: 'time.unanswered', operator: 'at_least', values: ['30m'] },
      ],
      any: [],
    },
    actions: [{ type: 'set_priority', value: 'urgent' }],
  };
}

/** A stored rule as a draft. */
export function draftOf(rule: Rule): Draft {
  return {
    name: rule.name,
    kind: rule.kind,
    enabled: rule.enabled,
    events: rule.events,
    conditions: { all: rule.conditions.all ?? [], any: rule.conditions.any ?? [] },
    actions: rule.actions.map(({ style, ...rest }) => ({ ...rest, ...(style ? { style: styleDraft(style) } : {}) })),
  };
}

const isRecord = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v);
const isTexts = (v: unknown): v is string[] => Array.isArray(v) && v.every((item) => typeof item === 'string');

function conditions(v: unknown): Condition[] | undefined {
  if (v === undefined) return [];
  if (!Array.isArray(v)) return undefined;
  return v.every((c) => isRecord(c) && typeof c['field'] === 'string' && typeof c['operator'] === 'string' && (c['values'] === undefined || isTexts(c['values']))) ? (v as Condition[]) : undefined;
}

/** What was typed as JSON, as far as a form can show it; undefined when it cannot. */
export function readDraft(v: unknown): Draft | undefined {
  if (!isRecord(v)) return undefined;
  const { name = '', kind, enabled = true, events = [], conditions: given = {}, actions = [] } = v;
  if (typeof name !== 'string' || (kind !== 'trigger' && kind !== 'automation') || typeof enabled !== 'boolean' || !isTexts(events) || !isRecord(given)) return undefined;
  const all = conditions(given['all']);
  const any = conditions(given['any']);
  if (!all || !any || !Array.isArray(actions) || !actions.every((a) => isRecord(a) && typeof a['type'] === 'string')) return undefined;
  return { name, kind, enabled, events, conditions: { all, any }, actions: actions as Action[] };
}

/** What of a draft the hub is told. */
export function bodyOf(d: Draft): Schema['RuleDraft'] {
  return {
    name: d.name.trim(),
    kind: d.kind,
    enabled: d.enabled,
    // An automation acts on no events.
    ...(d.kind === 'trigger' && d.events.length > 0 ? { events: d.events } : {}),
    conditions: { all: d.conditions.all, ...(d.conditions.any.length > 0 ? { any: d.conditions.any } : {}) },
    actions: d.actions,
  };
}
