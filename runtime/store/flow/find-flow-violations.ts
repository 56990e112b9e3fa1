import { isOpen } from "../candidates.js";
import type { RunStatus } from "../records.js";
import type { Violation } from "../store.js";
import type { Bucket, Line, Queue } from "./flow-records.js";
import { demandsOf } from "./slots.js";

/** Runs of a line that stand alike. */
export interface LinedRuns {
  readonly line: number;
  readonly queue: number | null;
  readonly status: RunStatus;
  readonly leased: boolean;
  readonly started: boolean;
  readonly count: number;
  /** Of all of them together. */
  readonly slots: number;
}

/** What the invariants of flow control ask. Rows in any order. */
export interface FlowFacts {
  /** `runs`: so many that have not ended are counted. */
  readonly lines: readonly (Line & { readonly runs: number })[];
  readonly queues: readonly Queue[];
  readonly buckets: readonly Bucket[];
  readonly runs: readonly LinedRuns[];
}

/** The violations of flow control, for `Store.verify`. */
export function findFlowViolations({ lines, queues, buckets, runs }: FlowFacts): Violation[] {
  const found: Violation[] = [];
  const add = (code: string, message: string) => found.push({ code, message, runId: null });
  const lineOf = new Map(lines.map((line) => [line.n, line]));
  const queueOf = new Map(queues.map((queue) => [queue.n, queue]));
  const held = new Map<string, number>();
  const runsOf = new Map<number, number>();
  const waiting = new Map<number, number>();

  for (const group of runs) {
    const line = lineOf.get(group.line);
    if (!line || !isOpen(group.status)) {
      add("lost-line", `${group.count} ${group.status} run(s) belong to line ${group.line}, which is not theirs`);
      continue;
    }
    runsOf.set(line.n, (runsOf.get(line.n) ?? 0) + group.count);
    if (!group.leased && group.slots > 0) {
      add("slot-without-lease", `${group.slots} slot(s) of ${line.functionId} are held by runs that nobody executes`);
    }
    if (group.queue !== null) {
      waiting.set(group.queue, (waiting.get(group.queue) ?? 0) + group.count);
      if (!queueOf.has(group.queue))
        add("lost-queue", `${group.count} run(s) wait in queue ${group.queue}, which is gone`);
    }
    for (const { bucket, unit } of line.spec.slots) {
      const count = unit === "step" ? group.slots : group.started ? group.count : 0;
      if (count > 0) held.set(bucket, (held.get(bucket) ?? 0) + count);
    }
  }
  for (const { n, functionId, runs: counted } of lines) {
    const present = runsOf.get(n) ?? 0;
    if (counted !== present)
      add("line-mismatch", `line ${n} of ${functionId} counts ${counted} run(s), there are ${present}`);
  }
  const anyReady = queues.some(({ blockedOn }) => blockedOn === null);
  const bucketOf = new Map(buckets.map((bucket) => [bucket.key, bucket]));
  const users = new Map<string, number>();
  const blocked = new Map<string, number>();
  for (const queue of queues) {
    const line = lineOf.get(queue.n >> 1);
    const count = waiting.get(queue.n) ?? 0;
    if (!line || count === 0) {
      add("empty-queue", `queue ${queue.n} has no runs, or no line`);
      continue;
    }
    if (count !== queue.size) add("queue-mismatch", `queue ${queue.n} counts ${queue.size} run(s), there are ${count}`);
    const names = line.spec.slots.map(({ bucket }) => bucket);
    if (line.spec.throttle) names.push(line.spec.throttle.bucket);
    for (const name of names) users.set(name, (users.get(name) ?? 0) + 1);
    if (queue.blockedOn !== null) blocked.set(queue.blockedOn, (blocked.get(queue.blockedOn) ?? 0) + 1);
    const bucket = queue.blockedOn === null ? undefined : bucketOf.get(queue.blockedOn);
    const demand = demandsOf(line.spec, false).find((each) => each.bucket === queue.blockedOn);
    const isStuck = demand
      ? (bucket?.held ?? 0) < demand.limit
      : queue.blockedOn !== null && (bucket?.wakeAt ?? null) === null;
    if (isStuck && !anyReady) add("stuck-queue", `queue ${queue.n} waits for ${queue.blockedOn}, where there is room`);
  }
  for (const bucket of buckets) {
    const { key, limit, queues: counted } = bucket;
    const count = held.get(key) ?? 0;
    held.delete(key);
    if (count !== bucket.held) add("slot-mismatch", `${key} counts ${bucket.held} held slot(s), there are ${count}`);
    if (bucket.held > limit) add("limit-exceeded", `${bucket.held} slots of ${key} are held, the limit is ${limit}`);
    if (counted !== (users.get(key) ?? 0) || bucket.blocked !== (blocked.get(key) ?? 0)) {
      const there = `there are ${users.get(key) ?? 0}, ${blocked.get(key) ?? 0} of them blocked`;
      add("queue-count-mismatch", `${key} counts ${counted} queue(s), ${bucket.blocked} blocked; ${there}`);
    }
  }
  for (const [key, count] of held) add("slot-mismatch", `${count} slot(s) of ${key} are held, which counts none`);
  return found;
}
