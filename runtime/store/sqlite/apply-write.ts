import { putCancellation } from "./cancellation-rows.js";
import type { EventRecord, StepRecord } from "../records.js";
import { wantSlots } from "../flow/depart.js";
import type { Conflict, WaitCandidate, Write, WriteResult } from "../store.js";
import { claim, freeLeases } from "./claim-runs.js";
import { insertRun } from "./insert-run.js";
import { endLined, releaseLined, reline } from "./lined-runs.js";
import type { RunHead } from "./run-heads.js";
import { endedBy, listen } from "./signals.js";
import { putManifest } from "./manifest-rows.js";
import { putMetadata } from "./metadata-rows.js";
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

const endRun =
  "UPDATE runs SET status = ?, owner = NULL, queue_at = NULL, ended_at = ?, output = ?, cancel = NULL, room = NULL WHERE n = ?";
const endLinedRun = `UPDATE runs SET status = ?, owner = NULL, queue_at = NULL, ended_at = ?, output = ?, cancel = NULL, room = NULL,
  line = NULL, queue = NULL, place = NULL, slots = NULL, wants = NULL, head_start = NULL WHERE n = ?`;

const none: readonly WaitCandidate[] = [];

/** Null for a write without a result. Rows may stay in the buffers. Throws ConflictFound and SqliteError. */
export function applyWrite(context: WriteContext, write: Write): WriteResult | null {
  switch (write.kind) {
    case "event":
      return insertEvent(context, write.event, write.matchKeys);
    case "run":
      return insertRun(context, write.run, write.uniques, write.control ?? null);
    case "step": {
      const head = insertStep(context, write.step);
      if (write.settlesWake) deleteWake(context, head, write.step.key);
      return null;
    }
    case "resolve":
      resolve(context, write.step, write.now);
      return null;
    case "listen":
      return listen(context, headOf(context, write.wake.runId).n, write);
    case "signal": {
      const resolved = endedBy(context, write);
      if (resolved) {
        refuseSecond(context, resolved);
        resolve(context, resolved, write.now);
      }
      const sender = write.settle?.(resolved?.runId ?? null);
      if (sender) {
        refuseSecond(context, sender);
        insertStep(context, sender);
      }
      return { kind: "signal", resolved };
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
    case "unwake":
      deleteWake(context, headOf(context, write.runId), write.stepKey);
      return null;
    case "release": {
      const head = headOf(context, write.runId);
      flushRunsUpTo(context, head);
      if (head.line !== null) releaseLined(context, head);
      context.run("UPDATE runs SET status = ?, owner = NULL, queue_at = ?, attempt = ? WHERE n = ?", [
        statusCode[write.status],
        write.queueAt,
        write.attempt,
        head.n,
      ]);
      if (write.failure) {
        context.run("UPDATE runs SET failures = json_insert(coalesce(failures, '[]'), '$[#]', json(?)) WHERE n = ?", [
          JSON.stringify(write.failure),
          head.n,
        ]);
      }
      context.heads.setFree(write.runId, head);
      return null;
    }
    case "ending": {
      const head = headOf(context, write.runId);
      flushRunsUpTo(context, head);
      if (context.has("SELECT 1 FROM runs WHERE n = ? AND ending IS NOT NULL", [head.n])) {
        throw new ConflictFound({ kind: "run-ending", runId: write.runId });
      }
      const { status, output } = write.ending;
      context.run("UPDATE runs SET ending = ? WHERE n = ?", [JSON.stringify({ status, output }), head.n]);
      context.run("DELETE FROM wakes WHERE run = ? AND kind <> 'deferral'", [head.n]);
      if (!head.leased) context.run("UPDATE runs SET status = 0, queue_at = ? WHERE n = ?", [write.now, head.n]);
      return null;
    }
    case "end": {
      const head = headOf(context, write.runId);
      flushRunsUpTo(context, head);
      const isLined = head.line !== null;
      if (isLined) endLined(context, head, write.endedAt);
      context.run(isLined ? endLinedRun : endRun, [statusCode[write.status], write.endedAt, write.output, head.n]);
      if (write.hasWakes) context.run("DELETE FROM wakes WHERE run = ?", [head.n]);
      head.open = false;
      context.heads.setFree(write.runId, head);
      return null;
    }
    case "cancel": {
      const head = context.heads.find(write.runId);
      if (!head?.open) return { kind: "cancel", runId: write.runId, marked: false };
      flushRunsUpTo(context, head);
      const marked = context.run("UPDATE runs SET cancel = ? WHERE n = ? AND cancel IS NULL", [write.reason, head.n]);
      return { kind: "cancel", runId: write.runId, marked: marked > 0 };
    }
    case "metadata":
      return putMetadata(context, write.update);
    case "cancellation":
      putCancellation(context, write.cancellation);
      return null;
    case "registration":
      if (write.registration === null) context.run("DELETE FROM registrations WHERE app = ?", [write.appId]);
      else {
        context.run("INSERT OR REPLACE INTO registrations (app, registration) VALUES (?, ?)", [
          write.appId,
          write.registration,
        ]);
      }
      return null;
    case "manifest":
      putManifest(context, write.manifest);
      return null;
    case "matched": {
      const event = context.eventNumber(write.eventId);
      if (event !== null) context.run("DELETE FROM pending_matches WHERE event = ?", [event]);
      return null;
    }
    case "problem": {
      const event = context.eventNumber(write.eventId);
      if (event === null) return null;
      const { expression, message } = write.problem;
      const sql = "INSERT OR IGNORE INTO expression_problems (event, expression, message) VALUES (?, ?, ?)";
      context.run(sql, [event, expression, message]);
      return null;
    }
    case "claim":
      return claim(context, write.owner, write.now, write.limit);
    case "slots": {
      const head = headOf(context, write.runId);
      if (head.line !== null) wantSlots(context.flow, head.flow ?? context.flow.run(head.n), write.wants, write.now);
      return null;
    }
    case "reline":
      reline(context, write.runId, write.control, write.now);
      return null;
    case "policies": {
      const functionName = context.names.intern(write.functionId);
      if (write.hash === null) context.run("DELETE FROM flow_policies WHERE function = ?", [functionName]);
      else
        context.run("INSERT OR REPLACE INTO flow_policies (function, hash) VALUES (?, ?)", [functionName, write.hash]);
      return null;
    }
    case "heartbeat":
      context.run("INSERT OR REPLACE INTO workers (owner, expires_at) VALUES (?, ?)", [
        context.names.intern(write.owner),
        write.expiresAt,
      ]);
      return null;
    case "reap":
      context.run("DELETE FROM workers WHERE expires_at <= ?", [write.expiredBy]);
      return { kind: "reap", reaped: freeLeases(context, write.now, "NOT IN (SELECT owner FROM workers)", []) };
    case "retire": {
      const owner = context.names.intern(write.owner);
      context.run("DELETE FROM workers WHERE owner = ?", [owner]);
      freeLeases(context, write.now, "= ?", [owner]);
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
      context.flow.sweep(write.now);
      return null;
  }
}

/** Where two rows are inserted, the constraint alone does not tell which of them is there already. */
function refuseSecond(context: WriteContext, { runId, key }: StepRecord): void {
  context.steps.flush();
  if (!context.has("SELECT 1 FROM steps WHERE run = ? AND key = ?", [headOf(context, runId).n, key])) return;
  throw new ConflictFound({ kind: "step-exists", runId, stepKey: key });
}

function resolve(context: WriteContext, step: StepRecord, now: number): void {
  const head = insertStep(context, step);
  deleteWake(context, head, step.key);
  if (head.leased) return;
  flushRunsUpTo(context, head);
  context.run("UPDATE runs SET status = 0, queue_at = min(coalesce(queue_at, ?), ?) WHERE n = ?", [now, now, head.n]);
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
