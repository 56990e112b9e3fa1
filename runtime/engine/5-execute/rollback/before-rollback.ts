import type { Execution } from "../execution.js";
import { isCompensable } from "./compensations.js";

/** How long the end of a run waits for steps that still execute, in ms. */
const longestStopMs = 30_000;

/** A step with a rollback has completed. */
export function hasToRollBack({ compensations, journal }: Execution): boolean {
  return compensations?.completed === true || journal.some(isCompensable);
}

/** The run fails for good with that error, and a step with a rollback has completed, or may still. */
export function mayRollBack(execution: Execution, error: unknown): boolean {
  return (execution.compensations !== null || hasToRollBack(execution)) && execution.endsRun(error);
}

/**
 * After the handler's end: tells the steps that still execute to stop. Calls back when none does any more, since one that completes is to
 * be rolled back with the others; or when that takes too long.
 */
export function whenStill(execution: Execution, callback: () => void): void {
  if (execution.runningSteps === 0) return callback();
  const proceed = (): void => {
    execution.onStill = null;
    cancel();
    callback();
  };
  const cancel = execution.services.clock.after(longestStopMs, proceed);
  // Not before what has just been committed is noted; that may begin a step's last commit, too.
  execution.onStill = () =>
    queueMicrotask(() => {
      if (execution.onStill !== null && execution.runningSteps === 0) proceed();
    });
  execution.signals.abort(new Error("the run ends"));
}
