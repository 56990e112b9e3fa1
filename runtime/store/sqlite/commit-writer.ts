import type { Conflict, Outcome, Transition, Write, WriteResult } from "../store.js";
import { applyWrite, ConflictFound } from "./apply-write.js";
import { guardHolds } from "./check-guard.js";
import { SqliteError, type SqlValue } from "./driver.js";
import { UserCodeThrew } from "./user-tables.js";
import type { WriteContext } from "./write-context.js";

const noValues: readonly SqlValue[] = [];
const done: Outcome = { ok: true, results: [] };

/**
 * Applies the transitions in one transaction. First as if nothing could collide, many rows a statement; when something
 * does, all is taken back and done again with a savepoint for each transition, so that only the one that collided is void.
 */
export function commitTransitions(context: WriteContext, transitions: readonly Transition[]): readonly Outcome[] {
  try {
    return inTransaction(context, () => {
      const outcomes = transitions.map((transition) => applyTransition(context, transition));
      context.flush();
      context.leasedBlocks.tidy();
      return outcomes;
    });
  } catch (error) {
    if (!(error instanceof ConflictFound) && !isConstraint(error)) throw error;
  }
  return inTransaction(context, () => transitions.map((transition) => applyCarefully(context, transition)));
}

/** Rolls back and forgets what is in memory when anything fails. */
function inTransaction<T>(context: WriteContext, work: () => T): T {
  context.begin.run(noValues);
  try {
    const result = work();
    context.commit.run(noValues);
    context.settle();
    return result;
  } catch (error) {
    context.forget();
    rollBack(context);
    throw error;
  }
}

function rollBack(context: WriteContext): void {
  try {
    context.database.exec("ROLLBACK");
  } catch {
    // SQLite has rolled back by itself, as it does when the disk is full.
  }
}

function applyTransition(context: WriteContext, transition: Transition): Outcome {
  for (const guard of transition.guards) if (!guardHolds(context, guard)) return { ok: false, failed: guard };
  let results: WriteResult[] | null = null;
  try {
    for (const write of transition.writes) {
      const result = applyWrite(context, write);
      if (result) (results ??= []).push(result);
    }
  } catch (error) {
    // The only write of its transition: nothing else is to be taken back.
    if (error instanceof UserCodeThrew) return { ok: false, failed: { kind: "threw", error: error.thrown } };
    throw error;
  }
  return results ? { ok: true, results } : done;
}

function applyCarefully(context: WriteContext, transition: Transition): Outcome {
  for (const guard of transition.guards) if (!guardHolds(context, guard)) return { ok: false, failed: guard };
  context.database.exec("SAVEPOINT transition");
  const mark = context.flow.mark();
  const results: WriteResult[] = [];
  for (const write of transition.writes) {
    try {
      const result = applyWrite(context, write);
      context.flush();
      if (result) results.push(result);
    } catch (error) {
      const failed =
        error instanceof UserCodeThrew ? ({ kind: "threw", error: error.thrown } as const) : conflictOf(error, write);
      if (!failed) throw error;
      context.forget(mark);
      context.database.exec("ROLLBACK TO transition");
      context.database.exec("RELEASE transition");
      return { ok: false, failed };
    }
  }
  context.database.exec("RELEASE transition");
  return results.length > 0 ? { ok: true, results } : done;
}

function conflictOf(error: unknown, write: Write): Conflict | null {
  if (error instanceof ConflictFound) return error.conflict;
  if (!isConstraint(error)) return null;
  switch (write.kind) {
    case "event":
      return { kind: "event-exists", eventId: write.event.id };
    case "run":
      return { kind: "run-exists", runId: write.run.id };
    case "step":
    case "resolve":
      return { kind: "step-exists", runId: write.step.runId, stepKey: write.step.key };
    case "transact":
      return { kind: "step-exists", runId: write.runId, stepKey: write.stepKey };
    default:
      return null;
  }
}

function isConstraint(error: unknown): boolean {
  return error instanceof SqliteError && error.code.startsWith("SQLITE_CONSTRAINT");
}
