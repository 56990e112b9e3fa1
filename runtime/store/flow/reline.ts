import type { FlowState, Line, LineSpec, RunControl } from "./flow-records.js";
import type { FlowRows, FlowRun } from "./flow-rows.js";
import { closeGather, gatherDueAt } from "./gather.js";
import { leaveQueue } from "./queueing.js";

/**
 * Lines up a run that nobody has, under the policies of a new deployment. Gives how it stands then: in no queue, so that
 * the next claim brings it to its place; null when it belongs to no line.
 */
export function relineRun(
  rows: FlowRows,
  run: { readonly n: number; readonly id: string; readonly functionId: string },
  before: FlowRun | null,
  control: RunControl | null,
  now: number,
): FlowState | null {
  const left = before && leaveQueue(rows, before, now);
  const spec = before && rows.line(before.line).spec;
  // It goes on under the limits that it holds: others could not be taken without exceeding them.
  if (left && before.started && heldThroughout(spec) !== heldThroughout(control?.line ?? null)) return left;
  const line = control?.line ? rows.findLine(run.functionId, control.line) : null;
  if (line) rows.addToLine(line.n, 1);
  if (before && spec) leaveLine(rows, run, before, spec, control, line, now);
  if (!line || !control) return null;
  return { line: line.n, queue: null, place: null, slots: 0, wants: 0, headStartMs: control.headStartMs };
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
  rows.addToLine(before.line, -1);
}

function heldThroughout(spec: LineSpec | null): string {
  const names = spec?.slots.filter(({ unit }) => unit === "run").map(({ bucket }) => bucket) ?? [];
  return JSON.stringify(names);
}
