/** Time as the engine sees it; tests give a virtual one. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `fire` once after `ms`; the returned function cancels. A pending timer does not keep the process alive. */
  after(ms: number, fire: () => void): () => void;
}

/** Longest delay that `setTimeout` takes; longer ones are cut and the caller looks again. */
const longestTimeout = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, fire) {
    const timer = setTimeout(fire, Math.max(0, Math.min(ms, longestTimeout)));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
