import { useState } from 'preact/hooks';
import { fieldErrors, type FieldErrors } from './problems';

interface Doing {
  busy: boolean;
  /** Why it was refused the last time. */
  failure: unknown;
  /** The same by field. */
  errors: FieldErrors;
  /** Does it, unless it is being done; true when it went well. */
  run(work: () => Promise<unknown>): Promise<boolean>;
}

/** Does something once at a time and keeps why it was refused. */
export function useDoing(): Doing {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const run = async (work: () => Promise<unknown>) => {
    if (busy) return false;
    setBusy(true);
    setFailure(undefined);
    try {
      await work();
      return true;
    } catch (error) {
      setFailure(error);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, failure, errors: fieldErrors(failure), run };
}
