import { isNonRetriableError, isStepError } from "../../../define/errors.js";
import type { FailedAttempt } from "../../../store/records.js";
import { backoffMs, retryAfterMs } from "../../backoff.js";
import { errorText } from "../../json.js";
import type { Execution } from "../execution.js";
import type { PendingStep } from "../pending-step.js";

/** An attempt at the step that began at `began` has failed: another one follows by the retry rules, or the step fails. */
export function attemptFailed(execution: Execution, step: PendingStep, began: number, error: unknown): void {
  const { services, fn, run } = execution;
  const now = services.clock.now();
  const attempt = step.failures.length;
  const failure: FailedAttempt = { attempt, startedAt: began, endedAt: now, error: errorText(error) };
  step.failures = [...step.failures, failure];
  const final = isNonRetriableError(error) || isStepError(error) || attempt >= fn.retries.limit;
  if (final) return execution.settle(step, { status: "failed", output: failure.error });
  const delay =
    retryAfterMs(error, now) ?? services.retryIntervalMs ?? backoffMs(fn.retries.backoff, attempt, services.random());
  execution.wait(step, {
    kind: "retry",
    runId: run.id,
    stepKey: step.key,
    name: step.op.name,
    createdAt: step.startedAt,
    step: step.kind,
    dueAt: now + delay,
    failures: step.failures,
  });
}
