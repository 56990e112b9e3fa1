import type { Publication } from "../../../define/publication.js";
import type { Outcome } from "../../../store/store.js";
import type { StepAttempt, StepOp } from "../../../transport/step-op.js";
import { readJson, writeJson } from "../../json.js";
import type { Execution } from "../execution.js";
import type { PendingStep } from "../pending-step.js";
import { attemptFailed } from "./failed-attempt.js";
import { failForGood } from "./step-kinds.js";

type RunOp = StepOp & { kind: "run" | "rollback" };

/** Executes the body once. What it returns is journalled; what it throws is, too, or makes another attempt. */
export function beginRun(execution: Execution, step: PendingStep, op: RunOp): void {
  step.attemptAt = execution.services.clock.now();
  step.state = "executing";
  execution.enter();
  let result: unknown;
  try {
    result = op.body(new Attempt(execution, step), readInput(execution, step, op));
  } catch (error) {
    return failed(execution, step, error);
  }
  if (!isThenable(result)) return succeeded(execution, step, op, result);
  const attempt = step.failures.length;
  limitAttempt(execution, step, op.timeoutMs);
  result.then(
    (value) => {
      if (step.awaits(attempt)) succeeded(execution, step, op, value);
      else if (step.failures.length === attempt) step.bodyEnded?.();
    },
    (error: unknown) => {
      if (step.awaits(attempt)) failed(execution, step, error);
      else if (step.failures.length === attempt) step.bodyEnded?.();
    },
  );
}

/** The inputs of the first attempt are recorded with it; the others get the recorded ones, whatever the handler passes. */
function readInput({ services, size, fn }: Execution, step: PendingStep, { input }: RunOp): readonly unknown[] {
  // Written here.
  if (step.input !== null) return readJson(step.input) as unknown[];
  if (input.length === 0) return input;
  step.input = writeJson(input, `the input of step \`${step.key}\``, services.limits.stepBytes, fn.rich);
  size.counts(step.input);
  return input;
}

/** What the body gets. The signal is made when it is asked for: most bodies never do. */
class Attempt implements StepAttempt {
  readonly #execution: Execution;
  readonly #step: PendingStep;
  readonly number: number;

  constructor(execution: Execution, step: PendingStep) {
    this.#execution = execution;
    this.#step = step;
    this.number = step.failures.length;
  }

  get signal(): AbortSignal {
    if (!this.#step.awaits(this.number)) return AbortSignal.abort(new Error("the attempt is over"));
    return AbortSignal.any([this.#execution.signals.signal, this.#step.abortion]);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

/** From now on the attempt may take so long; otherwise as long as all steps of the function. */
export function limitAttempt({ services, fn }: Execution, step: PendingStep, timeoutMs: number | undefined): void {
  step.deadline = step.attemptAt + (timeoutMs ?? fn.config.timeouts.stepMs ?? services.limits.stepTimeoutMs);
  services.watchDeadline(step.deadline);
}

function succeeded(execution: Execution, step: PendingStep, op: RunOp, value: unknown): void {
  try {
    const output = writeJson(
      value,
      `the result of step \`${step.key}\``,
      execution.services.limits.stepBytes,
      execution.fn.rich,
    );
    const { publication } = op;
    const then = publication && ((outcome: Outcome) => outcome.ok && publish(execution, publication()));
    execution.settle(step, { status: "completed", output }, undefined, then);
  } catch (error) {
    failForGood(execution, step, error);
  }
  execution.leave();
}

/** The result is durable: no replay comes here again. */
function publish({ services, run, fn }: Execution, message: Publication | null): void {
  if (message) services.publish(message, run.id, fn.fullId);
}

function failed(execution: Execution, step: PendingStep, error: unknown): void {
  attemptFailed(execution, step, error);
  execution.leave();
}
