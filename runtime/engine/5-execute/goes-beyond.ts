import type { JournalEntry, WakeRecord } from "../../store/records.js";

const fromOutside: ReadonlySet<string> = new Set(["waitForEvent", "waitForSignal", "invoke"]);

/**
 * Whether the handler gets beyond where it has been when it is given the last recorded result. Without wakes it does:
 * nothing stopped it there but its end. A handler that was parked had gone on from the results that it had, to the steps
 * that it waits for; only what came from outside after the youngest of them is news to it.
 */
export function goesBeyond(last: JournalEntry, wakes: ReadonlyMap<string, WakeRecord>): boolean {
  if (wakes.size === 0) return true;
  if (!fromOutside.has(last.kind)) return false;
  for (const wake of wakes.values()) if (wake.createdAt >= last.endedAt) return false;
  return true;
}
