import { isNonRetriableError, isStepError } from "../../../define/errors.js";
import type { FailedAttempt } from "../../../store/records.js";
import type { StepOp } from "../../../transport/step-op.js";
import { backoffMs, retryAfterMs } from "../../backoff.js";
import { errorText, writeJson } from "../../json.js";
import type { Execution } from "../execution.js";
import type { PendingStep } from "../pending-step.js";
import { failForGood } from "./step-kinds.js";

type RunOp = StepOp & { kind: "run" };

/** Executes the body once. What it returns is journalled; what it throws is, too, or makes another attempt. */
export function beginRun(execution: Execution, step: PendingStep, op: RunOp): void {
  const began = execution.services.clock.now();
  step.state = "executing";
  execution.enter();
  let result: unknown;
  try {
    result = op.body();
  } catch (error) {
    return attemptFailed(execution, step, op, began, error);
  }
  if (!isThenable(result)) return attemptSucceeded(execution, step, result);
  result.then(
    (value) => attemptSucceeded(execution, step, value),
    (error: unknown) => attemptFailed(execution, step, op, began, error),
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

function attemptFailed(execution: Execution, step: PendingStep, op: RunOp, began: number, error: unknown): void {
  const { services, fn, run } = execution;
  const now = services.clock.now();
  const attempt = step.failures.length;
  const failure: FailedAttempt = { attempt, startedAt: began, endedAt: now, error: errorText(error) };
  step.failures = [...step.failures, failure];
  const final = isNonRetriableError(error) || isStepError(error) || attempt >= fn.retries.limit;
  if (final) execution.settle(step, { status: "failed", output: failure.error });
  else {
    const delay =
      retryAfterMs(error, now) ?? services.retryIntervalMs ?? backoffMs(fn.retries.backoff, attempt, services.random());
    execution.wait(step, {
      kind: "retry",
      runId: run.id,
      stepKey: step.key,
      name: op.name,
      createdAt: step.startedAt,
      step: "run",
      dueAt: now + delay,
      failures: step.failures,
    });
  }
  execution.leave();
}
