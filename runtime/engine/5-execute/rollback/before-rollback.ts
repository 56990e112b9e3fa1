import type { Execution } from "../execution.js";
import { busyUntil, isCounted } from "../left-behind.js";
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
  const cancel = execution.services.clock.after(longestStop(execution), proceed);
  // Not before what has just been committed is noted; that may begin a step's last commit, too.
  execution.onStill = () =>
    queueMicrotask(() => {
      if (execution.onStill !== null && execution.runningSteps === 0) proceed();
    });
  execution.signals.abort(new Error("the run ends"));
}

/**
 * As `whenStill`, where a limit counts the run or its steps: it is held until none executes any more. Else at once, as what the
 * steps still do is nobody's concern.
 */
export function whenFree(execution: Execution, callback: () => void): void {
  if (execution.runningSteps > 0 && isCounted(execution)) whenStill(execution, callback);
  else callback();
}

/** What is counted goes on until its own time limit: whoever took its place would execute beside it. */
function longestStop(execution: Execution): number {
  if (!isCounted(execution)) return longestStopMs;
  const now = execution.services.clock.now();
  return Math.max(longestStopMs, busyUntil(execution, now) - now);
}
