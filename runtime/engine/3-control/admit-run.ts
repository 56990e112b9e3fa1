import type { NewRun } from "../../store/store.js";

/** How many runs this process may still take on at once; they are counted down as they are taken. */
export interface Admission {
  readonly worker: string;
  free: number;
}

/**
 * Decides whether a new run begins here and now, leased from its first row on, or queues. `at` is the earliest time at
 * which it may start.
 */
export function admitRun(at: number, now: number, admission: Admission): Pick<NewRun, "owner" | "queueAt"> {
  if (at > now || admission.free <= 0) return { owner: null, queueAt: at };
  admission.free--;
  return { owner: admission.worker, queueAt: now };
}
