import { AsyncLocalStorage } from "node:async_hooks";
import type { AsyncContext } from "../define/async-context.js";
import { isStepwright, type Stepwright } from "../define/client.js";
import { StepwrightError } from "../define/errors.js";
import type { Context } from "../define/sdk-names.js";
import { StepUseError } from "./step-errors.js";
import type { StepScope } from "./step-op.js";
import type { createStepTools } from "./step-tools.js";
import type { ExecutionHost, HandlerCall } from "./transport.js";

type Tools = ReturnType<typeof createStepTools>;

/** What the code that runs now belongs to: a handler, a branch of a race, or the body of a step. */
export interface Ambience {
  readonly host: ExecutionHost;
  readonly call: HandlerCall;
  /** What the handler is called with, before middleware adds to it. */
  readonly context: object;
  readonly step: Tools;
  /** The id of the step whose body this is; null in the handler itself. */
  readonly inStep: string | null;
  /** The branch of a race; null outside of one. */
  readonly scope: StepScope | null;
  /** Counts the steps that a variant of an experiment asks for; null outside of one. */
  readonly calls: { steps: number } | null;
}

export const ambience = new AsyncLocalStorage<Ambience>();

/** The `step` of the handler that is running; undefined outside. */
export function currentStep(): Tools | undefined {
  return ambience.getStore()?.step;
}

/** What libraries find of the run: `getAsyncCtx`. */
export function currentContext(): AsyncContext | undefined {
  const here = ambience.getStore();
  if (!here) return undefined;
  const { call, context, inStep: id } = here;
  const { client } = call.definition;
  if (!isStepwright(client)) return undefined;
  return { app: client, execution: { ctx: context as Context.Any, ...(id !== null && { executingStep: { id } }) } };
}

/** The run that the code belongs to, and its function's client. @throws StepwrightError `outside-a-run` */
export function currentRun(): { readonly client: Stepwright.Any; readonly runId: string } {
  const { call } = ambience.getStore() ?? {};
  const client: unknown = call?.definition.client;
  if (!call || !isStepwright(client)) throw new StepwrightError("outside-a-run");
  return { client, runId: call.runId };
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
  if (here.calls) here.calls.steps++;
  return here.scope;
}
