import { batchDueAt, joinBatch } from "../../engine/3-control/policies/batch.js";
import { debounceDueAt, mergeEvent } from "../../engine/3-control/policies/debounce.js";
import type { Gather, GatherEntry } from "./flow-records.js";
import type { FlowRows } from "./flow-rows.js";

/** What becomes of an event that is to be gathered. */
export type Gathered =
  /** It is the first of a run that is to be made, and that starts at `dueAt`. */
  | { readonly kind: "opens"; readonly dueAt: number }
  /** It goes into the run that is there; with `replaces` that is now for this event (debounce). */
  | { readonly kind: "merges"; readonly gather: Gather; readonly replaces: boolean };

/** Adds an event to the run that gathers under its key, or says that `run` is to begin to. */
export function gatherEvent(
  rows: FlowRows,
  entry: GatherEntry,
  run: { readonly n: number; readonly id: string; readonly eventId: string },
  /** Of a run that is to be made. */
  line: number,
  now: number,
): Gathered {
  const { key, policy, ts, bytes } = entry;
  let found = rows.gather(key);
  // Another policy since a deployment: what was gathered under the old one starts.
  if (found && found.kind !== policy.kind) {
    startGathered(rows, found, now);
    found = null;
  }
  if (policy.kind === "debounce") {
    const before = found?.kind === "debounce" ? found : null;
    const { state, dueAt, isNewest } = mergeEvent(policy, before?.state ?? null, ts, now);
    const { run: number, runId, count, line: ofLine } = before ?? { run: run.n, runId: run.id, count: 0, line };
    const gather: Gather = { kind: "debounce", key, run: number, runId, count: count + 1, line: ofLine, policy, state };
    if (policy.collect) rows.addGathered(number, count, run.eventId);
    rows.putGather(gather);
    if (!before) return { kind: "opens", dueAt };
    if (isNewest) rows.renewRun(gather.run, run.eventId, dueAt);
    else rows.moveRun(gather.run, dueAt);
    return { kind: "merges", gather, replaces: isNewest };
  }
  let before = found?.kind === "batch" ? found : null;
  let joined = joinBatch(policy, before?.state ?? null, bytes, now);
  if (joined.kind === "closes" && before) {
    startGathered(rows, before, now);
    before = null;
    joined = joinBatch(policy, null, bytes, now);
  }
  if (joined.kind === "closes") throw new Error("internal error: an empty batch takes any event");
  const { state, full, dueAt } = joined;
  if (!before && full) return { kind: "opens", dueAt: now };
  const { run: number, runId, count, line: ofLine } = before ?? { run: run.n, runId: run.id, count: 0, line };
  const gather: Gather = { kind: "batch", key, run: number, runId, count: count + 1, line: ofLine, policy, state };
  rows.addGathered(number, count, run.eventId);
  rows.putGather(gather);
  if (!before) return { kind: "opens", dueAt };
  if (full) startGathered(rows, gather, now);
  return { kind: "merges", gather, replaces: false };
}

/** When a run that gathers is to start, under a policy that may have changed. */
export function gatherDueAt(gather: Gather, now: number): number {
  return gather.kind === "debounce"
    ? debounceDueAt(gather.policy, gather.state)
    : batchDueAt(gather.policy, gather.state, now);
}

/** Nothing more goes into the run: it may start now. */
function startGathered(rows: FlowRows, gather: Gather, now: number): void {
  closeGather(rows, gather);
  rows.moveRun(gather.run, now);
}

/** Nothing more goes into the run: it is for what it has gathered. */
export function closeGather(rows: FlowRows, gather: Gather): void {
  const events = gather.kind === "batch" || gather.policy.collect ? rows.gathered(gather.run) : [];
  rows.deleteGather(gather.key);
  const [first, ...others] = events;
  if (first === undefined) return;
  // The newest is the one that the run is for: it comes first, the others in the order in which they came.
  const newest = gather.kind === "debounce" ? rows.eventOf(gather.run) : first;
  rows.giveEvents(
    gather.run,
    newest === first ? [first, ...others] : [newest, ...events.filter((id) => id !== newest)],
  );
}
