// Refusals in the user's words.
import { isKey, t } from '../i18n/translate';
import { Refused, Unreachable } from './client';

/** What to tell the user of a request that failed, with what to do. */
export function explain(error: unknown): string {
  if (error instanceof Refused) {
    const key = `problem.${error.code}`;
    if (isKey(key)) return t(key);
    const fields = error.problem.errors?.map((e) => (e.field ? `${e.field}: ${e.message}` : e.message)).join('; ');
    return fields || error.problem.detail || error.problem.title;
  }
  if (error instanceof Unreachable) return t('problem.unreachable');
  return t('problem.unexpected');
}

/** The id under which the hub's log has the request, if there is one. */
export function requestID(error: unknown): string | undefined {
  return error instanceof Refused ? error.problem.request_id : undefined;
}
