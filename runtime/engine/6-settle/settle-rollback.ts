import type { RunEnding } from "../../store/records.js";
import type { ErrorJson } from "../json.js";
import { describeReason, readReason } from "./cancel-reason.js";
import { cancelRun } from "./cancel-run.js";
import { leaseOf } from "./end-run.js";
import { endFailed, type Ending, type OwnedRun, type SettleServices } from "./settle-run.js";

/** A rollback that has failed for good. */
export interface FailedRollback {
  /** The key of the step whose rollback it is. */
  readonly step: string;
  readonly error: ErrorJson;
}

/** Stores how the run will end; its rollbacks run before it does. The handler has ended, and nothing executes any more. */
export function decideEnding(
  { fn, run }: OwnedRun,
  ending: RunEnding,
  { committer, clock, observers }: SettleServices,
  then: (e: Ending) => void,
): void {
  const now = clock.now();
  const decision = {
    guards: [{ kind: "lease", runId: run.id, epoch: run.epoch }],
    writes: [{ kind: "ending", runId: run.id, ending, now }],
  } as const;
  committer.submit(decision, (outcome) => {
    if (!outcome.ok) return then({ kind: "lost" });
    observers.observe?.({ kind: "run-rolling-back", at: now, runId: run.id, functionId: fn.fullId, ...ending });
    then({ kind: "rolling-back", ending });
  });
}

/** The rollbacks have run: the run ends as was decided, or as failed when one of them has failed. */
export function endRolledBack(
  run: OwnedRun,
  ending: RunEnding,
  failed: readonly FailedRollback[],
  services: SettleServices,
  then: (e: Ending) => void,
): void {
  if (ending.status === "failed") {
    // Written by `decideEnding`.
    const error = JSON.parse(ending.output) as ErrorJson;
    return endFailed(run, failed.length === 0 ? error : { ...error, rollbackErrors: failed }, services, then);
  }
  if (failed.length > 0) return endFailed(run, cancelledWithFailures(ending.output, failed), services, then);
  cancelRun(run, readReason(ending.output), leaseOf(run.run), [], services, (ended, output) => {
    then(ended ? { kind: "ended", status: "cancelled", output } : { kind: "lost" });
  });
}

function cancelledWithFailures(reason: string, failed: readonly FailedRollback[]): ErrorJson {
  const steps = failed.map(({ step }) => `\`${step}\``).join(", ");
  const message = `the run was cancelled (${describeReason(readReason(reason))}), and what ${steps} did could not be rolled back: ${failed[0]?.error.message}`;
  return { name: "RollbackError", message, code: "rollback-failed", rollbackErrors: failed };
}
