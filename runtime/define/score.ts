import type { ExperimentRef } from "./group-tools.js";
import { Middleware } from "./middleware.js";
import { refuse } from "./refuse.js";

export interface ScoreOptions {
  /** The run that is scored: the current one where it is left out. */
  runId?: string;
  stepId?: string;
  name: string;
  value: number | boolean;
}

/** `client.score`. @throws StepwrightError `unsupported-call` */
export interface ClientScore {
  (options: ScoreOptions): Promise<void>;
  /** For the variant that a run has taken. */
  experiment(options: ScoreOptions & { experiment: ExperimentRef }): Promise<void>;
}

/** `step.score`, which `scoreMiddleware` adds. @throws StepUseError `unsupported-step` */
export type ScoreTool = (id: string, options: ScoreOptions) => Promise<void>;

export const clientScore: ClientScore = Object.assign(refuse("client.score"), {
  experiment: refuse("client.score.experiment"),
});

/** Gives handlers the type of `step.score`, which is there in any case. */
export const scoreMiddleware = () =>
  class extends Middleware.BaseMiddleware {
    readonly id = "stepwright:score";

    override transformFunctionInput(args: Middleware.TransformFunctionInputArgs): ScoreInput {
      return args as ScoreInput;
    }
  };

type ScoreInput = Middleware.TransformFunctionInputArgs & { ctx: { step: { score: ScoreTool } } };
