import type { EventRecord, RunRecord } from "../../records.js";
import type { Database, SqlTuple, TupleQuery } from "../driver.js";
import type { Names } from "../names.js";
import { numberAt, numberOrNullAt, textAt, textOrNullAt } from "../read-column.js";
import { statusOfCode } from "../status-codes.js";

/** A run that waits to be claimed. */
export interface QueuedRun {
  readonly n: number;
  readonly id: string;
  readonly queueAt: number;
  readonly started: boolean;
  readonly line: number | null;
  readonly headStartMs: number;
  /** Null where there is more to it than this query tells. */
  readonly record: RunRecord | null;
}

/** How many runs are read at a time. */
const pageSizes = [8, 64, 500];

/** What nearly all have, and the event: half of the columns of a run are read in half of the time, and W7 asks for it. */
const selectQueued = `SELECT r.n, r.id, r.queue_at, r.started_at, r.line, r.head_start,
  coalesce(r.owner, r.rest, r.failures, r.ending, r.cancel, r.slots, r.wants) IS NOT NULL OR e.n IS NULL AS more,
  r.function, r.hash, r.status, r.epoch, r.attempt, r.created_at,
  e.id AS event_id, e.name, e.key, e.data, e.extra, e.ts, e.received_at
  FROM runs r LEFT JOIN events e ON e.n = r.event`;

/** Reads the runs that may be claimed, in the order in which they wait. */
export class QueuedRuns {
  readonly #head: TupleQuery;
  /** By page size: SQLite plans a statement anew for each other value of a limit, which takes longer than to find a few runs. */
  readonly #due = new Map<number, TupleQuery>();

  constructor(
    readonly database: Database,
    readonly names: Names,
    /** Given the event of each run that has a record. */
    readonly keep: (event: EventRecord) => void,
  ) {
    this.#head = database.prepareTuples(`${selectQueued} WHERE r.queue = ? ORDER BY r.place, r.n LIMIT 1`);
  }

  /** The first of a queue. */
  head(queue: number): QueuedRun | null {
    const row = this.#head.get([queue]);
    return row ? this.#read(row) : null;
  }

  /** Of the plain queue of a function; mostly more than `limit`, never fewer when there are so many. */
  due(functionName: number, now: number, limit: number): QueuedRun[] {
    const size = pageSizes.find((each) => each >= limit) ?? limit;
    let query = this.#due.get(size);
    if (!query) {
      query = this.database.prepareTuples(
        `${selectQueued} WHERE r.function = ? AND r.queue_at <= ? AND r.queue IS NULL ORDER BY r.queue_at, r.n LIMIT ${size}`,
      );
      this.#due.set(size, query);
    }
    return query.all([functionName, now]).map((row) => this.#read(row));
  }

  #read(row: SqlTuple): QueuedRun {
    const startedAt = numberOrNullAt(row, 3);
    return {
      n: numberAt(row, 0),
      id: textAt(row, 1),
      // A run of a queue has none.
      queueAt: numberOrNullAt(row, 2) ?? 0,
      started: startedAt !== null,
      line: numberOrNullAt(row, 4),
      headStartMs: numberOrNullAt(row, 5) ?? 0,
      record: numberAt(row, 6) === 1 ? null : this.#readRecord(row, startedAt),
    };
  }

  #readRecord(row: SqlTuple, startedAt: number | null): RunRecord {
    const event: EventRecord = {
      id: textAt(row, 13),
      name: this.names.textOf(numberAt(row, 14)),
      key: textOrNullAt(row, 15),
      data: textAt(row, 16),
      extra: textOrNullAt(row, 17),
      ts: numberAt(row, 18),
      receivedAt: numberAt(row, 19),
    };
    this.keep(event);
    return {
      id: textAt(row, 1),
      functionId: this.names.textOf(numberAt(row, 7)),
      functionHash: this.names.textOf(numberAt(row, 8)),
      status: statusOfCode(numberAt(row, 9)),
      eventId: event.id,
      eventIds: [event.id],
      parent: null,
      attempt: numberAt(row, 11),
      createdAt: numberAt(row, 12),
      startedAt,
      endedAt: null,
      output: null,
      ending: null,
      owner: null,
      epoch: numberAt(row, 10),
      queueAt: numberOrNullAt(row, 2),
      slots: null,
      cancel: null,
    };
  }
}
