import type { StepRecord, WakeBase } from "./records.js";

/** The journal row of a wait that a signal has ended. */
export function signalledStep(wake: WakeBase, output: string, endedAt: number): StepRecord {
  return {
    runId: wake.runId,
    key: wake.stepKey,
    kind: "waitForSignal",
    name: wake.name,
    status: "completed",
    output,
    attempt: 0,
    failures: [],
    startedAt: wake.createdAt,
    endedAt,
  };
}
