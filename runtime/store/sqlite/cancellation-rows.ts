import type { CancellationRecord } from "../records.js";
import type { Database, SqlRow, Statement } from "./driver.js";
import { readNumber, readNumberOrNull, readText, readTextOrNull } from "./read-column.js";
import type { WriteContext } from "./write-context.js";

const insert = `INSERT OR REPLACE INTO cancellations
  (id, function, started_after, started_before, condition, created_at, cursor, ended_at, count)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;

export function putCancellation(context: WriteContext, given: CancellationRecord): void {
  const { id, functionId, startedAfter, startedBefore, condition, createdAt, cursor, endedAt, count } = given;
  context.run(insert, [id, functionId, startedAfter, startedBefore, condition, createdAt, cursor, endedAt, count]);
}

/** The queries behind `Store.cancellations`. */
export class CancellationReader {
  readonly #byId: Statement;
  readonly #newest: Statement;
  readonly #open: Statement;

  constructor(database: Database) {
    this.#byId = database.prepare("SELECT * FROM cancellations WHERE id = ?");
    this.#newest = database.prepare("SELECT * FROM cancellations ORDER BY id DESC LIMIT ?");
    this.#open = database.prepare("SELECT * FROM cancellations WHERE ended_at IS NULL ORDER BY id");
  }

  get(id: string): CancellationRecord | null {
    const row = this.#byId.get([id]);
    return row ? toCancellation(row) : null;
  }

  list(limit: number): CancellationRecord[] {
    return this.#newest.all([limit]).map(toCancellation);
  }

  open(): CancellationRecord[] {
    return this.#open.all([]).map(toCancellation);
  }
}

function toCancellation(row: SqlRow): CancellationRecord {
  return {
    id: readText(row, "id"),
    functionId: readText(row, "function"),
    startedAfter: readNumberOrNull(row, "started_after"),
    startedBefore: readNumberOrNull(row, "started_before"),
    condition: readTextOrNull(row, "condition"),
    createdAt: readNumber(row, "created_at"),
    cursor: readTextOrNull(row, "cursor"),
    endedAt: readNumberOrNull(row, "ended_at"),
    count: readNumber(row, "count"),
  };
}
