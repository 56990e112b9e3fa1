import type { Bucket, FlowState, Gather, Line, LineSpec, Queue, RateRow, SkipReason } from "../../flow/flow-records.js";
import type { DueRun, FlowRows, FlowRun } from "../../flow/flow-rows.js";
import type { SqlRow } from "../driver.js";
import { readNumber, readNumberOrNull, readText } from "../read-column.js";
import type { EventRecord, RunRecord } from "../../records.js";
import { giveRunEvents, selectNextOfFunctions, selectRun, toRunRecord } from "../run-rows.js";
import { statusCode } from "../status-codes.js";
import type { WriteContext } from "../write-context.js";
import { UndoLog } from "../../undo-log.js";
import { Buckets } from "./buckets.js";
import { deriveFlow } from "./derive-flow.js";
import { GatherRows } from "./gather-rows.js";
import { LineRows } from "./line-rows.js";
import { QueuedRuns, type QueuedRun } from "./queued-runs.js";
import { Queues } from "./queues.js";

const flowColumns = "n, id, owner, started_at, line, queue, place, slots, wants, head_start";

/**
 * Flow control in SQLite. Lines, throttles and what is gathered are rows; who holds and who waits is in memory, derived from the
 * runs when the store is opened, and taken back with the transaction.
 */
export class SqliteFlowRows implements FlowRows {
  readonly lines: LineRows;
  readonly buckets: Buckets;
  readonly queues: Queues;
  readonly gathers: GatherRows;
  claimedAt = 0;
  readonly #undo = new UndoLog();
  /** The runs of the present claim, so that what is leased is not read again. */
  readonly #due = new Map<number, RunRecord>();
  /** Their events, so that they are not read again either: until the next claim. */
  readonly #eventsAtHand = new Map<string, EventRecord>();
  readonly #queued: QueuedRuns;

  constructor(readonly context: WriteContext) {
    const { database, names } = context;
    this.lines = new LineRows(database, names, this.#undo);
    this.buckets = new Buckets(database, this.#undo);
    this.queues = new Queues(this.#undo);
    this.gathers = new GatherRows(database);
    this.#queued = new QueuedRuns(database, names, (event) => this.#eventsAtHand.set(event.id, event));
    deriveFlow(database, this);
  }

  flush(): void {
    this.lines.flush();
    this.buckets.flush();
    this.gathers.flush();
  }

  /** After a commit. */
  settle(): void {
    this.#due.clear();
    this.lines.settle();
    this.buckets.settle();
    this.gathers.settle();
    this.#undo.forget();
  }

  /** A place to which `forget` can return; all that was written before is flushed. */
  mark(): number {
    return this.#undo.mark();
  }

  /** After a rollback to the place. */
  forget(mark: number): void {
    this.#undo.rollBack(mark);
    this.#due.clear();
    this.lines.forget();
    this.buckets.forget();
    this.gathers.forget();
  }

  sweep(now: number): void {
    this.buckets.sweep(now);
    this.lines.deleteUnused();
    this.queues.sweep();
    this.context.run("DELETE FROM flow_rate_starts WHERE key IN (SELECT key FROM flow_rates WHERE expires_at <= ?)", [
      now,
    ]);
    this.context.run("DELETE FROM flow_rates WHERE expires_at <= ?", [now]);
  }

  // ── lines, buckets, queues ───────────────────────────────────────────────────────────────────────────────────────

  line(n: number): Line {
    return this.lines.get(n);
  }
  findLine(functionId: string, spec: LineSpec): Line {
    return this.lines.find(functionId, spec);
  }
  /** Without runs it is not written back. */
  dropIfUnused(): void {}
  addToLine(n: number, runs: 1 | -1): void {
    this.lines.add(n, runs);
  }
  bucket(key: string): Bucket | null {
    return this.buckets.get(key);
  }
  throttled(key: string): Bucket | null {
    return this.buckets.throttled(key);
  }
  putBucket(bucket: Bucket, now: number): void {
    this.buckets.put(bucket, now);
  }
  timedBuckets(): Bucket[] {
    return [...this.buckets.values()].filter(({ wakeAt }) => wakeAt !== null);
  }
  dueBuckets(now: number, limit: number): Iterable<Bucket> {
    return this.buckets.due(now, limit);
  }
  queue(n: number): Queue | null {
    return this.queues.get(n);
  }
  putQueue(queue: Queue): void {
    this.queues.put(queue);
  }
  resizeQueue(n: number, size: number): void {
    this.queues.resize(n, size);
  }
  deleteQueue(n: number): void {
    this.queues.delete(n);
  }
  firstReady(functionId: string): Queue | null {
    return this.queues.firstReady(functionId);
  }
  readyFunctions(): string[] {
    return this.queues.readyFunctions();
  }
  firstBlocked(bucket: string, held: number): Queue | null {
    return this.queues.firstBlocked(bucket, held);
  }
  nextTurn(): number {
    return this.queues.nextTurn();
  }
  turnOf(functionId: string): number {
    return this.queues.turnOf(functionId);
  }
  setTurn(functionId: string, turn: number): void {
    this.queues.setTurn(functionId, turn);
  }

  beginClaim(): void {
    this.#due.clear();
    this.#eventsAtHand.clear();
  }

  /** One that the last claim has read. */
  eventAtHand(id: string): EventRecord | undefined {
    return this.#eventsAtHand.get(id);
  }

  // ── runs ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** With the record: what is first in a queue that is tried will mostly be leased. */
  head(queue: number): FlowRun | null {
    this.context.events.flush();
    this.context.runs.flush();
    const queued = this.#queued.head(queue);
    if (!queued) return null;
    if (queued.record) {
      this.#due.set(queued.n, queued.record);
      return { ...toUnleasedRun(queued), queue };
    }
    const whole = this.#readRun(queued.n);
    this.#due.set(queued.n, toRunRecord(whole, this.context.names));
    return toFlowRun(whole);
  }

  run(n: number): FlowRun {
    this.context.runs.flush();
    const row = this.context.get(`SELECT ${flowColumns} FROM runs WHERE n = ?`, [n]);
    if (!row) throw new Error(`internal error: there is no run ${n}`);
    return toFlowRun(row);
  }

  putFlow(run: FlowRun, { line, queue, place, slots, wants, headStartMs }: FlowState): void {
    this.context.runs.flush();
    this.context.run(
      "UPDATE runs SET line = ?, queue = ?, place = ?, slots = ?, wants = ?, head_start = ? WHERE n = ?",
      [line, queue, place, slots || null, wants || null, headStartMs || null, run.n],
    );
    this.context.heads.setFlow(run.id, { ...run, line, queue, place, slots, wants, headStartMs });
  }

  /** New runs that are still in the buffer have met their line already. */
  hasDue(functionId: string, now: number): boolean {
    return this.context.has("SELECT 1 FROM runs WHERE function = ? AND queue_at <= ? AND queue IS NULL LIMIT 1", [
      this.context.names.intern(functionId),
      now,
    ]);
  }

  dueFunctions(now: number): string[] {
    this.context.events.flush();
    this.context.runs.flush();
    const rows = this.context.all(`SELECT function FROM (${selectNextOfFunctions}) WHERE queue_at <= ?`, [now]);
    return rows.map((row) => this.context.names.textOf(readNumber(row, "function")));
  }

  due(functionId: string, now: number, limit: number): DueRun[] {
    return this.#queued.due(this.context.names.intern(functionId), now, limit).map((queued) => {
      const { n, id, record, line, queueAt } = queued;
      if (record) this.#due.set(n, record);
      return {
        n,
        id,
        queueAt,
        isInvoked: line !== null && this.record(n).parent !== null,
        flow: line === null ? null : toUnleasedRun(queued),
      };
    });
  }

  /** One of the present claim, or any other. */
  record(n: number): RunRecord {
    return this.#due.get(n) ?? toRunRecord(this.#readRun(n), this.context.names);
  }

  #readRun(n: number): SqlRow {
    const row = this.context.get(`${selectRun} WHERE r.n = ?`, [n]);
    if (!row) throw new Error(`internal error: there is no run ${n}`);
    return row;
  }

  moveRun(n: number, queueAt: number): void {
    this.context.runs.flush();
    this.context.run("UPDATE runs SET queue_at = ? WHERE n = ?", [queueAt, n]);
  }

  eventOf(n: number): string {
    this.context.events.flush();
    this.context.runs.flush();
    return this.record(n).eventId;
  }

  renewRun(n: number, eventId: string, queueAt: number): void {
    const event = this.context.eventNumber(eventId);
    if (event === null) {
      this.moveRun(n, queueAt);
      return this.giveEvents(n, [eventId]);
    }
    this.context.runs.flush();
    this.context.run("UPDATE runs SET event = ?, queue_at = ?, rest = NULL WHERE n = ?", [event, queueAt, n]);
    this.#due.delete(n);
  }

  giveEvents(n: number, eventIds: readonly [string, ...string[]]): void {
    this.context.runs.flush();
    giveRunEvents(this.context, n, eventIds);
    this.#due.delete(n);
  }

  linkEvent(eventId: string, n: number): void {
    this.context.linkEvent(eventId, n);
  }

  skipRun({ n, id }: { readonly n: number; readonly id: string }, reason: SkipReason, now: number): void {
    this.context.runs.flush();
    this.context.heads.drop(id);
    this.context.run(
      "UPDATE runs SET status = ?, ended_at = ?, output = ?, queue_at = NULL, head_start = NULL, line = NULL WHERE n = ?",
      [statusCode.skipped, now, JSON.stringify(reason), n],
    );
  }

  // ── rates, gathers, singletons ───────────────────────────────────────────────────────────────────────────────────

  rate(key: string): RateRow | null {
    const row = this.context.get("SELECT next, newest FROM flow_rates WHERE key = ?", [key]);
    return row ? { next: readNumber(row, "next"), newest: readNumber(row, "newest") } : null;
  }

  rateStart(key: string, number: number): number | null {
    const row = this.context.get(
      "SELECT at FROM flow_rate_starts WHERE key = ? AND number >= ? ORDER BY number LIMIT 1",
      [key, number],
    );
    return row ? readNumber(row, "at") : null;
  }

  firstRateStarts(key: string): { number: number; at: number }[] {
    const rows = this.context.all("SELECT number, at FROM flow_rate_starts WHERE key = ? ORDER BY number LIMIT 3", [
      key,
    ]);
    return rows.map((row) => ({ number: readNumber(row, "number"), at: readNumber(row, "at") }));
  }

  addRateStart(key: string, { number, at, expiresAt }: Parameters<FlowRows["addRateStart"]>[1]): void {
    this.context.run("INSERT INTO flow_rate_starts (key, number, at) VALUES (?, ?, ?)", [key, number, at]);
    this.context.run("INSERT OR REPLACE INTO flow_rates (key, next, newest, expires_at) VALUES (?, ?, ?, ?)", [
      key,
      number + 1,
      at,
      expiresAt,
    ]);
  }

  deleteRateStart(key: string, number: number): void {
    this.context.run("DELETE FROM flow_rate_starts WHERE key = ? AND number = ?", [key, number]);
  }

  gather(key: string): Gather | null {
    return this.gathers.get(key);
  }
  gatherOf(run: number): Gather | null {
    return this.gathers.ofRun(run);
  }
  putGather(gather: Gather): void {
    this.gathers.put(gather);
  }
  addGathered(run: number, index: number, eventId: string): void {
    this.gathers.add(run, index, eventId);
  }
  gathered(run: number): string[] {
    return this.gathers.gathered(run);
  }
  deleteGather(key: string): void {
    this.gathers.delete(key);
  }

  single(key: string): string | null {
    const row = this.context.get("SELECT run_id FROM flow_singles WHERE key = ?", [key]);
    return row ? readText(row, "run_id") : null;
  }

  setSingle(key: string, runId: string | null): void {
    if (runId === null) this.context.run("DELETE FROM flow_singles WHERE key = ?", [key]);
    else this.context.run("INSERT OR REPLACE INTO flow_singles (key, run_id) VALUES (?, ?)", [key, runId]);
  }

  addSuperseded(runId: string): void {
    this.context.run("INSERT OR IGNORE INTO flow_superseded (run_id) VALUES (?)", [runId]);
  }

  deleteSuperseded(runId: string): void {
    this.context.run("DELETE FROM flow_superseded WHERE run_id = ?", [runId]);
  }
}

/** Of a run of a line, that nobody has and that waits in no queue. */
function toUnleasedRun({ n, id, started, line, headStartMs }: QueuedRun): FlowRun {
  if (line === null) throw new Error(`internal error: run ${n} is in no line`);
  return { n, id, leased: false, started, line, queue: null, place: null, slots: 0, wants: 0, headStartMs };
}

/** Of a run that belongs to a line. */
export function toFlowRun(row: SqlRow): FlowRun {
  return {
    n: readNumber(row, "n"),
    id: readText(row, "id"),
    leased: readNumberOrNull(row, "owner") !== null,
    started: readNumberOrNull(row, "started_at") !== null,
    line: readNumber(row, "line"),
    queue: readNumberOrNull(row, "queue"),
    place: readNumberOrNull(row, "place"),
    slots: readNumberOrNull(row, "slots") ?? 0,
    wants: readNumberOrNull(row, "wants") ?? 0,
    headStartMs: readNumberOrNull(row, "head_start") ?? 0,
  };
}
