import type { EventRecord, RunRecord, StepRecord } from "../records.js";
import type { Conflict, NewRun, Unique, WaitCandidate, Write, WriteResult } from "../store.js";
import { inLeasedBlock } from "./leased-blocks.js";
import { readNumber, readText } from "./read-column.js";
import type { RunHead } from "./run-heads.js";
import { encodeRunRest, selectRun, toRunRecord } from "./run-rows.js";
import { statusCode, encodeStep } from "./status-codes.js";
import { encodeStepRest } from "./step-rows.js";
import { toWakeValues } from "./wake-rows.js";
import { insertWake, type WriteContext } from "./write-context.js";

/** Thrown inside a transition to void it. */
export class ConflictFound extends Error {
  constructor(readonly conflict: Conflict) {
    super(conflict.kind);
  }
}

const none: readonly WaitCandidate[] = [];

/** Null for a write without a result. Rows may stay in the buffers. Throws ConflictFound and SqliteError. */
export function applyWrite(context: WriteContext, write: Write): WriteResult | null {
  switch (write.kind) {
    case "event":
      return insertEvent(context, write.event, write.matchKeys);
    case "run":
      return insertRun(context, write.run, write.unique);
    case "step": {
      const head = insertStep(context, write.step);
      if (write.settlesWake) deleteWake(context, head, write.step.key);
      return null;
    }
    case "resolve": {
      const head = insertStep(context, write.step);
      deleteWake(context, head, write.step.key);
      if (head.leased) return null;
      flushRunsUpTo(context, head);
      context.run("UPDATE runs SET status = 0, queue_at = min(coalesce(queue_at, ?), ?) WHERE n = ?", [
        write.now,
        write.now,
        head.n,
      ]);
      return null;
    }
    case "transact": {
      headOf(context, write.runId);
      // Taking back what the user's code wrote must not take back rows of others.
      context.flush();
      const step = context.userTables.transact((tx) => write.settle(write.body(tx)));
      const head = insertStep(context, step);
      if (write.settlesWake) deleteWake(context, head, step.key);
      return null;
    }
    case "wake":
      context.run(insertWake, toWakeValues(headOf(context, write.wake.runId).n, write.wake));
      return null;
    case "release": {
      const head = headOf(context, write.runId);
      flushRunsUpTo(context, head);
      context.run("UPDATE runs SET status = ?, owner = NULL, queue_at = ?, attempt = ? WHERE n = ?", [
        statusCode[write.status],
        write.queueAt,
        write.attempt,
        head.n,
      ]);
      context.heads.setFree(write.runId, head);
      return null;
    }
    case "end": {
      const head = headOf(context, write.runId);
      flushRunsUpTo(context, head);
      context.run("UPDATE runs SET status = ?, owner = NULL, queue_at = NULL, ended_at = ?, output = ? WHERE n = ?", [
        statusCode[write.status],
        write.endedAt,
        write.output,
        head.n,
      ]);
      if (write.hasWakes) context.run("DELETE FROM wakes WHERE run = ?", [head.n]);
      head.open = false;
      context.heads.setFree(write.runId, head);
      return null;
    }
    case "matched": {
      const event = context.eventNumber(write.eventId);
      if (event !== null) context.run("DELETE FROM pending_matches WHERE event = ?", [event]);
      return null;
    }
    case "claim":
      return { kind: "claim", claimed: claim(context, write.owner, write.now, write.limit) };
    case "heartbeat":
      context.run("INSERT OR REPLACE INTO workers (owner, expires_at) VALUES (?, ?)", [
        context.names.intern(write.owner),
        write.expiresAt,
      ]);
      return null;
    case "reap":
      context.run("DELETE FROM workers WHERE expires_at <= ?", [write.expiredBy]);
      return { kind: "reap", reaped: free(context, write.now, "NOT IN (SELECT owner FROM workers)", []) };
    case "retire": {
      const owner = context.names.intern(write.owner);
      context.run("DELETE FROM workers WHERE owner = ?", [owner]);
      free(context, write.now, "= ?", [owner]);
      return null;
    }
    case "schedule":
      if (write.nextAt === null) context.run("DELETE FROM schedules WHERE id = ?", [write.id]);
      else {
        context.run("INSERT OR REPLACE INTO schedules (id, expression, next_at) VALUES (?, ?, ?)", [
          write.id,
          write.expression,
          write.nextAt,
        ]);
      }
      return null;
    case "sweep":
      context.run("DELETE FROM uniques WHERE expires_at <= ?", [write.now]);
      return null;
  }
}

function insertEvent(
  context: WriteContext,
  event: EventRecord,
  matchKeys: readonly string[] | null,
): WriteResult | null {
  const n = context.newEventNumber(event.id);
  const name = context.names.intern(event.name);
  context.events.values.push(n, event.id, name, event.ts, event.receivedAt, null, event.data, event.key, event.extra);
  context.eventBlocks.add(name, n);
  if (matchKeys === null) return null;
  const candidates = context.candidates.find(event.name, matchKeys);
  if (candidates.length === 0) return { kind: "event", eventId: event.id, candidates: none };
  context.run("INSERT INTO pending_matches (event, match_keys) VALUES (?, ?)", [n, JSON.stringify(matchKeys)]);
  return { kind: "event", eventId: event.id, candidates };
}

function insertRun(context: WriteContext, run: NewRun, unique: Unique | null): WriteResult | null {
  if (unique) {
    const { scope, key, now, expiresAt } = unique;
    const other = context.get("SELECT run_id FROM uniques WHERE scope = ? AND key = ? AND expires_at > ?", [
      scope,
      key,
      now,
    ]);
    if (other) return { kind: "run", runId: run.id, duplicateOf: readText(other, "run_id") };
    context.run("INSERT OR REPLACE INTO uniques (scope, key, run_id, expires_at) VALUES (?, ?, ?, ?)", [
      scope,
      key,
      run.id,
      expiresAt,
    ]);
  }
  const n = context.newRunNumber();
  const leased = run.owner !== null;
  const firstEvent = context.eventNumber(run.eventIds[0]);
  const functionName = context.names.intern(run.functionId);
  context.runs.values.push(
    n,
    run.id,
    functionName,
    context.names.intern(run.functionHash),
    firstEvent,
    leased ? statusCode.running : statusCode.queued,
    run.owner === null ? null : context.names.intern(run.owner),
    leased ? 1 : 0,
    run.createdAt,
    leased ? run.createdAt : null,
    leased ? null : run.queueAt,
    encodeRunRest(run, firstEvent),
  );
  context.heads.add(run.id, { n, epoch: leased ? 1 : 0, leased, open: true });
  context.functionBlocks.add(functionName, n);
  if (leased) context.leasedBlocks.add(n);
  const told = firstEvent !== null && tellEvent(context, firstEvent, n);
  for (let i = told ? 1 : 0; i < run.eventIds.length; i++) {
    context.run("INSERT OR IGNORE INTO run_events (event_id, run) VALUES (?, ?)", [run.eventIds[i] ?? "", n]);
  }
  return unique ? { kind: "run", runId: run.id, duplicateOf: null } : null;
}

/** Writes the run into the row of its event, when that is still in the buffer and has none. */
function tellEvent(context: WriteContext, event: number, run: number): boolean {
  const { values } = context.events;
  const first = values[0];
  // Rows in the buffer have consecutive numbers.
  if (typeof first !== "number" || event < first) return false;
  const at = (event - first) * context.events.width + 5;
  if (values[at] !== null) return false;
  values[at] = run;
  return true;
}

function insertStep(context: WriteContext, step: StepRecord): RunHead {
  const head = headOf(context, step.runId);
  context.steps.values.push(
    head.n,
    step.key,
    context.seq.next(),
    encodeStep(step),
    step.startedAt,
    step.endedAt,
    step.output,
    encodeStepRest(step),
  );
  return head;
}

function deleteWake(context: WriteContext, head: RunHead, stepKey: string): void {
  context.run("DELETE FROM wakes WHERE run = ? AND key = ?", [head.n, stepKey]);
}

function headOf(context: WriteContext, runId: string): RunHead {
  const head = context.heads.find(runId);
  if (!head) throw new ConflictFound({ kind: "run-missing", runId });
  if (!head.open) throw new ConflictFound({ kind: "run-ended", runId });
  return head;
}

/** Before an update of a run: its row may still be in the buffer. */
function flushRunsUpTo(context: WriteContext, head: RunHead): void {
  const first = context.runs.values[0];
  if (typeof first === "number" && first <= head.n) context.runs.flush();
}

function claim(context: WriteContext, owner: string, now: number, limit: number): RunRecord[] {
  context.events.flush();
  context.runs.flush();
  const rows = context.all(`${selectRun} WHERE r.queue_at <= ? ORDER BY r.queue_at, r.n LIMIT ?`, [now, limit]);
  const ownerNumber = context.names.intern(owner);
  return rows.map((row) => {
    const n = readNumber(row, "n");
    const before = toRunRecord(row, context.names);
    const epoch = before.epoch + 1;
    context.run(
      "UPDATE runs SET status = 1, owner = ?, epoch = ?, queue_at = NULL, started_at = coalesce(started_at, ?) WHERE n = ?",
      [ownerNumber, epoch, now, n],
    );
    context.leasedBlocks.add(n);
    context.heads.add(before.id, { n, epoch, leased: true, open: true });
    return { ...before, status: "running", owner, epoch, queueAt: null, startedAt: before.startedAt ?? now };
  });
}

function free(context: WriteContext, now: number, whose: string, values: readonly number[]): number {
  context.runs.flush();
  const count = context.run(
    `UPDATE runs SET status = 0, owner = NULL, queue_at = ?
     WHERE n IN (SELECT r.n ${inLeasedBlock} WHERE r.owner IS NOT NULL AND r.owner ${whose})`,
    [now, ...values],
  );
  context.heads.forget();
  return count;
}
