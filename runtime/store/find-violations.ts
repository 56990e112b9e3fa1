import { isOpen } from "./candidates.js";
import type { RunRecord } from "./records.js";
import type { Violation } from "./store.js";

/** What the invariants ask of one run. */
export interface RunFacts {
  readonly run: RunRecord;
  /** The step keys of its wakes, without what watches the run as a whole. */
  readonly wakes: readonly string[];
  /** What watches the run as a whole: how many rows. */
  readonly watches: number;
  /** When the worker that has the lease expires; null when no such worker is known. */
  readonly workerExpiresAt: number | null;
  readonly isSettled: (stepKey: string) => boolean;
  /** Completed steps that have a rollback, and rollbacks that have run; asked only of runs whose end is decided. */
  readonly rollbacks: () => { readonly due: number; readonly run: number };
}

/** The violations of one run, for `Store.verify`. */
export function findViolations(
  { run, wakes, watches, workerExpiresAt, isSettled, rollbacks }: RunFacts,
  now: number,
): Violation[] {
  const found: Violation[] = [];
  const add = (code: string, message: string) => found.push({ code, message, runId: run.id });
  const open = isOpen(run.status);

  if (open && run.owner === null && run.queueAt === null && wakes.length === 0) {
    add("orphan-run", `run ${run.id} is ${run.status}, but nobody has it, nothing wakes it and it cannot be claimed`);
  }
  if (open && run.owner !== null && (workerExpiresAt === null || workerExpiresAt <= now)) {
    add("dead-lease", `run ${run.id} is leased to ${run.owner}, which is gone`);
  }
  if ((run.status === "running") !== (run.owner !== null)) {
    add(
      "lease-mismatch",
      `run ${run.id} is ${run.status}, but ${run.owner === null ? "nobody has" : "somebody has"} its lease`,
    );
  }
  if (run.queueAt !== null && (run.owner !== null || !open)) {
    add("queue-mismatch", `run ${run.id} is ${run.status}, but in the queue`);
  }
  if (open !== (run.endedAt === null)) {
    add("end-mismatch", `run ${run.id} is ${run.status}, but has ${run.endedAt === null ? "no" : "an"} end time`);
  }
  if (!open && wakes.length + watches > 0) {
    add("wake-of-ended-run", `run ${run.id} is ${run.status}, but still has ${wakes.length + watches} wake(s)`);
  }
  if (run.ending && run.status === "completed") {
    add("ending-mismatch", `run ${run.id} is completed, but was to end as ${run.ending.status}`);
  }
  if (run.ending && !open) {
    const { due, run: done } = rollbacks();
    if (done < due) add("missing-rollback", `run ${run.id} has ended, but ${due - done} rollback(s) have not run`);
  }
  if (!open && run.cancel !== null)
    add("cancel-of-ended-run", `run ${run.id} is ${run.status}, but marked to be cancelled`);
  for (const stepKey of wakes) {
    if (isSettled(stepKey)) add("wake-of-settled-step", `run ${run.id} waits for step ${stepKey}, which is settled`);
  }
  return found;
}
