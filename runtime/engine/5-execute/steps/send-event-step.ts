import type { StepOp } from "../../../transport/step-op.js";
import type { Execution } from "../execution.js";
import type { PendingStep } from "../pending-step.js";
import { failForGood } from "./step-kinds.js";

/** The events, the runs that they start and the journal row are one transition: sent exactly once. */
export function beginSendEvent(execution: Execution, step: PendingStep, op: StepOp & { kind: "sendEvent" }): void {
  execution.enter();
  execution.services.planEvents(op.events).then(
    ({ writes, answer, committed }) => {
      const settlement = { status: "completed", output: JSON.stringify(answer) } as const;
      execution.settle(step, settlement, writes, committed);
      execution.leave();
    },
    (error: unknown) => {
      execution.leave();
      failForGood(execution, step, error);
    },
  );
}
