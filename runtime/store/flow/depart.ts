import type { FlowState } from "./flow-records.js";
import type { FlowRows, FlowRun } from "./flow-rows.js";
import { leaveQueue, joinQueue } from "./queueing.js";
import { countsSteps, demandsOf, freeSlots } from "./slots.js";

/**
 * The run is leased no more and goes on later: it gives back the slots that count executing steps. The caller writes
 * that it has none, and waits in no queue.
 */
export function releaseFlow(rows: FlowRows, run: FlowRun, now: number): void {
  leaveQueue(rows, run, now);
  freeSlots(rows, demandsOf(rows.line(run.line).spec, true), run.slots, now);
}

/** The run ends: it gives back all that it holds. The caller writes that it belongs to no line. */
export function endFlow(rows: FlowRows, run: FlowRun, now: number): void {
  releaseFlow(rows, run, now);
  const { spec } = rows.line(run.line);
  if (run.started) {
    const throughout = spec.slots.filter(({ unit }) => unit === "run");
    freeSlots(rows, throughout, 1, now);
  }
  if (spec.singleton) {
    if (rows.single(spec.singleton.key) === run.id) rows.setSingle(spec.singleton.key, null);
    // Also where its own line skips: the one that replaced it may be of another deployment.
    rows.deleteSuperseded(run.id);
  }
  if (spec.gathers) {
    const gather = rows.gatherOf(run.n);
    if (gather) rows.deleteGather(gather.key);
  }
  rows.addToLine(run.line, -1);
}

/** The owner would like so many slots for executing steps. More are granted by a claim, fewer are given back at once. */
export function wantSlots(rows: FlowRows, run: FlowRun, wants: number, now: number): void {
  const line = rows.line(run.line);
  if (!countsSteps(line.spec)) return;
  if (wants > run.slots) {
    const asked: FlowState =
      run.queue === null ? { ...run, queue: joinQueue(rows, line, true, now), place: now, wants } : { ...run, wants };
    return rows.putFlow(run, asked);
  }
  const flow = leaveQueue(rows, run, now);
  const keeps = Math.min(run.slots, Math.max(1, wants));
  freeSlots(rows, demandsOf(line.spec, true), run.slots - keeps, now);
  rows.putFlow(run, { ...flow, slots: keeps, wants: keeps });
}
