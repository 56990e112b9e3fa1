import { signalledStep } from "../signalled-step.js";
import type { StepRecord } from "../records.js";
import type { Write, WriteResult } from "../store.js";
import type { MemoryTables } from "./memory-tables.js";

/** The wake's run is known to be open. */
export function listen(tables: MemoryTables, { wake, onConflict }: Write & { kind: "listen" }): WriteResult {
  const other = tables.listeners.get(wake.signal);
  const isOther = other && (other.runId !== wake.runId || other.stepKey !== wake.stepKey);
  if (isOther && onConflict === "fail") {
    return { kind: "listen", takenBy: { runId: other.runId, stepKey: other.stepKey } };
  }
  tables.putWake(wake);
  tables.listeners.set(wake.signal, wake);
  return { kind: "listen", takenBy: null };
}

/** The step that the signal ends; null where nobody waits for it. */
export function endedBy(tables: MemoryTables, { signal, output, now }: Write & { kind: "signal" }): StepRecord | null {
  const wake = tables.listeners.get(signal);
  return wake ? signalledStep(wake, output, now) : null;
}
