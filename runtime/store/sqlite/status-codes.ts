import type { RunStatus, StepKind, StepRecord } from "../records.js";

/** Numbers of the database's columns; never change one, migrations and indexes name them. */
const runStatuses: readonly RunStatus[] = [
  "queued",
  "running",
  "waiting",
  "completed",
  "failed",
  "cancelled",
  "skipped",
];

const stepKinds: readonly StepKind[] = [
  "run",
  "sleep",
  "waitForEvent",
  "invoke",
  "sendEvent",
  "fetch",
  "waitForSignal",
  "sendSignal",
  "ai",
  "publish",
  "transaction",
  "rollback",
  "race",
];

export const statusCode: Readonly<Record<RunStatus, number>> = {
  queued: 0,
  running: 1,
  waiting: 2,
  completed: 3,
  failed: 4,
  cancelled: 5,
  skipped: 6,
};

export const stepKindCode: Readonly<Record<StepKind, number>> = {
  run: 0,
  sleep: 1,
  waitForEvent: 2,
  invoke: 3,
  sendEvent: 4,
  fetch: 5,
  waitForSignal: 6,
  sendSignal: 7,
  ai: 8,
  publish: 9,
  transaction: 10,
  rollback: 11,
  race: 12,
};

export function statusOfCode(code: number): RunStatus {
  const status = runStatuses[code];
  if (!status) throw new Error(`internal error: ${code} is no run status`);
  return status;
}

/** Twice the kind, plus one when it failed. */
export function encodeStep(step: Pick<StepRecord, "kind" | "status">): number {
  return stepKindCode[step.kind] * 2 + (step.status === "failed" ? 1 : 0);
}

export function decodeStep(what: number): Pick<StepRecord, "kind" | "status"> {
  const kind = stepKinds[what >> 1];
  if (!kind) throw new Error(`internal error: ${what} is no kind of step`);
  return { kind, status: what & 1 ? "failed" : "completed" };
}
