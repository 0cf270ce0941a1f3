import type { components } from '../dist/schema';
import type { Answer } from './platform';
export type Problem = components['schemas']['Problem'];
/** The hub refused a request and says why. */
export declare class Refused extends Error {
    readonly status: number;
    readonly problem: Problem;
    /** Seconds to wait before the same request makes sense; null where the hub does not say. */
    readonly retryAfter: number | null;
    constructor(status: number, problem: Problem, 
    /** Seconds to wait before the same request makes sense; null where the hub does not say. */
    retryAfter: number | null);
    get code(): string;
    /** Tells whether the same request may succeed later. */
    get passing(): boolean;
}
/** The hub could not be reached, or what answered is no hub. The request may have been carried out. */
export declare class Unreachable extends Error {
    readonly reason: unknown;
    constructor(reason: unknown);
}
/** Reads a refusal out of an answer that is not 2xx. */
export declare function refusal(answer: Answer): Promise<Refused | Unreachable>;
