import type { StepOp } from "../../../transport/step-op.js";
import type { Execution } from "../execution.js";
import type { PendingStep } from "../pending-step.js";

export function beginSleep(execution: Execution, step: PendingStep, op: StepOp & { kind: "sleep" }): void {
  const now = execution.services.clock.now();
  const dueAt = op.forMs === null ? op.untilMs : now + op.forMs;
  if (dueAt <= now) return endSleep(execution, step);
  execution.wait(step, {
    kind: "sleep",
    runId: execution.run.id,
    stepKey: step.key,
    name: op.name,
    createdAt: now,
    dueAt,
  });
}

export function endSleep(execution: Execution, step: PendingStep): void {
  execution.settle(step, { status: "completed", output: "null" });
}
