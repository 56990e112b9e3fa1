import type { StepOp } from "../../../transport/step-op.js";
import type { Execution } from "../execution.js";
import type { PendingStep } from "../pending-step.js";
import { failForGood } from "./step-kinds.js";

export function beginWait(execution: Execution, step: PendingStep, op: StepOp & { kind: "waitForEvent" }): void {
  const { services, run } = execution;
  const now = services.clock.now();
  try {
    execution.wait(step, {
      kind: "event",
      runId: run.id,
      stepKey: step.key,
      name: op.name,
      createdAt: now,
      dueAt: now + op.timeoutMs,
      event: op.event,
      ...services.indexWait(op.event, op.condition, run.payloads[0]),
    });
  } catch (error) {
    failForGood(execution, step, error);
  }
}

/** The time is over and no event has come: the result is null. */
export function endWaitLate(execution: Execution, step: PendingStep): void {
  execution.settle(step, { status: "completed", output: "null" });
}
