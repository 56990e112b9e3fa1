import { isOpen } from "../candidates.js";
import type { EventRecord, RunRecord, StepRecord } from "../records.js";
import type { Conflict, Guard, NewRun, Unique, Write, WriteResult } from "../store.js";
import { UserCodeThrew } from "../sqlite/user-tables.js";
import type { MemoryTables, StoredRun } from "./memory-tables.js";

/** Thrown inside a transition to void it. */
export class ConflictFound extends Error {
  constructor(readonly conflict: Conflict) {
    super(conflict.kind);
  }
}

export function guardHolds(tables: MemoryTables, guard: Guard): boolean {
  switch (guard.kind) {
    case "lease": {
      const run = tables.runs.get(guard.runId)?.record;
      return run !== undefined && run.owner !== null && run.epoch === guard.epoch;
    }
    case "wake":
      return tables.wakes.get(guard.runId, guard.stepKey) !== undefined;
    case "wakes":
      return tables.wakes.count(guard.runId) === guard.count;
    case "open": {
      const run = tables.runs.get(guard.runId)?.record;
      return run !== undefined && isOpen(run.status);
    }
    case "schedule":
      return tables.schedules.get(guard.id)?.nextAt === guard.nextAt;
  }
}

/** Null for a write without a result. Throws ConflictFound. */
export function applyWrite(tables: MemoryTables, write: Write): WriteResult | null {
  switch (write.kind) {
    case "event":
      return insertEvent(tables, write.event, write.matchKeys);
    case "run":
      return insertRun(tables, write.run, write.unique);
    case "step":
      insertStep(tables, write.step);
      if (write.settlesWake) tables.deleteWake(write.step.runId, write.step.key);
      return null;
    case "resolve": {
      insertStep(tables, write.step);
      tables.deleteWake(write.step.runId, write.step.key);
      const { place, record } = runToChange(tables, write.step.runId);
      if (record.owner !== null) return null;
      const queueAt = record.queueAt === null ? write.now : Math.min(record.queueAt, write.now);
      tables.putRun(place, { ...record, status: "queued", queueAt });
      return null;
    }
    case "transact":
      transact(tables, write);
      return null;
    case "wake":
      runToChange(tables, write.wake.runId);
      tables.putWake(write.wake);
      return null;
    case "release": {
      const { place, record } = runToChange(tables, write.runId);
      const { status, queueAt, attempt } = write;
      tables.putRun(place, { ...record, status, queueAt, attempt, owner: null });
      return null;
    }
    case "end": {
      const { place, record } = runToChange(tables, write.runId);
      const { status, output, endedAt } = write;
      tables.putRun(place, { ...record, status, output, endedAt, owner: null, queueAt: null });
      if (write.hasWakes)
        for (const wake of tables.wakes.list(write.runId)) tables.deleteWake(write.runId, wake.stepKey);
      return null;
    }
    case "matched":
      tables.pending.delete(write.eventId);
      return null;
    case "claim":
      return { kind: "claim", claimed: claim(tables, write.owner, write.now, write.limit) };
    case "heartbeat":
      tables.workers.set(write.owner, write.expiresAt);
      return null;
    case "reap":
      for (const [owner, expiresAt] of [...tables.workers.entries()]) {
        if (expiresAt <= write.expiredBy) tables.workers.delete(owner);
      }
      return { kind: "reap", reaped: free(tables, write.now, (owner) => !tables.workers.has(owner)) };
    case "retire":
      tables.workers.delete(write.owner);
      free(tables, write.now, (owner) => owner === write.owner);
      return null;
    case "schedule":
      if (write.nextAt === null) tables.schedules.delete(write.id);
      else tables.schedules.set(write.id, { id: write.id, expression: write.expression, nextAt: write.nextAt });
      return null;
    case "sweep":
      for (const [key, row] of [...tables.uniques.entries()])
        if (row.expiresAt <= write.now) tables.uniques.delete(key);
      return null;
  }
}

function insertEvent(
  tables: MemoryTables,
  event: EventRecord,
  matchKeys: readonly string[] | null,
): WriteResult | null {
  if (tables.events.has(event.id)) throw new ConflictFound({ kind: "event-exists", eventId: event.id });
  tables.events.set(event.id, event);
  if (matchKeys === null) return null;
  const candidates = tables.candidates(event.name, matchKeys);
  if (candidates.length > 0) tables.pending.set(event.id, { place: tables.nextPlace(), event, matchKeys });
  return { kind: "event", eventId: event.id, candidates };
}

function insertRun(tables: MemoryTables, run: NewRun, unique: Unique | null): WriteResult | null {
  if (unique) {
    const key = JSON.stringify([unique.scope, unique.key]);
    const other = tables.uniques.get(key);
    if (other && other.expiresAt > unique.now) return { kind: "run", runId: run.id, duplicateOf: other.runId };
    tables.uniques.set(key, { runId: run.id, expiresAt: unique.expiresAt });
  }
  if (tables.runs.has(run.id)) throw new ConflictFound({ kind: "run-exists", runId: run.id });
  const leased = run.owner !== null;
  tables.putRun(tables.nextPlace(), {
    id: run.id,
    functionId: run.functionId,
    functionHash: run.functionHash,
    status: leased ? "running" : "queued",
    eventId: run.eventIds[0],
    eventIds: run.eventIds,
    parent: run.parent,
    attempt: 0,
    createdAt: run.createdAt,
    startedAt: leased ? run.createdAt : null,
    endedAt: null,
    output: null,
    owner: run.owner,
    epoch: leased ? 1 : 0,
    queueAt: leased ? null : run.queueAt,
  });
  return unique ? { kind: "run", runId: run.id, duplicateOf: null } : null;
}

function transact(tables: MemoryTables, { runId, body, settle, settlesWake }: Write & { kind: "transact" }): void {
  runToChange(tables, runId);
  if (!tables.userTables) throw new Error("internal error: the user's tables have not been opened");
  try {
    tables.userTables.transact((tx) => {
      const step = settle(body(tx));
      // Inside, so that a conflict takes back what the user's code wrote.
      insertStep(tables, step);
      if (settlesWake) tables.deleteWake(step.runId, step.key);
    });
  } catch (error) {
    throw error instanceof UserCodeThrew && error.thrown instanceof ConflictFound ? error.thrown : error;
  }
}

function insertStep(tables: MemoryTables, step: StepRecord): void {
  runToChange(tables, step.runId);
  if (tables.journal.get(step.runId, step.key)) {
    throw new ConflictFound({ kind: "step-exists", runId: step.runId, stepKey: step.key });
  }
  tables.journal.set(step.runId, step.key, { ...step, seq: tables.nextSeq() });
}

function runToChange(tables: MemoryTables, runId: string): StoredRun {
  const run = tables.runs.get(runId);
  if (!run) throw new ConflictFound({ kind: "run-missing", runId });
  if (!isOpen(run.record.status)) throw new ConflictFound({ kind: "run-ended", runId });
  return run;
}

function claim(tables: MemoryTables, owner: string, now: number, limit: number): RunRecord[] {
  return tables.queue.due(now, limit).map(({ runId }) => {
    const { place, record } = runToChange(tables, runId);
    const claimed: RunRecord = {
      ...record,
      status: "running",
      owner,
      epoch: record.epoch + 1,
      queueAt: null,
      startedAt: record.startedAt ?? now,
    };
    tables.putRun(place, claimed);
    return claimed;
  });
}

function free(tables: MemoryTables, now: number, isGone: (owner: string) => boolean): number {
  let count = 0;
  for (const runId of [...tables.leased.keys()]) {
    const { place, record } = runToChange(tables, runId);
    if (record.owner === null || !isGone(record.owner)) continue;
    tables.putRun(place, { ...record, status: "queued", owner: null, queueAt: now });
    count++;
  }
  return count;
}
