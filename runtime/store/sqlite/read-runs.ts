import type { RunSnapshot } from "../store.js";
import type { EventRecord, RunRecord, RunStatus } from "../records.js";
import type { Database, SqlRow, Statement } from "./driver.js";
import { selectEvent, toEventRecord } from "./event-rows.js";
import { inLeasedBlock } from "./leased-blocks.js";
import type { Names } from "./names.js";
import { readNumber, readNumberOrNull, readText } from "./read-column.js";
import { selectNextOfFunctions, selectRun, toRunRecord } from "./run-rows.js";
import { statusOfCode } from "./status-codes.js";
import { selectSteps, toJournalEntry } from "./step-rows.js";
import { toWakeRecord } from "./wake-rows.js";

/** The queries behind `Store.runs`, but for the listing. */
export class RunReader {
  readonly #byId: Statement;
  readonly #steps: Statement;
  readonly #wakes: Statement;
  /** So many events at a time; the largest first. A batch has a hundred. */
  readonly #events: readonly { readonly size: number; readonly statement: Statement }[];
  readonly #oneEvent: { readonly size: number; readonly statement: Statement };
  readonly #nextQueueAt: Statement;
  readonly #count: Statement;
  readonly #cancelling: Statement;
  readonly #overdue: Statement;
  readonly #nextDeadline: Statement;

  constructor(
    readonly database: Database,
    readonly names: Names,
    /** The number of a run that is still leased at the epoch of the record. */
    readonly numberOf: (run: RunRecord) => number | null,
    /** An event that the last claim has read. */
    readonly eventAtHand: (id: string) => EventRecord | undefined,
  ) {
    this.#byId = database.prepare(`${selectRun} WHERE r.id = ?`);
    this.#steps = database.prepare(selectSteps);
    this.#wakes = database.prepare("SELECT * FROM wakes WHERE run = ? ORDER BY key");
    const selecting = (size: number) => ({
      size,
      statement: database.prepare(`${selectEvent} WHERE id IN (${new Array<string>(size).fill("?").join(", ")})`),
    });
    this.#oneEvent = selecting(1);
    this.#events = [selecting(32), selecting(4), this.#oneEvent];
    this.#nextQueueAt = database.prepare(`SELECT min(queue_at) AS next FROM (${selectNextOfFunctions})`);
    this.#cancelling = database.prepare("SELECT id FROM runs WHERE cancel IS NOT NULL ORDER BY n LIMIT ?");
    this.#overdue = database.prepare(
      `SELECT r.id FROM wakes w JOIN runs r ON r.n = w.run
       WHERE w.kind = 'deadline' AND w.due_at <= ? ORDER BY w.due_at, r.id LIMIT ?`,
    );
    this.#nextDeadline = database.prepare("SELECT min(due_at) AS next FROM wakes WHERE kind = 'deadline'");
    // Each from an index, whose condition has to be repeated; `completed` is what is left of all, which SQLite counts by pages.
    this.#count = database.prepare(
      `SELECT status, count(*) AS count FROM runs
       WHERE status = 0 OR status = 2 OR status = 4 OR status = 5 OR status = 6 GROUP BY status
       UNION ALL SELECT 1, count(*) ${inLeasedBlock} WHERE r.status = 1 AND r.owner IS NOT NULL
       UNION ALL SELECT 3, count(*) FROM runs`,
    );
  }

  get(id: string): RunRecord | null {
    const row = this.#byId.get([id]);
    return row ? toRunRecord(row, this.names) : null;
  }

  snapshots(runs: readonly (string | RunRecord)[]): RunSnapshot[] {
    const found: { readonly run: RunRecord; readonly n: number; readonly isNew: boolean }[] = [];
    for (const run of runs) {
      const known = typeof run === "string" ? null : this.numberOf(run);
      if (known !== null && typeof run !== "string") {
        // Nobody has had it before: there is nothing in its journal.
        found.push({ run, n: known, isNew: run.epoch === 1 });
        continue;
      }
      const row = this.#byId.get([typeof run === "string" ? run : run.id]);
      if (row) found.push({ run: toRunRecord(row, this.names), n: readNumber(row, "n"), isNew: false });
    }
    const events = new Map<string, EventRecord>();
    const wanted: string[] = [];
    for (const { run } of found) {
      for (const id of run.eventIds) {
        const event = this.eventAtHand(id);
        if (event) events.set(id, event);
        else wanted.push(id);
      }
    }
    this.#readEvents(wanted, events);
    return found.map(({ run, n, isNew }) => ({
      run,
      events: run.eventIds.flatMap((id) => events.get(id) ?? []),
      journal: isNew ? [] : this.#steps.all([n]).map((step) => toJournalEntry(step, run.id)),
      wakes: this.#wakes.all([n]).map((wake) => toWakeRecord(wake, run.id)),
    }));
  }

  nextQueueAt(): number | null {
    const row = this.#nextQueueAt.get([]);
    return row ? readNumberOrNull(row, "next") : null;
  }

  cancelling(limit: number): string[] {
    return this.#cancelling.all([limit]).map((row) => readText(row, "id"));
  }

  overdue(now: number, limit: number): string[] {
    return this.#overdue.all([now, limit]).map((row) => readText(row, "id"));
  }

  nextDeadline(): number | null {
    const row = this.#nextDeadline.get([]);
    return row ? readNumberOrNull(row, "next") : null;
  }

  count(): Record<RunStatus, number> {
    const counts = { queued: 0, running: 0, waiting: 0, completed: 0, failed: 0, cancelled: 0, skipped: 0 };
    for (const row of this.#count.all([])) counts[statusOfCode(readNumber(row, "status"))] = readNumber(row, "count");
    const { completed: all, ...others } = counts;
    return { ...counts, completed: Object.values(others).reduce((left, count) => left - count, all) };
  }

  #readEvents(ids: readonly string[], found: Map<string, EventRecord>): void {
    for (let at = 0; at < ids.length;) {
      const { size, statement } = this.#events.find((each) => each.size <= ids.length - at) ?? this.#oneEvent;
      for (const row of statement.all(ids.slice(at, at + size))) {
        const event = toEventRecord(row, this.names);
        found.set(event.id, event);
      }
      at += size;
    }
  }
}
