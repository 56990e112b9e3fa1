import type { Clock } from "./clock.js";
import type { LiveRuns } from "./live-runs.js";

const pollMs = 10;

/** Resolves when no handler lives any more, at the latest after `longestMs`. */
export async function drained(live: LiveRuns, clock: Clock, longestMs: number): Promise<void> {
  if (live.count === 0) return;
  await new Promise<void>((resolve) => {
    const cancel = clock.after(longestMs, resolve);
    const look = (): void => {
      if (live.count > 0) return void clock.after(pollMs, look);
      cancel();
      resolve();
    };
    look();
  });
}
