import { childrenToCancel } from "../6-settle/canceller.js";
import type { Execution } from "./execution.js";
import { isRunWatch, type WakeRecord } from "../../store/records.js";

const none: ReadonlyMap<string, WakeRecord> = new Map();

/** The wakes of a run's steps by their keys, without what watches the run as a whole. */
export function mapStepWakes(wakes: readonly WakeRecord[]): ReadonlyMap<string, WakeRecord> {
  if (wakes.length === 0) return none;
  const found = new Map<string, WakeRecord>();
  for (const wake of wakes) if (!isRunWatch(wake)) found.set(wake.stepKey, wake);
  return found;
}

/** The runs that the steps wait for and that are cancelled with their run. */
export function childrenOf({ wakes, steps }: Execution): string[] {
  const waiting = new Map(wakes);
  for (const { key, wake } of steps) if (wake) waiting.set(key, wake);
  return childrenToCancel(waiting.values());
}
