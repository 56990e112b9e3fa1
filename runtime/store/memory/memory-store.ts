import { compareText, isOpen, pathOfMatchKey } from "../candidates.js";
import { findViolations } from "../find-violations.js";
import { type CancellationRecord, isRunWatch, type RunRecord, type RunStatus } from "../records.js";
import { sortMetadata } from "../metadata.js";
import { CursorError } from "../store.js";
import type { Outcome, Page, RunFilter, RunSnapshot, Store, Transition, Violation, WriteResult } from "../store.js";
import { applyWrite, ConflictFound, guardHolds } from "./apply-write.js";
import { openDatabase } from "../sqlite/driver.js";
import { listEngineNames } from "../sqlite/check-user-sql.js";
import { readMigrations } from "../sqlite/migrate.js";
import { UserCodeThrew, UserTables } from "../sqlite/user-tables.js";
import { latestFirst } from "./manifests.js";
import { nextFlowAt, readFlow, verifyFlow } from "./read-flow.js";
import { MemoryTables } from "./memory-tables.js";

export interface MemoryStoreOptions {
  /** False makes it claim to be shared, so that an engine reaps only workers that have expired. Default true. */
  readonly exclusive?: boolean;
  /** Where it keeps everything, for who looks at it from outside. Default: new ones. */
  readonly tables?: MemoryTables;
}

/**
 * The reference implementation: nothing is kept beyond the process. `close` changes nothing, so that another engine can go on
 * with the same object, as after a restart. The user's tables of `transact` are in a SQLite database in memory, which is all of SQL
 * that there is in it.
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): Store {
  const tables = options.tables ?? new MemoryTables();
  return {
    description: "memory",
    exclusive: options.exclusive ?? true,
    commit: async (transitions) => {
      if (!tables.userTables && transitions.some(({ writes }) => writes[0]?.kind === "transact")) {
        tables.userTables = new UserTables(await openDatabase(":memory:"), listEngineNames(readMigrations()));
      }
      return commit(tables, transitions);
    },
    events: {
      get: async (id) => tables.events.get(id) ?? null,
      problems: async (id) => tables.problems.list(id).toSorted((a, b) => compareText(a.expression, b.expression)),
      list: async ({ name }, limit, cursor) => {
        const all = [...tables.events.values()].reverse();
        return page(all, limit, cursor, (event) => name === undefined || event.name === name);
      },
    },
    runs: {
      get: async (id) => tables.runs.get(id)?.record ?? null,
      snapshots: async (runs) => runs.flatMap((run) => snapshot(tables, typeof run === "string" ? run : run.id) ?? []),
      list: async (filter, limit, cursor) => page(newestRuns(tables, filter), limit, cursor, isIn(filter)),
      metadata: async (runId) => sortMetadata(tables.metadata.list(runId)),
      nextQueueAt: async () => {
        const times = [tables.queue.first()?.queueAt ?? null, nextFlowAt(tables)].filter((at) => at !== null);
        return times.length === 0 ? null : Math.min(...times);
      },
      count: async () => countRuns(tables),
      cancelling: async (limit) => {
        const marked = [...tables.runs.values()].filter(({ record }) => record.cancel !== null);
        return marked.slice(0, limit).map(({ record }) => record.id);
      },
      overdue: async (now, limit) =>
        listDeadlines(tables)
          .filter(({ dueAt }) => dueAt <= now)
          .slice(0, limit)
          .map(({ runId }) => runId),
      nextDeadline: async () => listDeadlines(tables)[0]?.dueAt ?? null,
    },
    matches: {
      pending: async (limit) => {
        const rows = [...tables.pending.values()].sort((a, b) => a.place - b.place).slice(0, limit);
        return rows.map(({ event, matchKeys }) => ({ event, candidates: tables.candidates(event.name, matchKeys) }));
      },
      paths: async () => listPaths(tables),
    },
    flow: readFlow(tables),
    cancellations: {
      get: async (id) => tables.cancellations.get(id) ?? null,
      list: async (limit) => listCancellations(tables).reverse().slice(0, limit),
      open: async () => listCancellations(tables).filter(({ endedAt }) => endedAt === null),
    },
    registrations: {
      list: async () =>
        [...tables.registrations.entries()]
          .map(([appId, registration]) => ({ appId, registration }))
          .sort((a, b) => compareText(a.appId, b.appId)),
    },
    manifests: { list: async (limit) => latestFirst(tables.manifests.values()).slice(0, limit) },
    schedules: {
      list: async () => [...tables.schedules.values()].sort((a, b) => compareText(a.id, b.id)),
    },
    verify: async (now) => [...verify(tables, now), ...verifyFlow(tables)],
    close: async () => {},
  };
}

function commit(tables: MemoryTables, transitions: readonly Transition[]): Outcome[] {
  const start = tables.undo.mark();
  try {
    return transitions.map((transition) => applyTransition(tables, transition));
  } catch (error) {
    tables.undo.rollBack(start);
    throw error;
  } finally {
    tables.undo.forget();
  }
}

function applyTransition(tables: MemoryTables, transition: Transition): Outcome {
  for (const guard of transition.guards) if (!guardHolds(tables, guard)) return { ok: false, failed: guard };
  const start = tables.undo.mark();
  const results: WriteResult[] = [];
  try {
    for (const write of transition.writes) {
      const result = applyWrite(tables, write);
      if (result) results.push(result);
    }
  } catch (error) {
    const failed =
      error instanceof ConflictFound
        ? error.conflict
        : error instanceof UserCodeThrew && ({ kind: "threw", error: error.thrown } as const);
    if (!failed) throw error;
    tables.undo.rollBack(start);
    return { ok: false, failed };
  }
  return { ok: true, results };
}

function snapshot(tables: MemoryTables, id: string): RunSnapshot | null {
  const run = tables.runs.get(id)?.record;
  if (!run) return null;
  const events = run.eventIds.flatMap((eventId) => tables.events.get(eventId) ?? []);
  return { run, events, journal: tables.journalOf(id), wakes: tables.wakesOf(id) };
}

function newestRuns(tables: MemoryTables, filter: RunFilter): RunRecord[] {
  if (filter.eventId === undefined) return [...tables.runs.values()].reverse().map((run) => run.record);
  const found = tables.runsOfEvent.names(filter.eventId).flatMap((id) => tables.runs.get(id) ?? []);
  return found.sort((a, b) => b.place - a.place).map((run) => run.record);
}

function isIn(filter: RunFilter): (run: RunRecord) => boolean {
  return (run) =>
    (filter.functionId === undefined || run.functionId === filter.functionId) &&
    (filter.status === undefined || run.status === filter.status) &&
    (filter.open === undefined || isOpen(run.status));
}

/** The cursor is the id of the last item of the page before. */
function page<T extends { readonly id: string }>(
  all: readonly T[],
  limit: number,
  cursor: string | null,
  keep: (item: T) => boolean,
): Page<T> {
  let at = 0;
  if (cursor !== null) {
    at = all.findIndex((item) => item.id === cursor) + 1;
    if (at === 0) throw new CursorError(cursor);
  }
  const kept = all.slice(at).filter(keep);
  const items = kept.slice(0, limit);
  return { items, next: kept.length > limit ? (items.at(-1)?.id ?? null) : null };
}

function countRuns(tables: MemoryTables): Record<RunStatus, number> {
  const counts = { queued: 0, running: 0, waiting: 0, completed: 0, failed: 0, cancelled: 0, skipped: 0 };
  for (const { record } of tables.runs.values()) counts[record.status]++;
  return counts;
}

function listPaths(tables: MemoryTables): { event: string; path: string }[] {
  const found = new Map<string, { event: string; path: string }>();
  for (const runId of tables.wakes.keys()) {
    for (const wake of tables.wakes.list(runId)) {
      if (wake.kind !== "event" && wake.kind !== "cancel") continue;
      const path = pathOfMatchKey(wake.matchKey);
      found.set(JSON.stringify([wake.event, path]), { event: wake.event, path });
    }
  }
  return [...found.values()].sort((a, b) => compareText(a.event, b.event) || compareText(a.path, b.path));
}

function listDeadlines(tables: MemoryTables): { runId: string; dueAt: number }[] {
  const found: { runId: string; dueAt: number }[] = [];
  for (const runId of tables.wakes.keys()) {
    for (const { kind, dueAt } of tables.wakes.list(runId)) {
      if (kind === "deadline" && dueAt !== null) found.push({ runId, dueAt });
    }
  }
  return found.sort((a, b) => a.dueAt - b.dueAt || compareText(a.runId, b.runId));
}

/** By their ids, which is by their time. */
function listCancellations(tables: MemoryTables): CancellationRecord[] {
  return [...tables.cancellations.values()].sort((a, b) => compareText(a.id, b.id));
}

function verify(tables: MemoryTables, now: number): Violation[] {
  return [...tables.runs.values()].flatMap(({ record }) => {
    const all = tables.wakesOf(record.id);
    const wakes = all.filter((wake) => !isRunWatch(wake)).map((wake) => wake.stepKey);
    const watches = all.length - wakes.length;
    const workerExpiresAt = record.owner === null ? null : (tables.workers.get(record.owner) ?? null);
    const isSettled = (stepKey: string) => tables.journal.get(record.id, stepKey) !== undefined;
    const rollbacks = () => {
      const journal = tables.journal.list(record.id);
      return {
        due: journal.filter((step) => step.rollback && step.status === "completed").length,
        run: journal.filter((step) => step.kind === "rollback").length,
      };
    };
    return findViolations({ run: record, wakes, watches, workerExpiresAt, isSettled, rollbacks }, now);
  });
}
