import type { WakeRecord } from "../../../store/records.js";
import type { StepOp } from "../../../transport/step-op.js";
import type { Execution } from "../execution.js";
import type { PendingStep } from "../pending-step.js";
import { failForGood } from "./step-kinds.js";

type EventWake = WakeRecord & { readonly kind: "event" };

export function beginWait(execution: Execution, step: PendingStep, op: StepOp & { kind: "waitForEvent" }): void {
  const { services, run, waits } = execution;
  const now = services.clock.now();
  let wake: EventWake;
  try {
    wake = {
      kind: "event",
      runId: run.id,
      stepKey: step.key,
      name: op.name,
      createdAt: now,
      dueAt: now + op.timeoutMs,
      event: op.event,
      ...services.indexWait(op.event, op.condition, run.payloads[0]),
      ...(op.lookbackMs !== null && { since: Math.max(run.createdAt, now - op.lookbackMs) }),
    };
  } catch (error) {
    return failForGood(execution, step, error);
  }
  if (wake.since === undefined) return execution.wait(step, wake);
  // Stored first: an event that is committed before is found when it looks back, one that is committed after finds the wake.
  waits.addAlone(step, { kind: "wake", wake }, () => {
    waits.parked(step, wake);
    lookBack(execution, step, wake);
  });
}

/** The wake is stored; an event that the run has received before may end the wait. The time-out counts only when none does. */
export function lookBack(execution: Execution, step: PendingStep, wake: EventWake): void {
  const { services, waits } = execution;
  const found = services.lookBack(wake).then(
    (output) => {
      if (!execution.running || !step.awaits(0)) return;
      if (output !== null) execution.settle(step, { status: "completed", output });
      else waits.looked(step, wake);
    },
    (error: unknown) => {
      services.notice("store-trouble", error instanceof Error ? error.message : String(error), wake.runId);
      // The next handler looks again: the wake still says so.
      execution.vacate();
    },
  );
  waits.hold(found);
}

/** The time is over and no event has come: the result is null. */
export function endWaitLate(execution: Execution, step: PendingStep): void {
  execution.settle(step, { status: "completed", output: "null" });
}
