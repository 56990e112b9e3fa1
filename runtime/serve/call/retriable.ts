import { isNonRetriableError, isRetryAfterError, isStepError } from "../../define/errors.js";

/** Whether another attempt makes sense; text: not before that time, in the form of the Retry-After header. */
export type Retriable = boolean | string;

export interface Attempt {
  /** Zero-based. */
  readonly attempt: number;
  /** Null: the runtime alone counts. */
  readonly maxAttempts: number | null;
}

export function retriableOf(error: unknown, { attempt, maxAttempts }: Attempt): Retriable {
  if (maxAttempts !== null && attempt >= maxAttempts - 1) return false;
  // A step that has failed for good fails the run, where nobody catches it.
  if (isNonRetriableError(error) || isStepError(error)) return false;
  return isRetryAfterError(error) ? error.retryAfter : true;
}

/** An error as the runtime reads it. */
export function describeError(json: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { stack: "", ...json, __serialized: true };
}
