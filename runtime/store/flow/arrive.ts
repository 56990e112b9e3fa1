import { firstWithoutRoom } from "../../engine/3-control/policies/concurrency.js";
import { decideSingleton } from "../../engine/3-control/policies/singleton.js";
import { decideThrottle } from "../../engine/3-control/policies/throttle.js";
import { emptyBucket, type Line, type SkipReason } from "./flow-records.js";
import type { FlowRows } from "./flow-rows.js";
import { hasWaiters, joinQueue } from "./queueing.js";
import { countsSteps, demandsOf, heldIn, takeSlots } from "./slots.js";

/** Where a run goes whose time has come. */
export type Arrival =
  /** Nothing holds it back: it is leased at once, or by the plain claim. `slots`: so many of its steps may execute. */
  | { readonly kind: "free"; readonly slots: number; readonly superseded: string | null }
  | { readonly kind: "lined"; readonly queue: number; readonly place: number; readonly superseded: string | null }
  | { readonly kind: "skipped"; readonly reason: SkipReason };

/**
 * A run whose time has come and that has not started meets its line: it is skipped, or starts, or waits. `mayStart`: somebody
 * can take it at once, if it needs to wait for nothing.
 */
export function arriveFirst(
  rows: FlowRows,
  line: Line,
  run: { readonly id: string; readonly queueAt: number; readonly headStartMs: number; readonly isInvoked: boolean },
  mayStart: boolean,
  now: number,
): Arrival {
  const { spec } = line;
  let superseded: string | null = null;
  if (spec.singleton) {
    const { key, mode } = spec.singleton;
    const holder = rows.single(key);
    // Its own, where it is lined up again by a deployment.
    const decision = decideSingleton(spec.singleton, holder === run.id ? null : holder);
    // An invocation has somebody who waits for it: it takes its turn instead.
    if (decision.kind === "skipped" && !run.isInvoked) {
      const message = "singleton: a run of the same key has not ended";
      return { kind: "skipped", reason: { policy: "singleton", message, runId: decision.runId } };
    }
    if (decision.kind === "replaces") rows.addSuperseded((superseded = decision.runId));
    if (decision.kind === "starts" || mode === "cancel") rows.setSingle(key, run.id);
  }
  if (!mustQueue(line)) return { kind: "free", slots: 0, superseded };
  if (mayStart && !hasWaiters(rows, line) && !rows.hasDue(line.functionId, now) && takeAll(rows, line, now)) {
    return { kind: "free", slots: countsSteps(spec) ? 1 : 0, superseded };
  }
  const place = run.queueAt - run.headStartMs;
  return { kind: "lined", queue: joinQueue(rows, line, false, now), place, superseded };
}

/** Whether the runs of the line ever wait in a queue of it. */
export function mustQueue({ spec }: Line): boolean {
  return spec.slots.length > 0 || spec.throttle !== null || spec.ordered;
}

/** Takes all that the first start of a run needs, or nothing. */
function takeAll(rows: FlowRows, { spec }: Line, now: number): boolean {
  const demands = demandsOf(spec, false);
  if (firstWithoutRoom(demands, (bucket) => heldIn(rows, bucket))) return false;
  if (spec.throttle) {
    const bucket = rows.throttled(spec.throttle.bucket) ?? emptyBucket(spec.throttle.bucket);
    const decision = decideThrottle(spec.throttle, bucket.throttle, now);
    if (!decision.admitted) return false;
    rows.putBucket({ ...bucket, throttle: decision.state }, now);
  }
  takeSlots(rows, demands, now);
  return true;
}
