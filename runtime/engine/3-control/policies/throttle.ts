/**
 * Delays run starts (the generic cell rate algorithm): `limit + burst` at once, then one for each `periodMs / limit`.
 */
export interface Throttle {
  readonly limit: number;
  readonly burst: number;
  readonly periodMs: number;
}

/**
 * When the starts so far will have been worked off: `baseMs + cells * periodMs / limit`. Whole numbers, so that nothing is lost by
 * rounding however many starts there are.
 */
export interface ThrottleState extends Throttle {
  readonly baseMs: number;
  readonly cells: number;
}

export type ThrottleDecision =
  | { readonly admitted: true; readonly state: ThrottleState }
  /**
   * `state` is to be kept as well, null where nothing is left: one that was carried over counts from this moment, and would
   * put the start off anew at each look.
   */
  | { readonly admitted: false; readonly at: number; readonly state: ThrottleState | null };

/** Whether a run may start now; if not, when the next one may. `state` is null where nothing is left of earlier starts. */
export function decideThrottle(throttle: Throttle, state: ThrottleState | null, now: number): ThrottleDecision {
  const { limit, burst, periodMs } = throttle;
  const capacity = limit + burst;
  const ahead = cellsAhead(throttle, state, now);
  const { baseMs, cells } = ahead;
  const over = cells + 1 - capacity;
  if (over * periodMs > (now - baseMs) * limit) {
    const kept = ahead === state ? state : { limit, burst, periodMs, baseMs, cells };
    return { admitted: false, at: baseMs + Math.ceil((over * periodMs) / limit), state: kept };
  }
  const whole = Math.floor((cells + 1) / limit);
  return {
    admitted: true,
    state: { limit, burst, periodMs, baseMs: baseMs + whole * periodMs, cells: cells + 1 - whole * limit },
  };
}

/** When the state no longer matters and its row may go, in ms. */
export function throttleEndsAt({ baseMs, cells, periodMs, limit }: ThrottleState): number {
  return baseMs + Math.ceil((cells * periodMs) / limit);
}

/** The state as `throttle` counts it at this moment; a state of another configuration is carried over. */
function cellsAhead(throttle: Throttle, state: ThrottleState | null, now: number): { baseMs: number; cells: number } {
  const fresh = { baseMs: now, cells: 0 };
  if (state === null || throttleEndsAt(state) <= now) return fresh;
  const { limit, burst, periodMs } = throttle;
  const same = state.limit === limit && state.periodMs === periodMs;
  const carried = same ? state : { baseMs: throttleEndsAt(state), cells: 0 };
  // The clock was set back, or the capacity has shrunk: more than a full bucket cannot be left.
  const full = limit + burst;
  if ((carried.baseMs - now) * limit + carried.cells * periodMs > full * periodMs) return { baseMs: now, cells: full };
  return carried;
}
