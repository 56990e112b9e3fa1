/** No period is longer, in ms: a start is remembered for so long, since a deployment may make the period of its limit longer. */
export const rememberedMs = 24 * 3_600_000;

/** Of the starts in one such stretch of time, in ms, the last stands for all where they are many. */
const stretchMs = 15 * 60_000;

/** At most `limit` runs start in any window of `periodMs`; what comes on top is skipped. */
export interface RateLimit {
  readonly limit: number;
  readonly periodMs: number;
}

/** What is kept of the starts under one key. */
export interface RateState {
  /**
   * The start that is `limit` starts back, in ms; null while there have been fewer. The others cannot be in the way. Where it has
   * been forgotten, the next that has not.
   */
  readonly oldest: number | null;
  /** The newest start, in ms; null when there was none. */
  readonly newest: number | null;
}

export type RateDecision =
  /** The start counts at `at`: never before an earlier one, also when the clock is set back. */
  | { readonly admitted: true; readonly at: number }
  /** Nothing starts before `until`. */
  | { readonly admitted: false; readonly until: number };

/** A window of `periodMs` that ends now has room exactly when the start `limit` starts back lies outside of it. */
export function decideRate({ limit, periodMs }: RateLimit, state: RateState, now: number): RateDecision {
  const at = Math.max(now, state.newest ?? now);
  if (limit < 1) return { admitted: false, until: Number.MAX_SAFE_INTEGER };
  if (state.oldest !== null && at - state.oldest < periodMs) return { admitted: false, until: state.oldest + periodMs };
  return { admitted: true, at };
}

/**
 * Whether a start that no present limit looks at may be forgotten, the one after it being remembered. To a limit that is raised later
 * it then is as late as that one, less than 15 minutes too late: such a limit may refuse a little more, and never admits too much.
 */
export function mayForget(start: number, after: number): boolean {
  return Math.floor(start / stretchMs) === Math.floor(after / stretchMs);
}
