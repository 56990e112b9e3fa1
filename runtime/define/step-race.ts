import type { JsonResult, Resolved } from "./jsonify.js";
import type { StepOptionsOrId } from "./step-options.js";

/** The ways that compete, by name. What is durable in one of them is done in steps of its own. */
export type RaceBranches = Readonly<Record<string, () => unknown>>;

/** Which branch ended first, and what it returned, as JSON. `winner` tells the type of `value`. */
export type RaceResult<B extends RaceBranches> = {
  [Name in keyof B & string]: { winner: Name; value: JsonResult<Resolved<ReturnType<B[Name]>>> };
}[keyof B & string];

/**
 * Runs the branches side by side until the first of them ends, and remembers which it was: a replay has the same winner.
 * When the first to end throws, the race throws what it threw, as a `StepError`. The others have lost: their sleeps and
 * waits are deleted, the signal of their running steps is aborted and the results are dropped, and they ask for no further step.
 * A run that a loser has invoked goes on; nobody waits for it any more.
 *
 * @throws StepUseError `invalid-step-options` without branches
 * @example
 * const { winner, value } = await step.race("approval", {
 *   approved: () => step.waitForEvent("approved", { event: "order/approved", match: "data.id", timeout: "7d" }),
 *   tooLate: () => step.sleep("deadline", "3d"),
 * });
 */
export interface StepRace {
  <B extends RaceBranches>(id: StepOptionsOrId, branches: B): Promise<RaceResult<B>>;
}
