import { isNonRetriableError, isStepError } from "../../../define/errors.js";
import { formatDuration } from "../../../manifest/duration.js";
import type { FailedAttempt } from "../../../store/records.js";
import { PostponedError } from "../../../transport/postponed.js";
import { StepUseError } from "../../../transport/step-errors.js";
import { backoffMs, retryAfterMs } from "../../backoff.js";
import { errorText } from "../../json.js";
import type { Execution } from "../execution.js";
import type { PendingStep } from "../pending-step.js";

/** The present attempt at the step has failed: another one follows by the retry rules, or the step fails. */
export function attemptFailed(execution: Execution, step: PendingStep, error: unknown): void {
  const { services, fn } = execution;
  const retries = step.op.retries ?? fn.retries;
  const now = services.clock.now();
  if (error instanceof PostponedError) {
    step.deadline = null;
    return tryAgainAt(execution, step, error.until);
  }
  const attempt = step.failures.length;
  const failure: FailedAttempt = { attempt, startedAt: step.attemptAt, endedAt: now, error: errorText(error) };
  step.failures = [...step.failures, failure];
  step.deadline = null;
  const final = isNonRetriableError(error) || isStepError(error) || attempt >= retries.limit;
  if (final) return execution.settle(step, { status: "failed", output: failure.error });
  const delay =
    retryAfterMs(error, now) ?? services.retryIntervalMs ?? backoffMs(retries.backoff, attempt, services.random());
  tryAgainAt(execution, step, now + delay);
}

function tryAgainAt(execution: Execution, step: PendingStep, dueAt: number): void {
  execution.wait(step, {
    kind: "retry",
    runId: execution.run.id,
    stepKey: step.key,
    name: step.op.name,
    createdAt: step.startedAt,
    step: step.kind,
    dueAt,
    failures: step.failures,
    ...(step.input !== null && { input: step.input }),
  });
}

/** Gives up the attempts that take too long. Gives the earliest deadline that is left, or null. */
export function expireAttempts(execution: Execution, now: number): number | null {
  let next: number | null = null;
  for (const step of execution.steps) {
    if (step.deadline === null) continue;
    if (step.deadline <= now) attemptExpired(execution, step);
    else if (next === null || step.deadline < next) next = step.deadline;
  }
  return next;
}

/** It is given up, whatever its body still does. */
function attemptExpired(execution: Execution, step: PendingStep): void {
  const allowed = formatDuration((step.deadline ?? step.attemptAt) - step.attemptAt);
  const error = new StepUseError("step-timeout", `step \`${step.key}\` has not settled within ${allowed}`);
  // the stack is only ours
  delete error.stack;
  step.abort(error);
  attemptFailed(execution, step, error);
  execution.leave();
}
