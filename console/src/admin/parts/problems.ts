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

/** What is wrong with a field or with a part of it: of `skills`, also `skills[2]` and `skills[2].level`. */
export function within(errors: FieldErrors, name: string): string | undefined {
  const found = Object.entries(errors).filter(([field]) => field === name || field.startsWith(`${name}[`) || field.startsWith(`${name}.`));
  return found.length > 0 ? found.map(([, message]) => message).join('; ') : undefined;
}
