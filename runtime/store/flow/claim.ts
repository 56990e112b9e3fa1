import { arriveFirst } from "./arrive.js";
import type { FlowState } from "./flow-records.js";
import type { DueRun, FlowRows, FlowRun } from "./flow-rows.js";
import { closeGather } from "./gather.js";
import { PlainRuns } from "./plain-runs.js";
import { joinQueue } from "./queueing.js";
import { serveRounds, wakeDue } from "./serve.js";
import { countsSteps } from "./slots.js";

/** What a claim did, besides what `lease` was called for. */
export interface Claimed {
  /** Runs that are executing and got more slots: so many they have now. */
  readonly granted: readonly { readonly runId: string; readonly slots: number }[];
  /** Runs to be cancelled: another one has taken their place. */
  readonly superseded: readonly string[];
}

/** Finds up to `limit` runs to lease, in a fair order. `lease` takes each; `flow` is null for runs of no line. */
export function claimRuns(
  rows: FlowRows,
  now: number,
  limit: number,
  lease: (run: { readonly n: number; readonly id: string }, flow: FlowState | null) => void,
): Claimed {
  const superseded: string[] = [];
  const lineUpRun = (run: DueRun): boolean => run.flow !== null && lineUp(rows, run, run.flow, now, superseded);
  const plain = new PlainRuns(rows, now, limit, lineUpRun);
  wakeDue(rows, now);
  const granted: { runId: string; slots: number }[] = [];
  serveRounds(rows, now, limit, plain, {
    lease,
    granted: (run, slots) => void granted.push({ runId: run.id, slots }),
  });
  return { granted, superseded };
}

/** True when it now waits in a line, or has been skipped. */
function lineUp(rows: FlowRows, run: DueRun, flow: FlowRun, now: number, superseded: string[]): boolean {
  const line = rows.line(flow.line);
  if (flow.started) {
    // Between two steps nothing is left to wait for but slots.
    if (!countsSteps(line.spec)) return false;
    rows.putFlow(flow, { ...flow, queue: joinQueue(rows, line, true, now), place: run.queueAt });
    return true;
  }
  if (line.spec.gathers) {
    const gather = rows.gatherOf(run.n);
    if (gather) closeGather(rows, gather);
  }
  const { headStartMs } = flow;
  const { id, queueAt, isInvoked } = run;
  const arrival = arriveFirst(rows, line, { id, queueAt, headStartMs, isInvoked }, false, now);
  if (arrival.kind === "skipped") {
    rows.skipRun(run, arrival.reason, now);
    rows.addToLine(flow.line, -1);
    return true;
  }
  if (arrival.superseded !== null) superseded.push(arrival.superseded);
  if (arrival.kind === "free") return false;
  rows.putFlow(flow, { ...flow, queue: arrival.queue, place: arrival.place });
  return true;
}
