import { emptyBucket, type FlowState, type Line, type LineSpec, type RunControl } from "./flow-records.js";
import type { FlowRows, FlowRun } from "./flow-rows.js";
import { closeGather, gatherDueAt } from "./gather.js";
import { joinQueue, leaveQueue } from "./queueing.js";
import { countsSteps, freeSlots, heldIn } from "./slots.js";

/** The run that a deployment lines up anew. */
export interface RelinedRun {
  readonly n: number;
  readonly id: string;
  readonly functionId: string;
  readonly leased: boolean;
  readonly started: boolean;
}

/**
 * Lines a run up under the policies of a new deployment; `before`: how it stands, null when it belongs to no line. Gives how it
 * stands then, null for in no line. One that nobody has is in no queue: the next claim brings it to its place. What a run holds it
 * holds under the new keys, also beyond their limits: it cannot be stopped, so that nothing more starts until there is room.
 */
export function relineRun(
  rows: FlowRows,
  run: RelinedRun,
  before: FlowRun | null,
  control: RunControl | null,
  now: number,
): FlowState | null {
  if (before) leaveQueue(rows, before, now);
  const from = before && rows.line(before.line);
  const stands = { started: run.started, slots: before?.slots ?? 0 };
  const countsNow = run.leased && control?.line != null && countsSteps(control.line);
  const will = { started: run.started, slots: countsNow ? Math.max(1, stands.slots) : 0 };
  const spec = moveSlots(rows, from?.spec ?? null, stands, control?.line ?? null, will, now);
  const to = spec ? rows.findLine(run.functionId, spec) : null;
  if (to) rows.addToLine(to.n, 1);
  if (before && from) leaveLine(rows, run, before, from.spec, control, to, now);
  if (!to || !control) return null;
  const { singleton } = to.spec;
  if (run.started && singleton && rows.single(singleton.key) === null) rows.setSingle(singleton.key, run.id);
  const wants = countsNow ? Math.max(will.slots, before?.wants ?? 0) : 0;
  // Its owner goes on waiting for the others.
  const queue = wants > will.slots ? joinQueue(rows, to, true, now) : null;
  const place = queue === null ? null : now;
  return { line: to.n, queue, place, slots: will.slots, wants, headStartMs: control.headStartMs };
}

interface Standing {
  readonly started: boolean;
  readonly slots: number;
}
function leaveLine(
  rows: FlowRows,
  { n, id }: { readonly n: number; readonly id: string },
  before: FlowRun,
  spec: LineSpec,
  control: RunControl | null,
  to: Line | null,
  now: number,
): void {
  const gather = spec.gathers ? rows.gatherOf(n) : null;
  if (gather) {
    const policy = control?.gather?.policy;
    const line = to?.n ?? gather.line;
    if (gather.kind === "debounce" && policy?.kind === "debounce") {
      rows.putGather({ ...gather, policy, line });
      rows.moveRun(n, gatherDueAt({ ...gather, policy }, now));
    } else if (gather.kind === "batch" && policy?.kind === "batch") {
      rows.putGather({ ...gather, policy, line });
      rows.moveRun(n, gatherDueAt({ ...gather, policy }, now));
    } else {
      closeGather(rows, gather);
      rows.moveRun(n, now);
    }
  }
  const { singleton } = spec;
  if (singleton && singleton.key !== control?.line?.singleton?.key && rows.single(singleton.key) === id) {
    rows.setSingle(singleton.key, null);
  }
  // No other waits for its end any more.
  if (singleton && !control?.line?.singleton) rows.deleteSuperseded(id);
  rows.addToLine(before.line, -1);
}

/** What the run held it holds under the names of `to`, which this gives with its limits as they are for this run. */
function moveSlots(
  rows: FlowRows,
  from: LineSpec | null,
  stands: Standing,
  to: LineSpec | null,
  will: Standing,
  now: number,
): LineSpec | null {
  const had = slotsOf(from, stands);
  const has = slotsOf(to, will);
  for (const [bucket, count] of has) {
    const more = count - (had.get(bucket) ?? 0);
    const row = rows.bucket(bucket) ?? emptyBucket(bucket);
    const [held, limit] = [row.held + more, to?.slots.find((each) => each.bucket === bucket)?.limit ?? 0];
    if (more > 0) rows.putBucket({ ...row, held, limit: Math.max(held, limit) }, now);
  }
  for (const [bucket, count] of had) freeSlots(rows, [{ bucket }], count - (has.get(bucket) ?? 0), now);
  if (!to || !will.started) return to;
  // It does not take them again: its line says that it has them by right, so that nobody finds a limit exceeded.
  const slots = to.slots.map((each) =>
    each.unit === "run" ? { ...each, limit: Math.max(each.limit, heldIn(rows, each.bucket)) } : each,
  );
  return slots.some(({ limit }, index) => limit !== to.slots[index]?.limit) ? { ...to, slots } : to;
}

function slotsOf(spec: LineSpec | null, { started, slots }: Standing): Map<string, number> {
  const held = new Map<string, number>();
  for (const { bucket, unit } of spec?.slots ?? []) {
    const count = unit === "step" ? slots : started ? 1 : 0;
    if (count > 0) held.set(bucket, (held.get(bucket) ?? 0) + count);
  }
  return held;
}
