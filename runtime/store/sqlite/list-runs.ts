import type { RunRecord } from "../records.js";
import type { Page, RunFilter } from "../store.js";
import type { Database, SqlRow, SqlValue, Statement } from "./driver.js";
import { inLeasedBlock } from "./leased-blocks.js";
import type { Names } from "./names.js";
import { parseCursor, toPage } from "./page.js";
import { readNumber } from "./read-column.js";
import { runColumns, selectRun, toRunRecord } from "./run-rows.js";
import { walkBlocks, type SparseIndex } from "./sparse-index.js";
import { statusCode } from "./status-codes.js";

/** Lists runs, newest first, by way of the index that leaves the fewest rows to look at. */
export class RunLister {
  readonly #statements = new Map<string, Statement>();

  constructor(
    readonly database: Database,
    readonly names: Names,
    readonly functionBlocks: SparseIndex,
  ) {}

  list(filter: RunFilter, limit: number, cursor: string | null): Page<RunRecord> {
    const before = cursor === null ? Number.MAX_SAFE_INTEGER : parseCursor(cursor);
    return toPage(this.#find(filter, limit, before), limit, (row) => toRunRecord(row, this.names));
  }

  /** One more than asked, when there are so many: that tells whether there is a next page. */
  #find(filter: RunFilter, limit: number, before: number): SqlRow[] {
    const conditions: string[] = [];
    const values: SqlValue[] = [];
    let functionName: number | null = null;
    if (filter.functionId !== undefined) {
      functionName = this.names.find(filter.functionId);
      if (functionName === null) return [];
      conditions.push("r.function = ?");
      values.push(functionName);
    }
    if (filter.eventId !== undefined) {
      conditions.push(
        "r.n IN (SELECT run FROM events WHERE id = ? AND run IS NOT NULL UNION SELECT run FROM run_events WHERE event_id = ?)",
      );
      values.push(filter.eventId, filter.eventId);
    }
    // A literal, not a parameter: only so can the planner use the partial index.
    if (filter.status !== undefined) conditions.push(`r.status = ${statusCode[filter.status]}`);

    const all = conditions.map((condition) => ` AND ${condition}`).join("");
    if (filter.open) return this.#open(functionName, limit + 1, before);
    const tail = `${all} ORDER BY r.n DESC LIMIT ?`;
    if (filter.status === "running" && filter.eventId === undefined) {
      const sql = `SELECT ${runColumns} ${inLeasedBlock} LEFT JOIN events e ON e.n = r.event WHERE r.owner IS NOT NULL AND r.n < ?${tail}`;
      return this.#prepare(sql).all([before, ...values, limit + 1]);
    }
    const isIndexed = filter.eventId !== undefined || (filter.status !== undefined && filter.status !== "completed");
    if (functionName !== null && !isIndexed) {
      const statement = this.#prepare(`${selectRun} WHERE r.n < ? AND r.n >= ?${tail}`);
      return walkBlocks(this.functionBlocks, functionName, before, limit + 1, (end, start, wanted) =>
        statement.all([end, start, ...values, wanted]),
      );
    }
    return this.#prepare(`${selectRun} WHERE r.n < ?${tail}`).all([before, ...values, limit + 1]);
  }

  /** Each kind of open run from its own index, and of all the newest: the same rows at whatever status they are. */
  #open(functionName: number | null, limit: number, before: number): SqlRow[] {
    const only = functionName === null ? "" : ` AND r.function = ${functionName}`;
    const tail = `AND r.n < ?${only} ORDER BY r.n DESC LIMIT ?`;
    const found = [0, 2].flatMap((code) =>
      this.#prepare(`${selectRun} WHERE r.status = ${code} ${tail}`).all([before, limit]),
    );
    const leased = `SELECT ${runColumns} ${inLeasedBlock} LEFT JOIN events e ON e.n = r.event WHERE r.owner IS NOT NULL`;
    found.push(...this.#prepare(`${leased} ${tail}`).all([before, limit]));
    return found.sort((a, b) => readNumber(b, "n") - readNumber(a, "n")).slice(0, limit);
  }

  #prepare(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, (statement = this.database.prepare(sql)));
    return statement;
  }
}
