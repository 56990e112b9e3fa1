/** Time as the engine sees it; tests give a virtual one. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `fire` once after `ms`; the returned function cancels. A pending timer does not keep the process alive. */
  after(ms: number, fire: () => void): () => void;
}

/**
 * The longest single timer: Node's timers stand still while the machine sleeps, the wall clock does not, so a long wait
 * is looked at again this often.
 */
const longestTimerMs = 30_000;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, fire) {
    const dueAt = Date.now() + ms;
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const left = Math.max(0, dueAt - Date.now());
      timer = left <= longestTimerMs ? setTimeout(fire, left) : setTimeout(arm, longestTimerMs);
      timer.unref();
    };
    arm();
    return () => clearTimeout(timer);
  },
};
