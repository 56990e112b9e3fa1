import { isOpen } from "../candidates.js";
import { describeDuplicate, type Duplicate } from "../describe-duplicate.js";
import { type Admitted, admitNew } from "../flow/admit.js";
import { claimRuns } from "../flow/claim.js";
import { endFlow, releaseFlow, wantSlots } from "../flow/depart.js";
import type { FlowState, RunControl, SkipReason } from "../flow/flow-records.js";
import { relineRun } from "../flow/reline.js";
import { type EventRecord, isDeferral, type RunRecord, type StepRecord } from "../records.js";
import type { Conflict, Guard, NewRun, Unique, Write, WriteResult } from "../store.js";
import { mostManifests } from "../store.js";
import { latestFirst } from "./manifests.js";
import { UserCodeThrew } from "../sqlite/user-tables.js";
import type { MemoryTables, StoredRun } from "./memory-tables.js";
import { putMetadata } from "./metadata.js";
import { endedBy, listen } from "./signals.js";

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
    case "unleased": {
      const run = tables.runs.get(guard.runId)?.record;
      return run !== undefined && isOpen(run.status) && run.owner === null;
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
      return insertRun(tables, write.run, write.uniques, write.control ?? null);
    case "step":
      insertStep(tables, write.step);
      if (write.settlesWake) tables.deleteWake(write.step.runId, write.step.key);
      return null;
    case "resolve":
      resolve(tables, write.step, write.now);
      return null;
    case "listen":
      runToChange(tables, write.wake.runId);
      return listen(tables, write);
    case "signal": {
      const resolved = endedBy(tables, write);
      if (resolved) resolve(tables, resolved, write.now);
      if (write.settle) insertStep(tables, write.settle(resolved?.runId ?? null));
      return { kind: "signal", resolved };
    }
    case "transact":
      transact(tables, write);
      return null;
    case "wake":
      runToChange(tables, write.wake.runId);
      tables.putWake(write.wake);
      return null;
    case "unwake":
      runToChange(tables, write.runId);
      tables.deleteWake(write.runId, write.stepKey);
      return null;
    case "release": {
      const { status, queueAt, attempt, failure } = write;
      const { place, record, flow } = leave(tables, runToChange(tables, write.runId), anyTime);
      tables.putRun(
        place,
        {
          ...record,
          status,
          queueAt,
          attempt,
          owner: null,
          ...(failure && { failures: [...(record.failures ?? []), failure] }),
        },
        flow,
      );
      return null;
    }
    case "ending": {
      const { place, record, flow } = runToChange(tables, write.runId);
      if (record.ending) throw new ConflictFound({ kind: "run-ending", runId: write.runId });
      const { ending, now } = write;
      const free = record.owner === null;
      tables.putRun(place, { ...record, ending, ...(free && { status: "queued" as const, queueAt: now }) }, flow);
      for (const wake of tables.wakes.list(write.runId)) {
        if (!isDeferral(wake)) tables.deleteWake(write.runId, wake.stepKey);
      }
      return null;
    }
    case "end": {
      const { place, record, flow } = runToChange(tables, write.runId);
      const { status, output, endedAt } = write;
      if (flow) endFlow(tables.flow, tables.flow.run(place), endedAt);
      const ended = { ...record, status, output, endedAt, owner: null, queueAt: null, slots: null, cancel: null };
      tables.putRun(place, ended, null);
      if (write.hasWakes)
        for (const wake of tables.wakes.list(write.runId)) tables.deleteWake(write.runId, wake.stepKey);
      return null;
    }
    case "cancel": {
      const run = tables.runs.get(write.runId);
      const marked = run !== undefined && isOpen(run.record.status) && run.record.cancel === null;
      if (marked) tables.putRun(run.place, { ...run.record, cancel: write.reason }, run.flow);
      return { kind: "cancel", runId: write.runId, marked };
    }
    case "metadata":
      return putMetadata(tables, write.update);
    case "registration":
      if (write.registration === null) tables.registrations.delete(write.appId);
      else tables.registrations.set(write.appId, write.registration);
      return null;
    case "cancellation":
      tables.cancellations.set(write.cancellation.id, write.cancellation);
      return null;
    case "manifest": {
      tables.manifests.set(write.manifest.hash, write.manifest);
      for (const { hash } of latestFirst(tables.manifests.values()).slice(mostManifests)) tables.manifests.delete(hash);
      return null;
    }
    case "matched":
      tables.pending.delete(write.eventId);
      return null;
    case "problem": {
      const { expression } = write.problem;
      const isNew = tables.problems.get(write.eventId, expression) === undefined;
      if (isNew && tables.events.has(write.eventId)) tables.problems.set(write.eventId, expression, write.problem);
      return null;
    }
    case "claim":
      return claim(tables, write.owner, write.now, write.limit);
    case "slots": {
      const { place, flow } = runToChange(tables, write.runId);
      if (flow) wantSlots(tables.flow, tables.flow.run(place), write.wants, write.now);
      return null;
    }
    case "reline": {
      const run = tables.runs.get(write.runId);
      if (run && isOpen(run.record.status)) reline(tables, run, write.control, write.now);
      return null;
    }
    case "policies":
      if (write.hash === null) tables.flow.policies.delete(write.functionId);
      else tables.flow.policies.set(write.functionId, write.hash);
      return null;
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
      tables.flow.sweep(write.now);
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

function insertRun(
  tables: MemoryTables,
  run: NewRun,
  uniques: readonly Unique[],
  control: RunControl | null,
): WriteResult | null {
  const first = takeUniques(tables, run.id, uniques);
  const n = tables.nextPlace();
  if (first) {
    putNewRun(tables, n, run, { leased: false, queueAt: run.queueAt, flow: null, skipped: first });
    return { kind: "run", runId: run.id, duplicateOf: first.runId };
  }
  if (!control) {
    putNewRun(tables, n, run, { leased: run.owner !== null, queueAt: run.queueAt, flow: null, skipped: null });
    return uniques.length > 0 ? { kind: "run", runId: run.id, duplicateOf: null } : null;
  }
  const { fate, row, superseded, watched } = admitNew(
    tables.flow,
    { ...run, n, eventId: run.eventIds[0], isInvoked: run.parent !== null, isWanted: run.owner !== null },
    control,
  );
  if (row) putNewRun(tables, n, run, row);
  // A duplicate is told which run its event went into.
  if (fate.kind === "merged") putUniques(tables, fate.into, uniques);
  const runId = watched === undefined ? undefined : tables.runByPlace(watched)?.record.id;
  if (runId !== undefined) for (const watch of run.watches) tables.putWake({ ...watch, runId });
  return { kind: "run", runId: run.id, duplicateOf: null, fate, superseded };
}

/** The first that another run has; null when this one has all of them now. */
function takeUniques(tables: MemoryTables, runId: string, uniques: readonly Unique[]): Duplicate | null {
  for (const { scope, key, now, policy } of uniques) {
    const other = tables.uniques.get(JSON.stringify([scope, key]));
    if (other && other.expiresAt > now) return describeDuplicate(policy, other.runId);
  }
  putUniques(tables, runId, uniques);
  return null;
}

function putUniques(tables: MemoryTables, runId: string, uniques: readonly Unique[]): void {
  for (const { scope, key, expiresAt } of uniques) {
    tables.uniques.set(JSON.stringify([scope, key]), { runId, expiresAt });
  }
}

/** How a run is inserted. */
type NewRow = Omit<NonNullable<Admitted["row"]>, "skipped"> & { readonly skipped: SkipReason | Duplicate | null };

function putNewRun(tables: MemoryTables, n: number, run: NewRun, row: NewRow): void {
  const { leased, queueAt, flow, skipped } = row;
  if (tables.runs.has(run.id)) throw new ConflictFound({ kind: "run-exists", runId: run.id });
  const record: RunRecord = {
    id: run.id,
    functionId: run.functionId,
    functionHash: run.functionHash,
    status: skipped ? "skipped" : leased ? "running" : "queued",
    eventId: run.eventIds[0],
    eventIds: run.eventIds,
    parent: run.parent,
    attempt: 0,
    createdAt: run.createdAt,
    startedAt: leased ? run.createdAt : null,
    endedAt: skipped ? run.createdAt : null,
    output: skipped ? JSON.stringify(skipped) : null,
    ending: null,
    owner: leased ? run.owner : null,
    epoch: leased ? 1 : 0,
    queueAt: leased || skipped ? null : queueAt,
    slots: flow?.slots || null,
    cancel: null,
  };
  tables.putRun(n, record, flow);
  if (!skipped) for (const watch of run.watches) tables.putWake(watch);
}

function resolve(tables: MemoryTables, step: StepRecord, now: number): void {
  insertStep(tables, step);
  tables.deleteWake(step.runId, step.key);
  const { place, record, flow } = runToChange(tables, step.runId);
  if (record.owner !== null) return;
  const queueAt = record.queueAt === null ? now : Math.min(record.queueAt, now);
  tables.putRun(place, { ...record, status: "queued", queueAt }, flow);
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

function claim(tables: MemoryTables, owner: string, now: number, limit: number): WriteResult {
  const claimed: RunRecord[] = [];
  const { granted, superseded } = claimRuns(tables.flow, now, limit, ({ id }, flow) => {
    const { place, record } = runToChange(tables, id);
    const run: RunRecord = {
      ...record,
      status: "running",
      owner,
      epoch: record.epoch + 1,
      queueAt: null,
      startedAt: record.startedAt ?? now,
      slots: flow?.slots || null,
    };
    tables.putRun(place, run, flow && toFlowState(flow));
    claimed.push(run);
  });
  return { kind: "claim", claimed, granted, superseded };
}

function free(tables: MemoryTables, now: number, isGone: (owner: string) => boolean): number {
  let count = 0;
  for (const runId of [...tables.leased.keys()]) {
    const run = runToChange(tables, runId);
    if (run.record.owner === null || !isGone(run.record.owner)) continue;
    const { place, record, flow } = leave(tables, run, now);
    tables.putRun(place, { ...record, status: "queued", owner: null, queueAt: now }, flow);
    count++;
  }
  return count;
}

/** A release has no time: what depends on one is looked at by the claim that follows. */
const anyTime = 0;

/** The run as it is without its slots. */
function leave(tables: MemoryTables, run: StoredRun, now: number): StoredRun {
  if (!run.flow) return run;
  releaseFlow(tables.flow, tables.flow.run(run.place), now);
  return {
    ...run,
    record: { ...run.record, slots: null },
    flow: { ...run.flow, queue: null, place: null, slots: 0, wants: 0 },
  };
}

function reline(tables: MemoryTables, run: StoredRun, control: RunControl | null, now: number): void {
  const { id, functionId, owner, startedAt } = run.record;
  const before = run.flow && tables.flow.run(run.place);
  const standing = { n: run.place, id, functionId, leased: owner !== null, started: startedAt !== null };
  const flow = relineRun(tables.flow, standing, before, control, now);
  // Its events and its time may be others by now.
  const { place, record } = runToChange(tables, id);
  tables.putRun(place, { ...record, slots: flow?.slots || null }, flow && toFlowState(flow));
}

function toFlowState({ line, queue, place, slots, wants, headStartMs }: FlowState): FlowState {
  return { line, queue, place, slots, wants, headStartMs };
}
