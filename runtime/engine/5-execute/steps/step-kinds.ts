import type { WakeRecord } from "../../../store/records.js";
import { StepUseError } from "../../../transport/step-errors.js";
import type { StepOp } from "../../../transport/step-op.js";
import { errorText } from "../../json.js";
import type { Execution } from "../execution.js";
import type { PendingStep } from "../pending-step.js";
import { beginInvoke, endInvokeLate } from "./invoke-step.js";
import { beginRequest } from "./request-step.js";
import { beginRun } from "./run-step.js";
import { beginSendEvent } from "./send-event-step.js";
import { beginSendSignal, beginSignalWait } from "./signal-steps.js";
import { beginSleep, endSleep } from "./sleep-step.js";
import { beginTransaction } from "./transaction-step.js";
import { beginWait, endWaitLate, lookBack } from "./wait-step.js";

/** A step that the journal does not know. */
export function beginStep(execution: Execution, step: PendingStep): void {
  step.startedAt = execution.services.clock.now();
  const { op } = step;
  if (mustWait(execution, step, () => beginStep(execution, step))) return;
  switch (op.kind) {
    case "run":
    case "rollback":
      return beginRun(execution, step, op);
    case "transaction":
    case "rollbackTransaction":
      return beginTransaction(execution, step, op);
    case "fetch":
    case "ai":
      return beginRequest(execution, step, op);
    case "sleep":
      return beginSleep(execution, step, op);
    case "waitForEvent":
      return beginWait(execution, step, op);
    case "waitForSignal":
      return beginSignalWait(execution, step, op);
    case "sendSignal":
      return beginSendSignal(execution, step, op);
    case "invoke":
      return beginInvoke(execution, step, op);
    case "sendEvent":
      return beginSendEvent(execution, step, op);
    // Its branches begin when it is asked for.
    case "race":
      return;
  }
}

const wakeOf = {
  run: "retry",
  sendEvent: "retry",
  fetch: "retry",
  ai: "retry",
  transaction: "retry",
  rollback: "retry",
  rollbackTransaction: "retry",
  sleep: "sleep",
  waitForEvent: "event",
  waitForSignal: "signal",
  invoke: "run",
  // It is over with one commit.
  sendSignal: null,
  // It has none: its branches do.
  race: null,
} as const;

/** What counts as executing under a limit of concurrency; the others only write a row, or consist of others. */
const executing: ReadonlySet<StepOp["kind"]> = new Set([
  "run",
  "transaction",
  "fetch",
  "ai",
  "rollback",
  "rollbackTransaction",
]);

/** True when a limit does not let it execute yet; `again` is called when it does. */
function mustWait(execution: Execution, step: PendingStep, again: () => void): boolean {
  const { slots, services } = execution;
  if ((slots === null && !step.op.limit) || !executing.has(step.op.kind)) return false;
  // The step's own limit first: who waits for it takes nothing of the function's.
  return !services.stepLimits.take(execution, step, again) || (slots !== null && !slots.take(step, again));
}

/** A step that has a wake: it is due now, or gets its timer. */
export function continueWake(execution: Execution, step: PendingStep, wake: WakeRecord): void {
  step.wake = wake;
  step.wakeStored = true;
  step.state = "waiting";
  step.startedAt ||= wake.createdAt;
  const { op } = step;
  if (wake.kind !== wakeOf[op.kind]) {
    const detail = `step \`${step.key}\` was waiting for a ${wake.kind} and is now \`${op.kind}\``;
    return execution.services.fail(execution, new StepUseError("nondeterminism", detail));
  }
  if (wake.kind === "retry") {
    step.failures = wake.failures;
    step.input = wake.input ?? null;
  }
  if (wake.kind === "event" && wake.since !== undefined) return lookBack(execution, step, wake);
  if (wake.dueAt === null || wake.dueAt > execution.services.clock.now()) return execution.waits.arm(step);
  if (mustWait(execution, step, () => continueWake(execution, step, wake))) return;
  switch (op.kind) {
    case "run":
    case "rollback":
      return beginRun(execution, step, op);
    case "transaction":
    case "rollbackTransaction":
      return beginTransaction(execution, step, op);
    case "sendEvent":
      return beginSendEvent(execution, step, op);
    case "fetch":
    case "ai":
      return beginRequest(execution, step, op);
    case "sleep":
      return endSleep(execution, step);
    case "waitForSignal":
    case "waitForEvent":
      return endWaitLate(execution, step);
    case "invoke":
      return endInvokeLate(execution, step, op);
  }
}

/** The step cannot be done and trying again would not help. */
export function failForGood(execution: Execution, step: PendingStep, error: unknown): void {
  execution.settle(step, { status: "failed", output: errorText(error) });
}
