import { formatDuration } from "../../../manifest/duration.js";
import { RuntimeError } from "../../engine.js";
import type { StepOp } from "../../../transport/step-op.js";
import type { Execution } from "../execution.js";
import type { PendingStep } from "../pending-step.js";
import { failForGood } from "./step-kinds.js";

/** The child run, its event and the parent's wake are written together: none is there without the others. */
export function beginInvoke(execution: Execution, step: PendingStep, op: StepOp & { kind: "invoke" }): void {
  const { services, run } = execution;
  const now = services.clock.now();
  const parent = { runId: run.id, stepKey: step.key, ...(op.name !== null && { stepName: op.name }) };
  execution.enter();
  services.planInvoke(op.functionId, op.data, parent, op.meta, execution.fn).then(
    (plan) => {
      execution.wait(
        step,
        {
          kind: "run",
          runId: run.id,
          stepKey: step.key,
          name: op.name,
          createdAt: now,
          dueAt: op.timeoutMs === null ? null : now + op.timeoutMs,
          childRunId: plan.answer.runId,
          ...(op.cancelChildren && { cancelChildren: true }),
        },
        plan.writes,
        plan.committed,
      );
      execution.leave();
    },
    (error: unknown) => {
      execution.leave();
      failForGood(execution, step, error instanceof RuntimeError ? plainError(error) : error);
    },
  );
}

/** What a handler catches: it knows nothing of the class. */
function plainError({ code, message, help }: RuntimeError): Error {
  const error = Object.assign(new Error(`${message}; ${help}`), { code });
  delete error.stack;
  return error;
}

/** The child goes on; only nobody waits for it any more. */
export function endInvokeLate(execution: Execution, step: PendingStep, op: StepOp & { kind: "invoke" }): void {
  const waited = formatDuration(op.timeoutMs ?? 0);
  const error = new Error(`\`${op.functionId}\` did not end within ${waited} (invoke-timeout)`);
  error.name = "InvokeTimeoutError";
  delete error.stack;
  failForGood(execution, step, error);
}
