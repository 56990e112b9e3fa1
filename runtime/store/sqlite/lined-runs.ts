import { endFlow, releaseFlow } from "../flow/depart.js";
import type { RunControl } from "../flow/flow-records.js";
import { relineRun } from "../flow/reline.js";
import type { RunHead } from "./run-heads.js";
import type { WriteContext } from "./write-context.js";

/** A release has no time: what depends on one is looked at by the claim that follows. */
const anyTime = 0;

/** Before a run of a line is given back. */
export function releaseLined(context: WriteContext, head: RunHead): void {
  releaseFlow(context.flow, head.flow ?? context.flow.run(head.n), anyTime);
  context.run("UPDATE runs SET queue = NULL, place = NULL, slots = NULL, wants = NULL WHERE n = ?", [head.n]);
}

/** Before a run of a line ends, and is written as one of no line. */
export function endLined(context: WriteContext, head: RunHead, now: number): void {
  endFlow(context.flow, head.flow ?? context.flow.run(head.n), now);
  head.line = null;
  head.flow = null;
}

/** Nothing for a run that has ended, or is not there. */
export function reline(context: WriteContext, runId: string, control: RunControl | null, now: number): void {
  const head = context.heads.find(runId);
  if (!head?.open) return;
  context.runs.flush();
  const { flow } = context;
  const { id, functionId, owner, startedAt } = flow.record(head.n);
  const before = head.line === null ? null : flow.run(head.n);
  const standing = { n: head.n, id, functionId, leased: owner !== null, started: startedAt !== null };
  const state = relineRun(flow, standing, before, control, now);
  if (state) return flow.putFlow({ ...standing, ...state }, state);
  head.line = null;
  head.flow = null;
  context.run(
    "UPDATE runs SET line = NULL, queue = NULL, place = NULL, slots = NULL, wants = NULL, head_start = NULL WHERE n = ?",
    [head.n],
  );
}
