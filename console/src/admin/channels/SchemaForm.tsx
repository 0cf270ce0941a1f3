import { useState } from 'preact/hooks';
import { t } from '../../i18n/translate';
import { Button } from '../../ui/Button';
import { Field, Select, Textarea } from '../../ui/Field';
import { JsonField, parseJSON, pretty } from '../parts/Json';
import type { FieldErrors } from '../parts/problems';
import { errorOf, kindOf, parts, type ObjectSchema, type Property, type Values } from './schema';

interface Props {
  schema: ObjectSchema;
  values: Values;
  errors: FieldErrors;
  /** Told of one value at a time: browsers fill several fields at once. */
  onChange(name: string, value: unknown): void;
  /** What the optional fields are called together. */
  more: string;
  /** Every value is a secret: it is typed unseen. */
  secret?: boolean;
  /** Secrets that the hub has already. They are never shown; an empty field keeps them. */
  kept?: readonly string[];
}

/** A form for whatever a connector's schema asks for. */
export function SchemaForm({ schema, values, errors, onChange, more, secret = false, kept = [] }: Props) {
  const { needed, optional } = parts(schema);
  const field = ([name, property]: [string, Property], required: boolean) => (
    <PropertyField
      key={name}
      name={name}
      property={property}
      required={required}
      secret={secret}
      kept={kept.includes(name)}
      value={values[name]}
      error={errorOf(errors, name)}
      onChange={(value) => onChange(name, value)}
    />
  );
  // What has an error or a value is never folded away.
  const open = needed.length === 0 || optional.some(([name]) => errorOf(errors, name) !== undefined || (values[name] !== undefined && values[name] !== ''));
  return (
    <div class="admin-stack">
      {needed.map((entry) => field(entry, true))}
      {optional.length > 0 && (
        <details class="more" open={open}>
          <summary>{more}</summary>
          <div class="admin-stack">{optional.map((entry) => field(entry, false))}</div>
        </details>
      )}
    </div>
  );
}

interface FieldProps {
  name: string;
  property: Property;
  required: boolean;
  secret: boolean;
  kept: boolean;
  value: unknown;
  error: string | undefined;
  onChange(value: unknown): void;
}

function PropertyField({ name, property, required, secret, kept, value, error, onChange }: FieldProps) {
  const label = property.title ?? name;
  const example = property.examples?.[0] ?? (property.default !== undefined && property.default !== '' ? property.default : undefined);
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  const common = { name, label, hint: property.description, error, required: required && !kept };
  if (secret) return <SecretField {...common} long={(property.maxLength ?? 0) > 1024} kept={kept} value={value} onChange={onChange} />;
  switch (kindOf(property)) {
    case 'flag':
      return (
        <label class="check">
          <input type="checkbox" name={name} checked={(value ?? property.default) === true} onChange={(e) => onChange(e.currentTarget.checked)} />
          <span>
            {label}
            {property.description && <small>{property.description}</small>}
          </span>
        </label>
      );
    case 'choice':
      return (
        <Select {...common} value={text || String(property.default ?? '')} onChange={(e) => onChange(e.currentTarget.value)}>
          {property.enum?.map((option) => (
            <option key={option} value={option}>
              {option === '' ? t('admin.form.unset') : option}
            </option>
          ))}
        </Select>
      );
    case 'number':
      return (
        <Field
          {...common}
          type="number"
          min={property.minimum}
          max={property.maximum}
          value={text}
          placeholder={example === undefined ? undefined : String(example)}
          onInput={(e) => onChange(e.currentTarget.value === '' ? undefined : Number(e.currentTarget.value))}
        />
      );
    case 'lines':
      return (
        <Textarea
          {...common}
          rows={3}
          hint={`${property.description ?? ''} ${t('admin.form.lines')}`.trim()}
          value={Array.isArray(value) ? value.join('\n') : ''}
          onInput={(e) => onChange(e.currentTarget.value === '' ? [] : e.currentTarget.value.split('\n'))}
          onBlur={(e) => onChange(e.currentTarget.value.split('\n').map((l) => l.trim()).filter(Boolean))}
        />
      );
    case 'long':
      return <Textarea {...common} rows={4} value={text} onInput={(e) => onChange(e.currentTarget.value)} />;
    case 'json':
      return <JsonProperty {...common} value={value} onChange={onChange} />;
    case 'text':
      return (
        <Field
          {...common}
          type="text"
          dir="auto"
          autocomplete="off"
          maxLength={property.maxLength}
          value={text}
          placeholder={example === undefined ? undefined : String(example)}
          onInput={(e) => onChange(e.currentTarget.value)}
        />
      );
  }
}

/** What has no simpler control is written as JSON; a text that is none yet is kept and not handed on. */
function JsonProperty({ value, onChange, ...rest }: { label: string; hint: string | undefined; error: string | undefined; value: unknown; onChange(value: unknown): void }) {
  const [text, setText] = useState(() => (value === undefined ? '' : pretty(value)));
  const change = (next: string) => {
    setText(next);
    const parsed = parseJSON(next);
    if (next.trim() === '') onChange(undefined);
    else if (parsed.error === undefined) onChange(parsed.value);
  };
  return <JsonField {...rest} rows={6} value={text} onChange={change} />;
}

interface SecretProps {
  name: string;
  label: string;
  hint: string | undefined;
  error: string | undefined;
  required: boolean;
  /** Keys of several lines would lose their breaks in a password field. */
  long: boolean;
  kept: boolean;
  value: unknown;
  onChange(value: unknown): void;
}

/** A secret: typed unseen, never shown again. Of one that is kept, `null` stands for its removal. */
function SecretField({ long, kept, value, onChange, hint, required, ...rest }: SecretProps) {
  const removed = value === null;
  const text = typeof value === 'string' ? value : '';
  const state = kept ? t(removed ? 'admin.secret.removed' : 'admin.secret.kept') : undefined;
  const common = { ...rest, required, hint: [state, hint].filter(Boolean).join(' '), disabled: removed, spellcheck: false, placeholder: kept && !removed ? '••••••••' : undefined, value: text };
  return (
    <div class="secret">
      {long ? (
        <Textarea {...common} class="secret-text" rows={3} autocomplete="off" onInput={(e) => onChange(e.currentTarget.value)} />
      ) : (
        <Field {...common} type="password" autocomplete="new-password" onInput={(e) => onChange(e.currentTarget.value)} />
      )}
      {kept && (
        <Button kind="quiet" size="small" onClick={() => onChange(removed ? '' : null)}>
          {t(removed ? 'admin.secret.keep' : 'admin.secret.remove', { name: rest.label })}
        </Button>
      )}
    </div>
  );
}
