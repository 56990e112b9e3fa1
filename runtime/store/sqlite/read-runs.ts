import { CursorError, type Page, type RunFilter, type RunSnapshot } from "../store.js";
import type { RunRecord, RunStatus } from "../records.js";
import type { Database, SqlRow, SqlValue, Statement } from "./driver.js";
import { selectEvent, toEventRecord } from "./event-rows.js";
import type { Names } from "./names.js";
import { readNumber, readNumberOrNull } from "./read-column.js";
import { selectRun, toRunRecord } from "./run-rows.js";
import { statusCode, statusOfCode } from "./status-codes.js";
import { selectSteps, toJournalEntry } from "./step-rows.js";
import { toWakeRecord } from "./wake-rows.js";

/** The queries behind `Store.runs`. */
export class RunReader {
  readonly #byId: Statement;
  readonly #steps: Statement;
  readonly #wakes: Statement;
  readonly #event: Statement;
  readonly #nextQueueAt: Statement;
  readonly #count: Statement;

  constructor(
    readonly database: Database,
    readonly names: Names,
  ) {
    this.#byId = database.prepare(`${selectRun} WHERE r.id = ?`);
    this.#steps = database.prepare(selectSteps);
    this.#wakes = database.prepare("SELECT * FROM wakes WHERE run = ? ORDER BY key");
    this.#event = database.prepare(`${selectEvent} WHERE id = ?`);
    this.#nextQueueAt = database.prepare("SELECT min(queue_at) AS next FROM runs WHERE queue_at IS NOT NULL");
    this.#count = database.prepare("SELECT status, count(*) AS count FROM runs GROUP BY status");
  }

  get(id: string): RunRecord | null {
    const row = this.#byId.get([id]);
    return row ? toRunRecord(row, this.names) : null;
  }

  snapshots(ids: readonly string[]): RunSnapshot[] {
    const found: RunSnapshot[] = [];
    for (const id of ids) {
      const row = this.#byId.get([id]);
      if (row) found.push(this.#toSnapshot(row));
    }
    return found;
  }

  list(filter: RunFilter, limit: number, cursor: string | null): Page<RunRecord> {
    const { conditions, values } = this.#toConditions(filter);
    if (cursor !== null) {
      conditions.push("r.n < ?");
      values.push(parseCursor(cursor));
    }
    const where = conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : "";
    // One more than asked tells whether there is a next page.
    const rows = this.database.prepare(`${selectRun} ${where} ORDER BY r.n DESC LIMIT ?`).all([...values, limit + 1]);
    return toPage(rows, limit, (row) => toRunRecord(row, this.names));
  }

  nextQueueAt(): number | null {
    const row = this.#nextQueueAt.get([]);
    return row ? readNumberOrNull(row, "next") : null;
  }

  count(): Record<RunStatus, number> {
    const counts = { queued: 0, running: 0, waiting: 0, completed: 0, failed: 0, cancelled: 0, skipped: 0 };
    for (const row of this.#count.all([])) counts[statusOfCode(readNumber(row, "status"))] = readNumber(row, "count");
    return counts;
  }

  #toSnapshot(row: SqlRow): RunSnapshot {
    const run = toRunRecord(row, this.names);
    const n = readNumber(row, "n");
    return {
      run,
      events: run.eventIds.flatMap((id) => {
        const event = this.#event.get([id]);
        return event ? [toEventRecord(event, this.names)] : [];
      }),
      journal: this.#steps.all([n]).map((step) => toJournalEntry(step, run.id)),
      wakes: this.#wakes.all([n]).map((wake) => toWakeRecord(wake, run.id)),
    };
  }

  #toConditions(filter: RunFilter): { conditions: string[]; values: SqlValue[] } {
    const conditions: string[] = [];
    const values: SqlValue[] = [];
    if (filter.functionId !== undefined) {
      conditions.push("r.function = ?");
      values.push(this.names.find(filter.functionId) ?? 0);
    }
    if (filter.status !== undefined) {
      // A literal, not a parameter: only so can the planner use the partial index. Its own `running` is in runs_by_owner.
      conditions.push(`r.status = ${statusCode[filter.status]}`);
      if (filter.status === "running") conditions.push("r.owner IS NOT NULL");
    }
    if (filter.eventId !== undefined) {
      conditions.push(
        "r.n IN (SELECT n FROM runs WHERE event = (SELECT n FROM events WHERE id = ?) UNION SELECT run FROM run_events WHERE event_id = ?)",
      );
      values.push(filter.eventId, filter.eventId);
    }
    return { conditions, values };
  }
}

/** The cursor is the number of the last row. */
export function toPage<T>(rows: readonly SqlRow[], limit: number, toItem: (row: SqlRow) => T): Page<T> {
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return { items: rows.slice(0, limit).map(toItem), next: last ? String(readNumber(last, "n")) : null };
}

export function parseCursor(cursor: string): number {
  if (!/^\d{1,15}$/.test(cursor)) throw new CursorError(cursor);
  return Number(cursor);
}
