import { signalledStep } from "../signalled-step.js";
import type { StepRecord, WakeBase } from "../records.js";
import type { Write, WriteResult } from "../store.js";
import { readNumber, readText, readTextOrNull } from "./read-column.js";
import { toWakeValues } from "./wake-rows.js";
import { insertWake, type WriteContext } from "./write-context.js";

/** `run` is the number of the wake's run, which is known to be open. */
export function listen(
  context: WriteContext,
  run: number,
  { wake, onConflict }: Write & { kind: "listen" },
): WriteResult {
  const other = findListener(context, wake.signal);
  const isOther = other && (other.runId !== wake.runId || other.stepKey !== wake.stepKey);
  if (isOther && onConflict === "fail") {
    return { kind: "listen", takenBy: { runId: other.runId, stepKey: other.stepKey } };
  }
  context.run(insertWake, toWakeValues(run, wake));
  context.run("UPDATE wakes SET signal = NULL WHERE signal = ?", [wake.signal]);
  context.run("UPDATE wakes SET signal = ? WHERE run = ? AND key = ?", [wake.signal, run, wake.stepKey]);
  return { kind: "listen", takenBy: null };
}

/** The step that the signal ends; null where nobody waits for it. */
export function endedBy(context: WriteContext, { signal, output, now }: Write & { kind: "signal" }): StepRecord | null {
  const wake = findListener(context, signal);
  return wake ? signalledStep(wake, output, now) : null;
}

function findListener(context: WriteContext, signal: string): WakeBase | null {
  // A wake's run may still be in the buffer.
  context.runs.flush();
  const sql = "SELECT r.id, w.key, w.name, w.created_at FROM wakes w JOIN runs r ON r.n = w.run WHERE w.signal = ?";
  const row = context.get(sql, [signal]);
  if (!row) return null;
  return {
    runId: readText(row, "id"),
    stepKey: readText(row, "key"),
    name: readTextOrNull(row, "name"),
    createdAt: readNumber(row, "created_at"),
  };
}
