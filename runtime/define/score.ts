import { StepwrightError } from "./errors.js";
import type { ExperimentRef } from "./group-tools.js";
import { Middleware } from "./middleware.js";
import type { WriteNote } from "./note.js";

export interface ScoreOptions {
  /** The run that is scored: the current one where it is left out. */
  runId?: string;
  stepId?: string;
  /** 1 to 128 bytes, without quotes and control characters. */
  name: string;
  /** Finite. */
  value: number | boolean;
}

/**
 * `client.score`: scores a run, or a step of it; without either, the step or the run that executes here. Resolves when that is stored.
 *
 * @throws StepwrightError `invalid-score`, `note-without-run`, `send-refused`, `send-failed`
 * @example await client.score({ runId, name: "helpful", value: true });
 */
export interface ClientScore {
  (options: ScoreOptions): Promise<void>;
  /** For the variant that a run has taken. */
  experiment(options: ScoreOptions & { experiment: ExperimentRef }): Promise<void>;
}

/** `step.score`, which `scoreMiddleware` adds: once, in a step of that id. Without `stepId` it is the run that is scored. */
export type ScoreTool = (id: string, options: ScoreOptions) => Promise<void>;

export function makeScore(write: WriteNote): ClientScore {
  const score = async (options: ScoreOptions): Promise<void> => {
    const { name, value } = check(options);
    await write(targetOf(options), "inngest.score", { [name]: { value } });
  };
  const experiment = async (options: ScoreOptions & { experiment: ExperimentRef }): Promise<void> => {
    check(options);
    const { experimentName, variant } = Object(options.experiment) as Partial<ExperimentRef>;
    if (!isText(experimentName) || !isText(variant)) {
      throw new StepwrightError("invalid-score", "`experiment` has no `experimentName` or no `variant`");
    }
    // What it is for comes first: without a score it says no more than the experiment itself has noted.
    await write(targetOf(options), "inngest.experiment", { name: experimentName, variant });
    await score(options);
  };
  return Object.assign(score, { experiment });
}

const targetOf = ({ runId, stepId }: ScoreOptions) => ({
  ...(runId !== undefined && { runId }),
  ...(stepId !== undefined && { stepId }),
});

const isText = (value: unknown): value is string => typeof value === "string" && value.trim() !== "";

function check(options: ScoreOptions): ScoreOptions {
  const { name, value, runId, stepId } = Object(options) as ScoreOptions;
  for (const id of [runId, stepId]) {
    if (id !== undefined && !isText(id)) throw new StepwrightError("invalid-score", "`runId` and `stepId` are text");
  }
  if (!isText(name) || /[\u0000-\u001f\u007f']/.test(name) || new TextEncoder().encode(name).length > 128) {
    throw new StepwrightError("invalid-score", "its `name`");
  }
  if (typeof value !== "boolean" && !Number.isFinite(value)) throw new StepwrightError("invalid-score", `\`${name}\``);
  return options;
}

/** Gives handlers the type of `step.score`, which is there in any case. */
export const scoreMiddleware = () =>
  class extends Middleware.BaseMiddleware {
    readonly id = "stepwright:score";

    override transformFunctionInput(args: Middleware.TransformFunctionInputArgs): ScoreInput {
      return args as ScoreInput;
    }
  };

type ScoreInput = Middleware.TransformFunctionInputArgs & { ctx: { step: { score: ScoreTool } } };
