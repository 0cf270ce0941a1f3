// The part of JSON Schema that connectors describe their forms with.

export interface Property {
  type?: string | readonly string[];
  title?: string;
  description?: string;
  enum?: readonly (string | number)[];
  default?: unknown;
  examples?: readonly unknown[];
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  pattern?: string;
  format?: string;
  items?: Property;
}

export interface ObjectSchema {
  properties?: Readonly<Record<string, Property>>;
  required?: readonly string[];
}

export type Values = Readonly<Record<string, unknown>>;

export type Kind = 'text' | 'long' | 'number' | 'flag' | 'choice' | 'lines' | 'json';

const longFrom = 600; // characters; more are not written on one line

/** Which control a property is edited with. */
export function kindOf(p: Property): Kind {
  const types = typeof p.type === 'string' ? [p.type] : (p.type ?? []);
  if (p.enum) return 'choice';
  if (types.includes('boolean')) return 'flag';
  if (types.includes('array') && p.items?.type === 'string') return 'lines';
  if (types.includes('string')) return (p.maxLength ?? 0) >= longFrom ? 'long' : 'text';
  if (types.includes('integer') || types.includes('number')) return 'number';
  return 'json';
}

/** The properties in two parts: those that have to be there, and the rest. */
export function parts(schema: ObjectSchema): { needed: [string, Property][]; optional: [string, Property][] } {
  const all = Object.entries(schema.properties ?? {});
  const required = new Set(schema.required ?? []);
  return { needed: all.filter(([name]) => required.has(name)), optional: all.filter(([name]) => !required.has(name)) };
}

/** A schema as the API gives it. */
export function objectSchema(raw: unknown): ObjectSchema {
  return typeof raw === 'object' && raw !== null ? (raw as ObjectSchema) : {};
}

/** Values without those that were left empty, which the connector's defaults then stand for. */
export function filled(values: Values): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value === '' || value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    kept[name] = value;
  }
  return kept;
}

/** The error of a property, its parts' included. */
export function errorOf(errors: Readonly<Record<string, string>>, name: string): string | undefined {
  const own = errors[name];
  if (own) return own;
  const inside = Object.entries(errors).filter(([field]) => field.startsWith(`${name}.`));
  return inside.length > 0 ? inside.map(([field, message]) => `${field.slice(name.length + 1)}: ${message}`).join('; ') : undefined;
}
