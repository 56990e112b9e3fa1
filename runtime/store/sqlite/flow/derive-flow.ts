import { bucketsOf } from "../../flow/slots.js";
import { emptyBucket } from "../../flow/flow-records.js";
import type { Database } from "../driver.js";
import { inLeasedBlock } from "../leased-blocks.js";
import { readNumber, readNumberOrNull } from "../read-column.js";
import type { SqliteFlowRows } from "./sqlite-flow-rows.js";

/** Runs of a line that stand alike. `inLines`: those that have not ended, each from an index. */
const inLines = `
  SELECT line, queue, place, started_at, slots FROM runs WHERE (status = 0 OR status = 2) AND line IS NOT NULL
  UNION ALL SELECT r.line, r.queue, r.place, r.started_at, r.slots ${inLeasedBlock} WHERE r.owner IS NOT NULL AND r.line IS NOT NULL`;
const groups = `
  SELECT line, queue, started_at IS NOT NULL AS started, count(*) AS count, coalesce(sum(slots), 0) AS slots, min(place) AS place
  FROM (${inLines}) GROUP BY 1, 2, 3`;

/**
 * When the store is opened: counts who holds and who waits, from the runs. All queues may be tried, the one whose first run came
 * first is the first; one that finds no room is blocked by the first claim. Takes about a second for a million runs, and nothing
 * where no run is in a line.
 */
export function deriveFlow(database: Database, flow: SqliteFlowRows): void {
  const rows = database.prepare("SELECT n FROM flow_lines").all([]);
  if (rows.length === 0) return;
  const waiting = new Map<number, { line: number; size: number; place: number }>();
  for (const row of database.prepare(groups).all([])) {
    const n = readNumber(row, "line");
    const [count, slots] = [readNumber(row, "count"), readNumber(row, "slots")];
    const isStarted = readNumber(row, "started") === 1;
    flow.lines.add(n, count);
    for (const { bucket, limit, unit } of flow.line(n).spec.slots) {
      const held = unit === "step" ? slots : isStarted ? count : 0;
      if (held === 0) continue;
      const before = flow.bucket(bucket) ?? emptyBucket(bucket);
      flow.putBucket({ ...before, held: before.held + held, limit: Math.max(before.limit, limit) }, 0);
    }
    const queue = readNumberOrNull(row, "queue");
    if (queue === null) continue;
    const before = waiting.get(queue) ?? { line: n, size: 0, place: Number.POSITIVE_INFINITY };
    const place = Math.min(before.place, readNumberOrNull(row, "place") ?? 0);
    waiting.set(queue, { line: n, size: before.size + count, place });
  }
  for (const row of rows) flow.lines.addUnused(readNumber(row, "n"));
  const inOrder = [...waiting].sort(([a, { place }], [b, other]) => place - other.place || a - b);
  for (const [n, { line, size }] of inOrder) {
    const { functionId, spec } = flow.line(line);
    flow.putQueue({ n, functionId, turn: flow.nextTurn(), blockedOn: null, blockedLimit: 0, size });
    for (const key of bucketsOf(spec)) {
      const bucket = (key === spec.throttle?.bucket ? flow.throttled(key) : flow.bucket(key)) ?? emptyBucket(key);
      flow.putBucket({ ...bucket, queues: bucket.queues + 1 }, 0);
    }
  }
  flow.settle();
}
