import { decideThrottle } from "../../engine/3-control/policies/throttle.js";
import { emptyBucket, type LineSpec, type SlotDemand } from "./flow-records.js";
import type { FlowRows } from "./flow-rows.js";

/** What a run must find room for: everything before its first step, later only what it does not hold throughout. */
export function demandsOf(spec: LineSpec, started: boolean): readonly SlotDemand[] {
  return started ? spec.slots.filter(({ unit }) => unit === "step") : spec.slots;
}

/** Whether what a line says limits how many steps of a run execute. */
export function countsSteps(spec: LineSpec): boolean {
  return spec.slots.some(({ unit }) => unit === "step");
}

/** All names under which a queue of the line may be blocked. */
export function bucketsOf(spec: LineSpec): string[] {
  const names = spec.slots.map(({ bucket }) => bucket);
  if (spec.throttle) names.push(spec.throttle.bucket);
  return names;
}

export function heldIn(rows: FlowRows, bucket: string): number {
  return rows.bucket(bucket)?.held ?? 0;
}

export function takeSlots(rows: FlowRows, demands: readonly SlotDemand[], now: number): void {
  for (const { bucket, limit } of demands) {
    const row = rows.bucket(bucket) ?? emptyBucket(bucket);
    rows.putBucket({ ...row, held: row.held + 1, limit }, now);
  }
}

/** Gives slots back; for each, the next in turn may try. */
export function freeSlots(
  rows: FlowRows,
  demands: readonly Pick<SlotDemand, "bucket">[],
  count: number,
  now: number,
): void {
  if (count <= 0) return;
  for (const { bucket } of demands) {
    const row = rows.bucket(bucket);
    if (!row) continue;
    rows.putBucket({ ...row, held: Math.max(0, row.held - count) }, now);
    for (let i = 0; i < count; i++) wakeNext(rows, bucket, now);
  }
}

/**
 * Lets the next queue try that is blocked on the bucket, when there is room. Called whenever a slot becomes free, and
 * whenever a queue that could have taken it is not there to do so any more: so while somebody waits for a bucket with
 * room, a queue that wants it is ready.
 */
export function wakeNext(rows: FlowRows, bucket: string, now: number): void {
  const row = rows.bucket(bucket);
  if (!row || row.blocked === 0) return;
  if (row.throttle) {
    const decision = decideThrottle(row.throttle, row.throttle, now);
    if (!decision.admitted) {
      if (row.wakeAt === null) rows.putBucket({ ...row, throttle: decision.state, wakeAt: decision.at }, now);
      return;
    }
  }
  const next = rows.firstBlocked(bucket, row.held);
  if (!next) return;
  rows.putBucket({ ...row, blocked: row.blocked - 1 }, now);
  rows.putQueue({ ...next, blockedOn: null, blockedLimit: 0 });
  // It was the turn of its function: the next slot that becomes free is for another one.
  if (row.blocked > 1) rows.setTurn(turnAt(bucket, next.functionId), rows.nextTurn());
}

/** Under which name the turns of functions are kept that wait for the same bucket. No function has that id. */
export function turnAt(bucket: string, functionId: string): string {
  return `${bucket}\n${functionId}`;
}

/** Null for a turn that is not one of these. */
export function bucketOfTurn(name: string): string | null {
  const end = name.lastIndexOf("\n");
  return end < 0 ? null : name.slice(0, end);
}
