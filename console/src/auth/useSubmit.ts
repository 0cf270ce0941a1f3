import { useState } from 'preact/hooks';
import { Refused } from '../api/client';
import { explain } from '../api/problem';

interface Submission {
  busy: boolean;
  /** What went wrong, unless it is about single fields. */
  error: string | undefined;
  /** What is wrong with a field. */
  fieldError(name: string): string | undefined;
  submit(e: Event): void;
}

/** Runs a form's action once at a time and keeps what went wrong. */
export function useSubmit(action: () => Promise<void>, fields: readonly string[] = []): Submission {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const problems = failure instanceof Refused ? (failure.problem.errors ?? []) : [];
  const fieldError = (name: string) => problems.find((p) => p.field === name)?.message;
  const onFields = problems.length > 0 && problems.every((p) => fields.includes(p.field));
  return {
    busy,
    error: failure === undefined || onFields ? undefined : explain(failure),
    fieldError,
    submit: (e) => {
      e.preventDefault();
      if (busy) return;
      setBusy(true);
      setFailure(undefined);
      action()
        .catch(setFailure)
        .finally(() => setBusy(false));
    },
  };
}
