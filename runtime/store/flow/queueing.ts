import { emptyBucket, type FlowState, type Line, type Queue } from "./flow-records.js";
import type { FlowRows, FlowRun } from "./flow-rows.js";
import { bucketsOf, wakeNext } from "./slots.js";

export function queueNumber(line: number, started: boolean): number {
  return line * 2 + (started ? 1 : 0);
}

/** Whether anybody waits for what a new run of the line needs: then it must not overtake them. */
export function hasWaiters(rows: FlowRows, line: Line): boolean {
  return (
    rows.queue(queueNumber(line.n, false)) !== null ||
    bucketsOf(line.spec).some((bucket) => (rows.bucket(bucket)?.queues ?? 0) > 0)
  );
}

/** A run of the line joins its queue, whose number this gives; a new one comes to the end of the round. */
export function joinQueue(rows: FlowRows, line: Line, started: boolean, now: number): number {
  const n = queueNumber(line.n, started);
  const queue = rows.queue(n);
  if (queue) {
    rows.resizeQueue(n, queue.size + 1);
    return n;
  }
  rows.putQueue({ n, functionId: line.functionId, turn: rows.nextTurn(), blockedOn: null, blockedLimit: 0, size: 1 });
  for (const key of bucketsOf(line.spec)) {
    const bucket = (key === line.spec.throttle?.bucket ? rows.throttled(key) : rows.bucket(key)) ?? emptyBucket(key);
    rows.putBucket({ ...bucket, queues: bucket.queues + 1 }, now);
  }
  return n;
}

/** Nobody waits in it any more. */
export function closeQueue(rows: FlowRows, queue: Queue, line: Line, now: number): void {
  rows.deleteQueue(queue.n);
  for (const key of bucketsOf(line.spec)) {
    const bucket = rows.bucket(key);
    if (!bucket) continue;
    const blocked = bucket.blocked - (queue.blockedOn === key ? 1 : 0);
    rows.putBucket({ ...bucket, queues: Math.max(0, bucket.queues - 1), blocked }, now);
  }
  passOn(rows, line, null, now);
}

/** The queue does not try any more: others may, for all that it could have taken. */
export function passOn(rows: FlowRows, line: Line, except: string | null, now: number): void {
  for (const key of bucketsOf(line.spec)) if (key !== except) wakeNext(rows, key, now);
}

/** A run leaves the queue in which it waits, without having been served. */
export function leaveQueue(rows: FlowRows, run: FlowRun, now: number): FlowState {
  const flow: FlowState = { ...run, queue: null, place: null };
  if (run.queue === null) return flow;
  rows.putFlow(run, flow);
  const queue = rows.queue(run.queue);
  if (queue && queue.size > 1) rows.resizeQueue(queue.n, queue.size - 1);
  else if (queue) closeQueue(rows, queue, rows.line(run.line), now);
  return flow;
}
