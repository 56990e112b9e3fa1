import { describeGathering, describeLine } from "../../flow/describe-waiting.js";
import { findFlowViolations } from "../../flow/find-flow-violations.js";
import type { LineSpec, Waiting } from "../../flow/flow-records.js";
import type { Store, Violation } from "../../store.js";
import type { Database, SqlRow } from "../driver.js";
import type { Names } from "../names.js";
import { readNumber, readNumberOrNull, readText, readTextOrNull } from "../read-column.js";
import { statusOfCode } from "../status-codes.js";
import { toBucket } from "./bucket-rows.js";
import { toGather } from "./gather-rows.js";
import { toQueue } from "./queue-rows.js";

const selectQueue = "SELECT q.*, b.key AS bucket FROM flow_queues q LEFT JOIN flow_buckets b ON b.n = q.blocked_on";

/** The queries behind `Store.flow`. */
export class FlowReader {
  constructor(
    readonly database: Database,
    readonly names: Names,
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

  /** Those that are queued (0), then those that wait (2): the index of each status is in the order of insertion. */
  unleased(functionId: string, limit: number, cursor: string | null): Awaited<ReturnType<Store["flow"]["unleased"]>> {
    const functionName = this.names.find(functionId);
    if (functionName === null) return { runIds: [], next: null };
    const [status = "0", after = "0"] = (cursor ?? "0:0").split(":");
    const sql = `SELECT n, id FROM runs WHERE status = ${status === "2" ? 2 : 0} AND function = ? AND n > ? ORDER BY n LIMIT ?`;
    const rows = this.#all(sql, functionName, Number(after), limit);
    const last = rows.at(-1);
    const next = rows.length === limit && last ? `${status}:${readNumber(last, "n")}` : status === "0" ? "2:0" : null;
    return { runIds: rows.map((row) => readText(row, "id")), next };
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
    const [queueRow] = this.#all(`${selectQueue} WHERE q.n = ?`, queueNumber);
    if (!queueRow) return null;
    const queue = toQueue(queueRow, this.names, readTextOrNull(queueRow, "bucket"));
    const [ahead] = this.#all(
      "SELECT count(*) AS count FROM runs WHERE queue = ? AND (place, n) < (?, ?)",
      queueNumber,
      readNumberOrNull(run, "place") ?? 0,
      n,
    );
    const [bucket] =
      queue.blockedOn === null ? [] : this.#all("SELECT * FROM flow_buckets WHERE key = ?", queue.blockedOn);
    return describeLine(queue, ahead ? readNumber(ahead, "count") : 0, bucket ? toBucket(bucket) : null);
  }

  /** When a queue may be tried: 0 when one may now; null when none is known to come. */
  nextAt(): number | null {
    const [ready] = this.#all("SELECT 1 AS found FROM flow_queues WHERE blocked_on IS NULL LIMIT 1");
    if (ready) return 0;
    const [timed] = this.#all("SELECT min(wake_at) AS next FROM flow_buckets WHERE wake_at IS NOT NULL");
    return timed ? readNumberOrNull(timed, "next") : null;
  }

  verify(): Violation[] {
    const lines = this.#all("SELECT * FROM flow_lines").map((row) => ({
      n: readNumber(row, "n"),
      functionId: this.names.textOf(readNumber(row, "function")),
      spec: JSON.parse(readText(row, "spec")) as LineSpec,
      runs: readNumber(row, "runs"),
    }));
    const runs = this.#all(
      `SELECT line, queue, status, owner IS NOT NULL AS leased, started_at IS NOT NULL AS started,
       count(*) AS count, coalesce(sum(slots), 0) AS slots
       FROM runs WHERE line IS NOT NULL GROUP BY 1, 2, 3, 4, 5`,
    );
    return findFlowViolations({
      lines,
      queues: this.#all(selectQueue).map((row) => toQueue(row, this.names, readTextOrNull(row, "bucket"))),
      buckets: this.#all("SELECT * FROM flow_buckets").map(toBucket),
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
