// What rules are made of, in the user's words. The hub says what there is; what
// has no word here keeps the name that the API gives it.
import type { Schema } from '../../api/client';
import { goSeconds, stretch } from '../../i18n/dates';
import { isKey, t } from '../../i18n/translate';
import { agents, channels, groups } from '../../store/directory';
import { kindName } from '../../ui/ChannelMark';

export type Vocabulary = Schema['RuleVocabulary'];
export type Term = Schema['RuleField'];
export type Condition = Schema['RuleCondition'];
export type Action = Schema['RuleActionDraft'];
export type Kind = Schema['RuleKind'];
type Schedules = readonly Schema['Schedule'][];

/** Something to choose. */
export interface Option {
  id: string;
  label: string;
}

/** A word of the vocabulary: "field.message.text", "op.is", "event.note_added", "action.add_tags". */
export function word(name: string): string {
  const key = `rule.${name}`;
  return isKey(key) ? t(key) : name.slice(name.indexOf('.') + 1).replaceAll('_', ' ');
}

/** The operators that a rule of the kind may use. */
export function operators(term: Term | undefined, kind: Kind): readonly string[] {
  return (kind === 'trigger' ? term?.trigger_operators : term?.automation_operators) ?? [];
}

/** What an operator is called with a field: time goes on, a count is. */
export function operatorName(field: string, operator: string): string {
  const counts = (operator === 'at_least' || operator === 'less_than') && !field.startsWith('time.');
  return word(`op.${counts ? 'count_' : ''}${operator}`);
}

/** Whether an operator asks for no value. */
export function bare(operator: string): boolean {
  return operator === 'present' || operator === 'absent' || operator === 'changed';
}

/** What a value of a field is called. */
export function valueName(field: string, value: string, schedules: Schedules = []): string {
  switch (field) {
    case 'conversation.assignee_id':
      return agents.value.get(value)?.name ?? value;
    case 'conversation.group_id':
      return groups.value.get(value)?.name ?? value;
    case 'conversation.channel_id':
      return channels.value.get(value)?.name ?? value;
    case 'conversation.channel_kind':
      return kindName(value);
    case 'business_hours':
      return schedules.find((s) => s.id === value)?.name ?? value;
  }
  if (field.startsWith('time.') && goSeconds(value) > 0) return stretch(goSeconds(value));
  const group = valueWords[field];
  const key = `${group ?? ''}.${value}`;
  return group && isKey(key) ? t(key) : value;
}

const valueWords: Readonly<Record<string, string>> = {
  'conversation.status': 'status',
  'conversation.style': 'style',
  'conversation.priority': 'priority',
  'conversation.session': 'rule.session',
  'conversation.needs_attention': 'rule.truth',
  'conversation.follow_up': 'rule.truth',
  'message.type': 'type',
  'message.author': 'rule.author',
};

/** What can be chosen for a field; nothing where one types. */
export function valueOptions(term: Term, kinds: readonly string[], schedules: Schedules): Option[] | undefined {
  const named = (list: Iterable<{ id: string; name: string }>) => Array.from(list, ({ id, name }) => ({ id, label: name }));
  switch (term.field) {
    case 'conversation.assignee_id':
      return named(agents.value.values());
    case 'conversation.group_id':
      return named(groups.value.values());
    case 'conversation.channel_id':
      return named(channels.value.values());
    case 'conversation.channel_kind':
      return kinds.map((id) => ({ id, label: kindName(id) }));
    case 'business_hours':
      return named(schedules);
  }
  const values = term.sort === 'truth' ? ['true', 'false'] : term.values;
  return values.length > 0 ? values.map((id) => ({ id, label: valueName(term.field, id) })) : undefined;
}

/** A condition as a sentence. */
export function conditionText(c: { field: string; operator: string; values?: readonly string[] }, schedules: Schedules = []): string {
  const values = (c.values ?? []).map((v) => valueName(c.field, v, schedules)).join(` ${t('rule.or')} `);
  return [word(`field.${c.field}`), operatorName(c.field, c.operator), values].filter(Boolean).join(' ');
}

/** An action as a sentence. */
export function actionText(a: { type: string; value?: string | null; tags?: readonly string[]; text?: string; url?: string; style?: { name: string } }): string {
  const style = a.style && isKey(`style.${a.style.name}`) ? t(`style.${a.style.name}` as 'style.live_chat') : a.style?.name;
  const value = a.value ? valueName(actionFields[a.type] ?? '', a.value) : actionFields[a.type] && a.type !== 'set_status' ? t('rule.none') : undefined;
  const what = style ?? value ?? a.tags?.join(', ') ?? a.text ?? a.url;
  return what ? `${word(`action.${a.type}`)}: ${what}` : word(`action.${a.type}`);
}

/** The field that an action sets. */
export const actionFields: Readonly<Record<string, string>> = {
  set_status: 'conversation.status',
  set_priority: 'conversation.priority',
  set_assignee: 'conversation.assignee_id',
  set_group: 'conversation.group_id',
};
