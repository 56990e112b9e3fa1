/** At most `limit` runs start in any window of `periodMs`; what comes on top is skipped. */
export interface RateLimit {
  readonly limit: number;
  readonly periodMs: number;
}

/** What is kept of the starts under one key. */
export interface RateState {
  /** The start that is `limit` starts back, in ms; null while there have been fewer. The others cannot be in the way. */
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
