import type { Database, SqlValue, Statement } from "./driver.js";
import { InsertBuffer } from "./insert-buffer.js";
import { LeasedBlocks } from "./leased-blocks.js";
import { SqliteFlowRows } from "./flow/sqlite-flow-rows.js";
import { Names } from "./names.js";
import { readNumber } from "./read-column.js";
import { RunHeads } from "./run-heads.js";
import { SeqCounter } from "./seq-counter.js";
import { SparseIndex } from "./sparse-index.js";
import { WaitCandidates } from "./wait-candidates.js";
import type { UserTables } from "./user-tables.js";
import { wakeColumns } from "./wake-rows.js";

/** More than one commit has. */
const eventCacheLimit = 10_000;

/** What the writes of one database share: prepared statements, rows still to be inserted, and what is known of the rows. */
export class WriteContext {
  /** Prepared: parsing them anew would be a tenth of a small commit. */
  readonly begin: Statement;
  readonly commit: Statement;
  readonly names: Names;
  readonly events: InsertBuffer;
  readonly runs: InsertBuffer;
  readonly steps: InsertBuffer;
  readonly heads: RunHeads;
  readonly functionBlocks: SparseIndex;
  readonly eventBlocks: SparseIndex;
  readonly leasedBlocks: LeasedBlocks;
  readonly seq: SeqCounter;
  readonly flow: SqliteFlowRows;
  readonly candidates: WaitCandidates;
  readonly #statements = new Map<string, Statement>();
  readonly #eventNumbers = new Map<string, number>();
  #nextEvent: number;
  #nextRun: number;

  constructor(
    readonly database: Database,
    readonly userTables: UserTables,
  ) {
    this.begin = database.prepare("BEGIN IMMEDIATE");
    this.commit = database.prepare("COMMIT");
    this.names = new Names(database);
    this.events = new InsertBuffer(database, "events", [
      "n",
      "id",
      "name",
      "ts",
      "received_at",
      "run",
      "data",
      "key",
      "extra",
    ]);
    this.runs = new InsertBuffer(database, "runs", [
      "n",
      "id",
      "function",
      "hash",
      "event",
      "status",
      "owner",
      "epoch",
      "created_at",
      "started_at",
      "queue_at",
      "rest",
      "line",
      "queue",
      "place",
      "slots",
      "head_start",
    ]);
    this.steps = new InsertBuffer(database, "steps", [
      "run",
      "key",
      "seq",
      "what",
      "started_at",
      "ended_at",
      "output",
      "rest",
    ]);
    this.heads = new RunHeads(database, this.runs);
    this.functionBlocks = new SparseIndex(database, "function_blocks", "function");
    this.eventBlocks = new SparseIndex(database, "event_blocks", "name");
    this.leasedBlocks = new LeasedBlocks(database);
    this.seq = new SeqCounter(database, "seq");
    this.flow = new SqliteFlowRows(this);
    this.candidates = new WaitCandidates(database, this.names, this.runs, this.events);
    this.#nextEvent = this.#lastOf("events") + 1;
    this.#nextRun = this.#lastOf("runs") + 1;
  }

  run(sql: string, values: readonly SqlValue[]): number {
    return this.#statement(sql).run(values);
  }

  has(sql: string, values: readonly SqlValue[]): boolean {
    return this.#statement(sql).get(values) !== undefined;
  }

  get(sql: string, values: readonly SqlValue[]) {
    return this.#statement(sql).get(values);
  }

  all(sql: string, values: readonly SqlValue[]) {
    return this.#statement(sql).all(values);
  }

  newEventNumber(eventId: string): number {
    const n = this.#nextEvent++;
    this.#eventNumbers.set(eventId, n);
    return n;
  }

  newRunNumber(): number {
    return this.#nextRun++;
  }

  /** Null when the event is not stored. */
  eventNumber(eventId: string): number | null {
    const known = this.#eventNumbers.get(eventId);
    if (known !== undefined) return known;
    const row = this.get("SELECT n FROM events WHERE id = ?", [eventId]);
    return row ? readNumber(row, "n") : null;
  }

  /** Lists the event with the run: in the row of the event, when that is still in the buffer and names none. */
  linkEvent(eventId: string, run: number): void {
    const event = this.eventNumber(eventId);
    if (event !== null && this.#tellEvent(event, run)) return;
    this.run("INSERT OR IGNORE INTO run_events (event_id, run) VALUES (?, ?)", [eventId, run]);
  }

  #tellEvent(event: number, run: number): boolean {
    const { values } = this.events;
    const first = values[0];
    // Rows in the buffer have consecutive numbers.
    if (typeof first !== "number" || event < first) return false;
    const at = (event - first) * this.events.width + 5;
    if (values[at] !== null) return false;
    values[at] = run;
    return true;
  }

  flush(): void {
    this.events.flush();
    this.runs.flush();
    this.steps.flush();
    this.flow.flush();
  }

  /** After a commit. */
  settle(): void {
    this.heads.settle();
    this.flow.settle();
    if (this.#eventNumbers.size > eventCacheLimit) this.#eventNumbers.clear();
  }

  /** After a rollback, of the whole transaction or to the `mark` of flow control. */
  forget(mark = 0): void {
    this.events.clear();
    this.runs.clear();
    this.steps.clear();
    this.heads.forget();
    this.names.forget();
    this.seq.forget();
    this.flow.forget(mark);
    this.functionBlocks.forget();
    this.eventBlocks.forget();
    this.leasedBlocks.forget();
    this.#eventNumbers.clear();
  }

  #statement(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, (statement = this.database.prepare(sql)));
    return statement;
  }

  #lastOf(table: "events" | "runs"): number {
    const row = this.get(`SELECT coalesce(max(n), 0) AS last FROM ${table}`, []);
    return row ? readNumber(row, "last") : 0;
  }
}

export const insertWake = `INSERT OR REPLACE INTO wakes (${wakeColumns.join(", ")}) VALUES (${wakeColumns.map(() => "?").join(", ")})`;
