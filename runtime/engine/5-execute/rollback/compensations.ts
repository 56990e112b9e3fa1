import type { JournalEntry, StepRecord } from "../../../store/records.js";
import type { StepRollback } from "../../../transport/step-op.js";

/** By step key. */
export type Rollbacks = ReadonlyMap<string, StepRollback>;

/** A completed step that has a rollback. */
export function isCompensable(step: StepRecord): boolean {
  return step.rollback === true && step.status === "completed";
}

/** The journal of a run whose end is decided: what the handler did, and what has been rolled back. */
export function splitJournal(journal: readonly JournalEntry[]): {
  handler: JournalEntry[];
  rolledBack: JournalEntry[];
} {
  const handler: JournalEntry[] = [];
  const rolledBack: JournalEntry[] = [];
  for (const entry of journal) (entry.kind === "rollback" ? rolledBack : handler).push(entry);
  return { handler, rolledBack };
}

/** The steps to roll back, last completed first, each with the id of its rollback: none that a step of the handler has. */
export function planRollbacks(
  handler: readonly JournalEntry[],
): { readonly id: string; readonly step: JournalEntry }[] {
  const taken = new Set(handler.map((step) => step.key));
  return handler
    .filter(isCompensable)
    .toReversed()
    .map((step) => {
      let id = `${step.key}:rollback`;
      while (taken.has(id)) id += ":rollback";
      taken.add(id);
      return { id, step };
    });
}

/** Notes what one execution would have to roll back. */
export class RunCompensations {
  readonly rollbacks = new Map<string, StepRollback>();
  /** A step with a rollback has completed. */
  completed = false;

  settled(step: StepRecord): void {
    if (isCompensable(step)) this.completed = true;
  }
}

export const nothingToRollBack: Rollbacks = new Map();

/** The rollbacks that a handler has given. */
export function rollbacksOf(compensations: RunCompensations | null): Rollbacks {
  return compensations?.rollbacks ?? nothingToRollBack;
}
