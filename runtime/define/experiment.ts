import { StepwrightError } from "./errors.js";

/** How an experiment chooses; shown with the run. */
export interface ExperimentStrategy {
  strategy: string;
  weights?: Record<string, number> | undefined;
}

/** What the runtime lends to a choice: the same for a run however often it is made. */
export interface ExperimentRun {
  runId: string;
  /** A number in [0, 1) that belongs to the text. */
  share(text: string): number;
}

/** Chooses a variant by name. Called in a step, so that a run keeps to its choice. */
export interface ExperimentSelectFn {
  (variants?: string[], run?: ExperimentRun): Promise<string> | string;
  __experimentConfig: ExperimentStrategy;
}

/** How `group.experiment` may choose. */
export const experiment = {
  /** Always that variant. */
  fixed: (variant: string): ExperimentSelectFn => choose({ strategy: "fixed" }, () => variant),

  /**
   * By the run's id: `{ control: 80, quick: 20 }` gives four of five runs `control`.
   * @throws StepwrightError `invalid-experiment` for negative weights, or no positive one
   */
  weighted(weights: Record<string, number>): ExperimentSelectFn {
    const fixed = readWeights(weights);
    return choose({ strategy: "weighted", weights: fixed }, (_, { runId, share }) => pick(share(runId), fixed));
  },

  /**
   * By a value, such as a user's id: the same variant in all runs for it. Without weights all variants alike. null and
   * undefined count as "".
   * @throws StepwrightError `invalid-experiment`
   */
  bucket(value: unknown, options: { weights?: Record<string, number> } = {}): ExperimentSelectFn {
    const weights = options.weights && readWeights(options.weights);
    const text = value === null || value === undefined ? "" : String(value);
    return choose({ strategy: "bucket", weights }, (variants, { share }) =>
      pick(share(text), weights ?? Object.fromEntries(variants.map((name) => [name, 1]))),
    );
  },

  /** As the function says, which is called once a run. */
  custom: (select: () => Promise<string> | string): ExperimentSelectFn =>
    choose({ strategy: "custom" }, () => select()),
};

function choose(
  strategy: ExperimentStrategy,
  select: (variants: string[], run: ExperimentRun) => Promise<string> | string,
): ExperimentSelectFn {
  const checked = (variants: string[] = [], run?: ExperimentRun) => {
    if (!run) throw new StepwrightError("outside-a-run", "an experiment's choice");
    return select(variants, run);
  };
  return Object.assign(checked, { __experimentConfig: strategy });
}

function readWeights(given: Record<string, number>): Record<string, number> {
  // a copy: what is changed later must not change the choice
  const weights = Object.fromEntries(Object.entries(given));
  for (const [name, weight] of Object.entries(weights)) {
    if (Number.isFinite(weight) && weight >= 0) continue;
    throw new StepwrightError("invalid-experiment", `the weight of \`${name}\` is ${weight}`);
  }
  if (!Object.values(weights).some((weight) => weight > 0)) {
    throw new StepwrightError("invalid-experiment", "no variant has a weight above 0");
  }
  return weights;
}

/** In the order of the SDK's server, so that who moves keeps the variants of its users. */
function pick(share: number, weights: Record<string, number>): string {
  const entries = Object.entries(weights).sort(([a], [b]) => a.localeCompare(b));
  const total = entries.reduce((sum, [, weight]) => sum + weight, 0);
  let edge = 0;
  for (const [name, weight] of entries) {
    edge += weight / total;
    if (share < edge) return name;
  }
  // the sum of fractions may stay a little below 1
  return entries.findLast(([, weight]) => weight > 0)?.[0] ?? "";
}
