// What may become of a request besides an answer.
import type { components } from '../dist/schema';
import type { Answer } from './platform';

export type Problem = components['schemas']['Problem'];

/** The hub refused a request and says why. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
    /** Seconds to wait before the same request makes sense; null where the hub does not say. */
    readonly retryAfter: number | null,
  ) {
    super(problem.detail ?? problem.title);
    this.name = 'Refused';
  }

  get code(): string {
    return this.problem.code;
  }

  /** Tells whether the same request may succeed later. */
  get passing(): boolean {
    return this.status === 429 || this.status === 408 || this.status >= 500;
  }
}

/** The hub could not be reached, or what answered is no hub. The request may have been carried out. */
export class Unreachable extends Error {
  constructor(readonly reason: unknown) {
    super('the hub cannot be reached');
    this.name = 'Unreachable';
  }
}

/** Reads a refusal out of an answer that is not 2xx. */
export async function refusal(answer: Answer): Promise<Refused | Unreachable> {
  const after = Number(answer.headers.get('Retry-After'));
  try {
    const problem = (await answer.json()) as Problem;
    if (typeof problem.code === 'string') return new Refused(answer.status, problem, after > 0 ? after : null);
  } catch {
    // A proxy's page, most likely.
  }
  return new Unreachable(new Error(`status ${answer.status}`));
}
