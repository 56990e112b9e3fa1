import { describeGathering, describeLine } from "../../flow/describe-waiting.js";
import { findFlowViolations } from "../../flow/find-flow-violations.js";
import type { Waiting } from "../../flow/flow-records.js";
import type { Store, Violation } from "../../store.js";
import type { Database, SqlRow } from "../driver.js";
import type { Names } from "../names.js";
import { inLeasedBlock } from "../leased-blocks.js";
import { readNumber, readNumberOrNull, readText } from "../read-column.js";
import { statusOfCode } from "../status-codes.js";
import { toGather } from "./gather-rows.js";
import { toLine } from "./line-rows.js";
import type { SqliteFlowRows } from "./sqlite-flow-rows.js";

/** The queries behind `Store.flow`. */
export class FlowReader {
  constructor(
    readonly database: Database,
    readonly names: Names,
    readonly rows: SqliteFlowRows,
  ) {}

  policies(): Awaited<ReturnType<Store["flow"]["policies"]>> {
    return this.#all("SELECT function, hash FROM flow_policies ORDER BY function").map((row) => ({
      functionId: this.names.textOf(readNumber(row, "function")),
      hash: readText(row, "hash"),
    }));
  }

  superseded(): string[] {
    return this.#all("SELECT run_id FROM flow_superseded ORDER BY run_id").map((row) => readText(row, "run_id"));
  }

  /** Those that are queued (0), then those that wait (2), then those that are executed (1), each in the order of insertion. */
  open(
    functionId: string,
    started: boolean,
    limit: number,
    cursor: string | null,
  ): Awaited<ReturnType<Store["flow"]["open"]>> {
    const functionName = this.names.find(functionId);
    if (functionName === null) return { runIds: [], next: null };
    const [status = "0", after = "0"] = (cursor ?? "0:0").split(":");
    const from = status === "1" ? inLeasedBlock : "FROM runs r";
    const sql = `SELECT r.n, r.id ${from} WHERE r.status = ${status === "1" ? 1 : status === "2" ? 2 : 0} AND r.function = ?
      AND r.started_at IS ${started ? "NOT NULL" : "NULL"} AND r.n > ? ORDER BY r.n LIMIT ?`;
    const rows = this.#all(sql, functionName, Number(after), limit);
    const last = rows.at(-1);
    const next = status === "0" ? "2:0" : status === "2" ? "1:0" : null;
    return {
      runIds: rows.map((row) => readText(row, "id")),
      next: rows.length === limit && last ? `${status}:${readNumber(last, "n")}` : next,
    };
  }

  waiting(runId: string): Waiting | null {
    const [run] = this.#all("SELECT n, owner, line, queue, place, queue_at FROM runs WHERE id = ?", runId);
    if (!run || readNumberOrNull(run, "line") === null || readNumberOrNull(run, "owner") !== null) return null;
    const n = readNumber(run, "n");
    const queueNumber = readNumberOrNull(run, "queue");
    if (queueNumber === null) {
      const [gather] = this.#all("SELECT * FROM flow_gathers WHERE run = ?", n);
      return gather ? describeGathering(toGather(gather), readNumber(run, "queue_at")) : null;
    }
    const queue = this.rows.queue(queueNumber);
    if (!queue) return null;
    const [ahead] = this.#all(
      "SELECT count(*) AS count FROM runs WHERE queue = ? AND (place, n) < (?, ?)",
      queueNumber,
      readNumberOrNull(run, "place") ?? 0,
      n,
    );
    const bucket = queue.blockedOn === null ? null : this.rows.bucket(queue.blockedOn);
    return describeLine(queue, ahead ? readNumber(ahead, "count") : 0, bucket);
  }

  /** When a queue may be tried: 0 when one may now; null when none is known to come. */
  nextAt(): number | null {
    return this.rows.queues.anyReady ? 0 : this.rows.buckets.nextWakeAt;
  }

  verify(): Violation[] {
    const lines = this.#all("SELECT * FROM flow_lines").map((row) => {
      const line = toLine(row, this.names);
      return { ...line, runs: this.rows.lines.runsOf(line.n) };
    });
    const runs = this.#all(
      `SELECT line, queue, status, owner IS NOT NULL AS leased, started_at IS NOT NULL AS started,
       count(*) AS count, coalesce(sum(slots), 0) AS slots
       FROM runs WHERE line IS NOT NULL GROUP BY 1, 2, 3, 4, 5`,
    );
    return findFlowViolations({
      lines,
      queues: [...this.rows.queues.values()],
      buckets: [...this.rows.buckets.values()],
      runs: runs.map((row) => ({
        line: readNumber(row, "line"),
        queue: readNumberOrNull(row, "queue"),
        status: statusOfCode(readNumber(row, "status")),
        leased: readNumber(row, "leased") === 1,
        started: readNumber(row, "started") === 1,
        count: readNumber(row, "count"),
        slots: readNumber(row, "slots"),
      })),
    });
  }

  readonly #statements = new Map<string, ReturnType<Database["prepare"]>>();

  #all(sql: string, ...values: readonly (string | number)[]): SqlRow[] {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, (statement = this.database.prepare(sql)));
    return statement.all(values);
  }
}
