import type { RetryOptions } from "./function-options.js";

/** A step's id, unique within its run, and what the interface calls it. */
export interface StepOptions {
  id: string;
  name?: string;
  /** `race`: the run continues when the first of several parallel steps has ended, as it does anyway. */
  parallelMode?: "race";
}

export type StepOptionsOrId = string | StepOptions;

/**
 * How often, and for how long, the code of a step is tried.
 * @example step.run({ id: "charge", retries: { attempts: 2, backoff: ["1s", "1m"] }, timeout: "30s" }, charge)
 */
export interface AttemptOptions {
  /** In place of the function's: retries after the first attempt, 0 to 20, or with a policy. */
  retries?: number | RetryOptions;
  /**
   * How long one attempt may take, in ms or as "30s", 1 ms to 366 days; by default the function's `timeouts.step`, else
   * the engine's, 2 hours. An attempt that takes longer has failed with `step-timeout`, and its signal is aborted.
   */
  timeout?: number | string;
  /**
   * At most `concurrency` steps with the same `key` execute at one time in a process, whichever run or function they are
   * of; without a key, this step in all runs of its function. The others wait for their turn.
   * @example step.run({ id: "charge", limit: { key: "payments", concurrency: 5 } }, charge)
   */
  limit?: { key?: string; concurrency: number };
}

/** The options of a step that executes code. */
export interface RunStepOptions extends StepOptions, AttemptOptions {}

export type RunStepOptionsOrId = string | RunStepOptions;
