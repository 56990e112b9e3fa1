import type { Clock } from "../engine/clock.js";

/** The clock of platforms whose timers are numbers as well. A pending timer keeps a request alive: that is its end. */
export const platformClock: Clock = {
  now: () => Date.now(),
  after(ms, fire) {
    const timer = setTimeout(fire, ms);
    return () => clearTimeout(timer);
  },
};

/** Calls back when the microtasks that are there have run, those that they add included. */
export function afterMicrotasks(callback: () => void): void {
  if (typeof setImmediate === "function") setImmediate(callback);
  else setTimeout(callback, 0);
}
