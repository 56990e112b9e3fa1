import type { JsonResult, Resolved } from "./jsonify.js";

/** Why and how a rollback is called. */
export interface RollbackContext {
  /** What the run failed with; null when it was cancelled. */
  error: Error | null;
  cause: "failed" | "cancelled";
  /** Counts from 0. */
  attempt: number;
  /** Aborted when this process may no longer execute the run. */
  signal: AbortSignal;
}

/**
 * Takes back what the step did when the run fails for good, or is cancelled with `rollback`, after the step has completed. The
 * rollbacks of a run are called one after the other, last completed first, each as a step of its own (`<id>:rollback`): at least once,
 * with the retries of the step or the function. One that fails for good is recorded, the others still run, and the run ends as failed with both
 * errors. `onFailure` starts after them.
 *
 * After a restart the handler is replayed for its rollbacks; what decides about steps must come from events and steps. When the
 * present code does not have the rollback any more, that is recorded as its failure (`rollback-not-found`).
 *
 * @example step.run("charge", { rollback: (charge) => payments.refund(charge.id) }, () => payments.charge(orderId))
 */
export interface RunRollback<T> {
  rollback(result: JsonResult<Resolved<T>>, context: RollbackContext): unknown;
}
