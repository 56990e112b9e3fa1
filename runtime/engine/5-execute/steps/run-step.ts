import type { StepOp } from "../../../transport/step-op.js";
import { writeJson } from "../../json.js";
import type { Execution } from "../execution.js";
import type { PendingStep } from "../pending-step.js";
import { attemptFailed } from "./failed-attempt.js";
import { failForGood } from "./step-kinds.js";

type RunOp = StepOp & { kind: "run" | "rollback" };

/** Executes the body once. What it returns is journalled; what it throws is, too, or makes another attempt. */
export function beginRun(execution: Execution, step: PendingStep, op: RunOp): void {
  const began = execution.services.clock.now();
  step.state = "executing";
  execution.enter();
  let result: unknown;
  try {
    result = op.body(step.failures.length, op.input);
  } catch (error) {
    return failed(execution, step, began, error);
  }
  if (!isThenable(result)) return attemptSucceeded(execution, step, result);
  result.then(
    (value) => attemptSucceeded(execution, step, value),
    (error: unknown) => failed(execution, step, began, error),
  );
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

function attemptSucceeded(execution: Execution, step: PendingStep, value: unknown): void {
  try {
    const output = writeJson(value, `the result of step \`${step.key}\``, execution.services.limits.stepBytes);
    execution.settle(step, { status: "completed", output });
  } catch (error) {
    failForGood(execution, step, error);
  }
  execution.leave();
}

function failed(execution: Execution, step: PendingStep, began: number, error: unknown): void {
  attemptFailed(execution, step, began, error);
  execution.leave();
}
