import { firstWithoutRoom } from "../../engine/3-control/policies/concurrency.js";
import { decideThrottle } from "../../engine/3-control/policies/throttle.js";
import { emptyBucket, type FlowState, type Line, type Queue, type SlotDemand } from "./flow-records.js";
import type { FlowRows, FlowRun } from "./flow-rows.js";
import type { PlainRuns } from "./plain-runs.js";
import { closeQueue, passOn } from "./queueing.js";
import { countsSteps, demandsOf, heldIn, takeSlots, wakeNext } from "./slots.js";

/** So many throttles are looked at in one claim. */
const mostWoken = 1_000;

/** What to do with the runs that are served. */
export interface ServedRuns {
  /** The run is to be leased and to have this state; null where it belongs to no line. */
  lease(run: { readonly n: number; readonly id: string }, flow: FlowState | null): void;
  /** A run that is executing has so many slots now. */
  granted(run: FlowRun, slots: number): void;
}

/** Throttles whose time has come let their next queue try. */
export function wakeDue(rows: FlowRows, now: number): void {
  if (now < rows.claimedAt) pullIn(rows, now);
  rows.claimedAt = now;
  for (const bucket of rows.dueBuckets(now, mostWoken)) {
    rows.putBucket({ ...bucket, wakeAt: null }, now);
    wakeNext(rows, bucket.key, now);
  }
}

/** The clock was set back: no throttle waits longer than it would if its next start were put off now. */
function pullIn(rows: FlowRows, now: number): void {
  for (const bucket of rows.timedBuckets()) {
    const { throttle, wakeAt } = bucket;
    if (!throttle || wakeAt === null) continue;
    const decision = decideThrottle(throttle, throttle, now);
    const at = decision.admitted ? now : decision.at;
    if (at >= wakeAt) continue;
    rows.putBucket({ ...bucket, wakeAt: at, throttle: decision.admitted ? throttle : decision.state }, now);
  }
}

/** Tries the first run of a queue that is ready. True when it starts. */
function serveQueue(rows: FlowRows, queue: Queue, now: number, served: ServedRuns): boolean {
  const line = rows.line(queue.n >> 1);
  const run = rows.head(queue.n);
  if (!run) {
    closeQueue(rows, queue, line, now);
    return false;
  }
  const demands = demandsOf(line.spec, run.started);
  const full = firstWithoutRoom(demands, (bucket) => heldIn(rows, bucket));
  if (full) {
    block(rows, queue, line, full.bucket, full.limit, now);
    return false;
  }
  const { throttle } = line.spec;
  if (throttle && !run.started) {
    const bucket = rows.throttled(throttle.bucket) ?? emptyBucket(throttle.bucket);
    const decision = decideThrottle(throttle, bucket.throttle, now);
    if (!decision.admitted) {
      rows.putBucket({ ...bucket, throttle: decision.state, wakeAt: decision.at }, now);
      block(rows, queue, line, throttle.bucket, null, now);
      return false;
    }
    rows.putBucket({ ...bucket, throttle: decision.state }, now);
  }
  takeSlots(rows, demands, now);
  const isNew = !run.leased;
  const slots = countsSteps(line.spec) ? run.slots + 1 : 0;
  const stays = !isNew && slots < run.wants;
  const flow: FlowState = {
    ...run,
    slots,
    wants: Math.max(run.wants, slots),
    ...(stays ? {} : { queue: null, place: null }),
  };
  if (isNew) served.lease(run, flow);
  else {
    rows.putFlow(run, flow);
    served.granted(run, slots);
  }
  const left = stays ? queue.size : queue.size - 1;
  if (left === 0) closeQueue(rows, queue, line, now);
  else putBack(rows, { ...queue, size: left }, line, demands, now);
  return isNew;
}

/** To the end of the round; where its next run would find no room, it is not even tried. */
function putBack(rows: FlowRows, queue: Queue, line: Line, demands: readonly SlotDemand[], now: number): void {
  const last = { ...queue, turn: rows.nextTurn() };
  const full = firstWithoutRoom(demands, (bucket) => heldIn(rows, bucket));
  if (full) block(rows, last, line, full.bucket, full.limit, now);
  else rows.putQueue(last);
}

/** `limit` is null where time alone makes room. */
function block(rows: FlowRows, queue: Queue, line: Line, bucket: string, limit: number | null, now: number): void {
  rows.putQueue({ ...queue, blockedOn: bucket, blockedLimit: limit ?? Number.MAX_SAFE_INTEGER });
  const row = rows.bucket(bucket) ?? emptyBucket(bucket);
  rows.putBucket({ ...row, blocked: row.blocked + 1 }, now);
  passOn(rows, line, bucket, now);
  // Somebody with a higher limit may find room where this one did not.
  if (limit !== null && row.blocked > 0) wakeNext(rows, bucket, now);
}

/**
 * Serves in rounds: the function that was served longest ago gives one run, then the next. Within a function its queues take turns;
 * its plain queue, of the runs that nothing holds back, takes part as one more.
 */
export function serveRounds(rows: FlowRows, now: number, limit: number, plain: PlainRuns, served: ServedRuns): void {
  let left = limit;
  for (;;) {
    const round = functionsInTurn(rows, plain);
    const [only] = round;
    if (only === undefined) return;
    // Mostly there is one alone, and no turn to take.
    if (round.length === 1) {
      const before = left;
      while (left > 0 && serveFunction(rows, only, now, plain, served)) left--;
      if (left < before) rows.setTurn(only, rows.nextTurn());
      if (left === 0) return;
      continue;
    }
    while (round.length > 0) {
      if (left === 0) return;
      const functionId = round.shift() ?? "";
      if (!serveFunction(rows, functionId, now, plain, served)) continue;
      rows.setTurn(functionId, rows.nextTurn());
      round.push(functionId);
      left--;
    }
  }
}

/** Those that may have something to start, the one that was served longest ago first. */
function functionsInTurn(rows: FlowRows, plain: PlainRuns): string[] {
  const found = plain.functions();
  for (const functionId of rows.readyFunctions()) if (!plain.has(functionId)) found.push(functionId);
  if (found.length < 2) return found;
  const turns = new Map(found.map((functionId) => [functionId, rows.turnOf(functionId)]));
  const turnOf = (functionId: string): number => turns.get(functionId) ?? 0;
  return found.sort((a, b) => turnOf(a) - turnOf(b) || (a < b ? -1 : 1));
}

/** The next run of a function that can start; false when none can. */
function serveFunction(rows: FlowRows, functionId: string, now: number, plain: PlainRuns, served: ServedRuns): boolean {
  for (;;) {
    // First, since to look may line runs up in the queue.
    const hasPlain = plain.has(functionId);
    const queue = rows.firstReady(functionId);
    const isPlainNext = hasPlain && (!queue || rows.turnOf(plainQueueOf(functionId)) < queue.turn);
    if (isPlainNext) {
      const run = plain.take(functionId);
      if (!run) throw new Error("internal error: a plain queue has a run and gives none");
      if (queue) rows.setTurn(plainQueueOf(functionId), rows.nextTurn());
      served.lease(run, run.flow);
      return true;
    }
    if (!queue) return false;
    if (serveQueue(rows, queue, now, served)) return true;
  }
}

/** No function has that id. */
function plainQueueOf(functionId: string): string {
  return ` ${functionId}`;
}
