import { useState } from 'preact/hooks';
import { t } from '../../i18n/translate';
import { Textarea } from '../../ui/Field';

/** Reads JSON as it was typed: its value, or what is wrong with it. */
export function parseJSON(text: string): { value: unknown; error?: undefined } | { value?: undefined; error: string } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { error: t('admin.json.wrong', { why: error instanceof Error ? error.message : '' }) };
  }
}

/** JSON over several lines; a text that is none stays as it is. Of a text every digit is kept: ids of platforms are longer than numbers here. */
export function pretty(raw: unknown): string {
  if (typeof raw !== 'string') return JSON.stringify(raw, null, 2);
  return parseJSON(raw).error === undefined ? indent(raw) : raw;
}

const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** Puts a valid JSON text on several lines, its values as they are written. */
function indent(text: string): string {
  const tokens = text.match(token) ?? [];
  let depth = 0;
  let out = '';
  for (const [i, part] of tokens.entries()) {
    const line = () => `\n${'  '.repeat(depth)}`;
    const next = tokens[i + 1];
    if (part === '{' || part === '[') {
      depth++;
      out += part + (next === '}' || next === ']' ? '' : line());
    } else if (part === '}' || part === ']') {
      depth--;
      const before = tokens[i - 1];
      out += (before === '{' || before === '[' ? '' : line()) + part;
    } else if (part === ',') out += part + line();
    else if (part === ':') out += ': ';
    else out += part;
  }
  return out;
}

/** JSON or other text from a machine, to be read and scrolled. */
export function Code({ label, children }: { label: string; children: string }) {
  return (
    <pre class="code" tabIndex={0} role="region" aria-label={label}>
      {children}
    </pre>
  );
}

interface Props {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  value: string;
  rows?: number;
  onChange(text: string): void;
}

/** An editor for JSON: what is no JSON is said once it is left. */
export function JsonField({ label, hint, error, value, rows = 12, onChange }: Props) {
  const [touched, setTouched] = useState(false);
  const wrong = touched && value.trim() ? parseJSON(value).error : undefined;
  return (
    <Textarea
      label={label}
      hint={hint}
      error={error ?? wrong}
      class="code-input"
      rows={rows}
      spellcheck={false}
      autocomplete="off"
      value={value}
      onInput={(e) => onChange(e.currentTarget.value)}
      onBlur={() => setTouched(true)}
    />
  );
}
