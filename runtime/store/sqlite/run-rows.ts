import type { ParentStep, RunEnding, RunFailure, RunRecord } from "../records.js";
import type { NewRun } from "../store.js";
import type { SqlRow } from "./driver.js";
import type { Names } from "./names.js";
import { readNumber, readNumberOrNull, readText, readTextOrNull } from "./read-column.js";
import { statusOfCode } from "./status-codes.js";
import type { WriteContext } from "./write-context.js";

/** What a run has beyond its columns: its events when `event` does not tell them all, and its parent. */
interface RunRest {
  readonly eventIds?: readonly string[];
  readonly parent?: ParentStep;
}

/** Of `runs r` and `events e`. */
export const runColumns = `r.n, r.id, r.function, r.hash, e.id AS event_id, r.status, r.owner, r.epoch, r.attempt,
  r.created_at, r.started_at, r.queue_at, r.ended_at, r.output, r.ending, r.failures, r.rest,
  r.line, r.queue, r.place, r.slots, r.wants, r.head_start, r.cancel`;

export const selectRun = `SELECT ${runColumns} FROM runs r LEFT JOIN events e ON e.n = r.event`;

/** The functions that have runs in their plain queues, and when the first is due: two steps of an index for each, however many wait. */
export const selectNextOfFunctions = `
  WITH RECURSIVE queued(function) AS (
    SELECT min(function) FROM runs WHERE queue_at IS NOT NULL AND queue IS NULL
    UNION ALL
    SELECT (SELECT min(r.function) FROM runs r WHERE r.queue_at IS NOT NULL AND r.queue IS NULL AND r.function > queued.function)
    FROM queued WHERE queued.function IS NOT NULL
  )
  SELECT function, (SELECT min(r.queue_at) FROM runs r WHERE r.queue_at IS NOT NULL AND r.queue IS NULL AND r.function = queued.function)
    AS queue_at
  FROM queued WHERE function IS NOT NULL`;

/** Null for nearly all runs. `event` is the number of the first event, null when it is not stored. */
export function encodeRunRest(run: Pick<NewRun, "parent" | "eventIds">, event: number | null): string | null {
  if (run.parent === null && event !== null && run.eventIds.length === 1) return null;
  const rest: RunRest = {
    ...(event !== null && run.eventIds.length === 1 ? {} : { eventIds: run.eventIds }),
    ...(run.parent ? { parent: run.parent } : {}),
  };
  return JSON.stringify(rest);
}

export function toRunRecord(row: SqlRow, names: Names): RunRecord {
  const restText = readTextOrNull(row, "rest");
  // Written by encodeRunRest.
  const rest: RunRest = restText === null ? {} : (JSON.parse(restText) as RunRest);
  const ending = readTextOrNull(row, "ending");
  const failures = readTextOrNull(row, "failures");
  const eventIds = rest.eventIds ?? [readText(row, "event_id")];
  const owner = readNumberOrNull(row, "owner");
  return {
    id: readText(row, "id"),
    functionId: names.textOf(readNumber(row, "function")),
    functionHash: names.textOf(readNumber(row, "hash")),
    status: statusOfCode(readNumber(row, "status")),
    eventId: eventIds[0] ?? "",
    eventIds,
    parent: rest.parent ?? null,
    attempt: readNumber(row, "attempt"),
    // Written by the `release` write.
    ...(failures !== null && { failures: JSON.parse(failures) as RunFailure[] }),
    createdAt: readNumber(row, "created_at"),
    startedAt: readNumberOrNull(row, "started_at"),
    endedAt: readNumberOrNull(row, "ended_at"),
    output: readTextOrNull(row, "output"),
    // Written by the `ending` write.
    ending: ending === null ? null : (JSON.parse(ending) as RunEnding),
    owner: owner === null ? null : names.textOf(owner),
    epoch: readNumber(row, "epoch"),
    queueAt: readNumberOrNull(row, "queue_at"),
    slots: readNumberOrNull(row, "slots"),
    cancel: readTextOrNull(row, "cancel"),
  };
}

/** The run is for these events from now on. */
export function giveRunEvents(context: WriteContext, n: number, eventIds: NewRun["eventIds"]): void {
  const row = context.get(`${selectRun} WHERE r.n = ?`, [n]);
  if (!row) throw new Error(`internal error: there is no run ${n}`);
  const event = context.eventNumber(eventIds[0]);
  const { parent } = toRunRecord({ ...row, event_id: eventIds[0] }, context.names);
  context.run("UPDATE runs SET event = ?, rest = ? WHERE n = ?", [
    event,
    encodeRunRest({ parent, eventIds }, event),
    n,
  ]);
}
