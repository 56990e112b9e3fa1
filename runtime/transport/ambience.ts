import { AsyncLocalStorage } from "node:async_hooks";
import { StepUseError } from "./step-errors.js";
import type { StepScope } from "./step-op.js";
import type { createStepTools } from "./step-tools.js";
import type { ExecutionHost } from "./transport.js";

type Tools = ReturnType<typeof createStepTools>;

/** What the code that runs now belongs to: a handler, a branch of a race, or the body of a step. */
export interface Ambience {
  readonly host: ExecutionHost;
  readonly step: Tools;
  /** The id of the step whose body this is; null in the handler itself. */
  readonly inStep: string | null;
  /** The branch of a race; null outside of one. */
  readonly scope: StepScope | null;
}

export const ambience = new AsyncLocalStorage<Ambience>();

/** The `step` of the handler that is running; undefined outside. */
export function currentStep(): Tools | undefined {
  return ambience.getStore()?.step;
}

/** The code that runs now is the body of a step. */
export function inStep(): boolean {
  return (ambience.getStore()?.inStep ?? null) !== null;
}

/**
 * The branch that a step is asked for in. A step asked for by the body of another one would be journalled before it, and
 * missing from the next replay.
 *
 * @throws StepUseError `nested-step`
 */
export function scopeOfStep(stepId: string): StepScope | null {
  const here = ambience.getStore();
  if (!here) return null;
  if (here.inStep !== null) {
    throw new StepUseError("nested-step", `step \`${stepId}\` is called inside step \`${here.inStep}\``);
  }
  return here.scope;
}
