// What is wrong, by field, out of a problem document.
import { Refused } from '../../api/client';

export type FieldErrors = Readonly<Record<string, string>>;

/** What the hub refused, by the name of the field. */
export function fieldErrors(error: unknown): FieldErrors {
  const errors: Record<string, string> = {};
  if (!(error instanceof Refused)) return errors;
  for (const { field, message } of error.problem.errors ?? []) {
    if (!field) continue;
    errors[field] = errors[field] ? `${errors[field]}; ${message}` : message;
  }
  return errors;
}

/** The errors of what is below a field, by their names there: of `settings.colour` below `settings`, `colour`. */
export function below(errors: FieldErrors, name: string): FieldErrors {
  const found: Record<string, string> = {};
  for (const [field, message] of Object.entries(errors)) {
    if (field.startsWith(`${name}.`)) found[field.slice(name.length + 1)] = message;
  }
  return found;
}
