import { arriveFirst } from "./arrive.js";
import { checkRate } from "./check-rate.js";
import type { FlowState, Gather, Line, RunControl, RunFate, SkipReason } from "./flow-records.js";
import type { FlowRows } from "./flow-rows.js";
import { gatherEvent } from "./gather.js";

/** A run that is to be inserted. */
export interface ArrivingRun {
  /** The place that it gets in the order of insertion. */
  readonly n: number;
  readonly id: string;
  readonly functionId: string;
  readonly eventId: string;
  /** Another run waits for its result. */
  readonly isInvoked: boolean;
  readonly createdAt: number;
  readonly queueAt: number;
  /** Its maker would take it at once. */
  readonly isWanted: boolean;
}

/** How it is inserted; null when its event went into another run. */
export interface Admitted {
  readonly fate: RunFate;
  readonly row: {
    readonly leased: boolean;
    readonly queueAt: number;
    readonly flow: FlowState | null;
    readonly skipped: SkipReason | null;
  } | null;
  readonly superseded: string | null;
  /** The run that is now for this event, and is watched as this one would have been. */
  readonly watched?: number;
}

/** Decides about a new run: rate limit, then debounce or batch, then singleton, then the queue. */
export function admitNew(rows: FlowRows, run: ArrivingRun, control: RunControl): Admitted {
  const now = run.createdAt;
  if (control.rate) {
    const refused = checkRate(rows, control.rate, now);
    if (refused) return skipped(refused, run.queueAt);
  }
  let queueAt = run.queueAt;
  if (control.gather) {
    if (!control.line) throw new Error("internal error: a run that gathers has a line");
    const line = rows.findLine(run.functionId, control.line);
    const gathered = gatherEvent(rows, control.gather, run, line.n, now);
    if (gathered.kind === "merges") {
      rows.linkEvent(run.eventId, gathered.gather.run);
      if (gathered.replaces && (gathered.gather.line !== line.n || line.spec.ordered))
        changeLine(rows, gathered.gather, line, control);
      else rows.dropIfUnused(line.n);
      const merged = { fate: { kind: "merged", into: gathered.gather.runId }, row: null, superseded: null } as const;
      return gathered.replaces ? { ...merged, watched: gathered.gather.run } : merged;
    }
    queueAt = Math.max(queueAt, gathered.dueAt);
  }
  if (control.line === null) {
    const leased = run.isWanted && queueAt <= now;
    return inserted(leased, queueAt, null, null);
  }
  const line = rows.findLine(run.functionId, control.line);
  const { headStartMs } = control;
  const flow: FlowState = { line: line.n, queue: null, place: null, slots: 0, wants: 0, headStartMs };
  if (queueAt > now) {
    rows.addToLine(line.n, 1);
    return inserted(false, queueAt, flow, null);
  }
  const arriving = { id: run.id, queueAt, headStartMs, isInvoked: run.isInvoked };
  const arrival = arriveFirst(rows, line, arriving, run.isWanted, now);
  if (arrival.kind === "skipped") {
    rows.dropIfUnused(line.n);
    return skipped(arrival.reason, queueAt);
  }
  rows.addToLine(line.n, 1);
  if (arrival.kind === "free") {
    return inserted(run.isWanted, queueAt, { ...flow, slots: arrival.slots, wants: arrival.slots }, arrival.superseded);
  }
  return inserted(false, queueAt, { ...flow, queue: arrival.queue, place: arrival.place }, arrival.superseded);
}

function inserted(leased: boolean, queueAt: number, flow: FlowState | null, superseded: string | null): Admitted {
  return { fate: { kind: leased ? "leased" : "queued" }, row: { leased, queueAt, flow, skipped: null }, superseded };
}

function skipped(reason: SkipReason, queueAt: number): Admitted {
  const row = { leased: false, queueAt, flow: null, skipped: reason };
  return { fate: { kind: "skipped", reason }, row, superseded: null };
}

/** The debounced run has the keys of its newest event. It waits in no queue. */
function changeLine(rows: FlowRows, gather: Gather, line: Line, { headStartMs }: RunControl): void {
  const before = rows.run(gather.run);
  rows.addToLine(line.n, 1);
  rows.addToLine(before.line, -1);
  rows.putFlow(before, { ...before, line: line.n, headStartMs });
  rows.putGather({ ...gather, line: line.n });
}
