import type { ExperimentSelectFn } from "./experiment.js";
import type { StepOptionsOrId } from "./step-options.js";

export interface ParallelOptions {
  /** The run continues when the first of the steps has ended. */
  mode?: "race";
}

/** Says which variant of which experiment a run has taken. */
export interface ExperimentRef {
  experimentName: string;
  variant: string;
}

export interface ExperimentOptions<Variants extends Record<string, () => unknown>> {
  /** What each variant does, in steps: what is done outside of one is done again at each replay. */
  variants: Variants;
  /** `experiment.weighted({ control: 80, quick: 20 })` and the like. */
  select: ExperimentSelectFn;
}

/**
 * Chooses a variant in a step of that id, which a run keeps to, and runs it.
 * @throws StepUseError `unknown-variant`, `variant-without-step`
 */
export interface GroupExperiment {
  <Variants extends Record<string, () => unknown>>(
    id: StepOptionsOrId,
    options: ExperimentOptions<Variants>,
  ): Promise<{ result: Awaited<ReturnType<Variants[keyof Variants]>>; variant: string; experimentRef: ExperimentRef }>;
}

/** Tools for several steps at a time. */
export interface GroupTools {
  parallel<T>(callback: () => Promise<T>): Promise<T>;
  parallel<T>(options: ParallelOptions, callback: () => Promise<T>): Promise<T>;
  experiment: GroupExperiment;
}
