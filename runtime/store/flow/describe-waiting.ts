import { throttleEndsAt } from "../../engine/3-control/policies/throttle.js";
import type { Bucket, Gather, Queue, Waiting } from "./flow-records.js";
import { gatherDueAt } from "./gather.js";

export function describeGathering(gather: Gather, now: number): Waiting {
  return {
    kind: "gathering",
    policy: gather.kind,
    events: gather.count,
    of: gather.kind === "batch" ? gather.policy.maxSize : null,
    until: gatherDueAt(gather, now),
  };
}

/** `ahead`: so many are before it in its queue. `bucket`: what the queue is blocked on. */
export function describeLine(queue: Queue, ahead: number, bucket: Bucket | null): Waiting {
  const { blockedOn } = queue;
  if (blockedOn === null) return { kind: "line", policy: "turn", bucket: null, limit: null, ahead, until: null };
  if (!bucket?.throttle) {
    return { kind: "line", policy: "concurrency", bucket: blockedOn, limit: queue.blockedLimit, ahead, until: null };
  }
  const { limit, periodMs } = bucket.throttle;
  // Those before it come first, one for each `periodMs / limit`.
  const until = (bucket.wakeAt ?? throttleEndsAt(bucket.throttle)) + Math.ceil((ahead * periodMs) / limit);
  return { kind: "line", policy: "throttle", bucket: blockedOn, limit, ahead, until };
}
