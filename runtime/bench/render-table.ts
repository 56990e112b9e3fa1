import type { WorkloadResult } from "./measure-workload.js";
import type { Target, Workload } from "./workload.js";

/** A block for people: the targets with what was measured, the other figures, and what the peers reach. */
export function renderResult(workload: Workload, result: WorkloadResult): string {
  const targets = workload.targets.map((target) => renderTarget(target, result));
  const named = new Set(workload.targets.map((target) => target.figure));
  const others = Object.entries(result.figures).filter(([figure]) => !named.has(figure));
  return [
    `${workload.name}: ${workload.title} (median of ${result.repetitions})`,
    ...targets,
    ...others.map(
      ([figure, value]) => `    ${figure.padEnd(24)} ${format(value).padStart(12)}  ${range(result, figure)}`,
    ),
    `  peers, on another machine of two cores: ${workload.peers}`,
    "",
  ].join("\n");
}

function renderTarget(target: Target, result: WorkloadResult): string {
  const value = result.figures[target.figure];
  const goal = target.atLeast === undefined ? `≤ ${target.atMost}` : `≥ ${format(target.atLeast)}`;
  const verdict = value === undefined ? "not measured" : isReached(target, value) ? "reached" : "missed";
  return `  * ${target.figure.padEnd(24)} ${format(value).padStart(12)}  ${range(result, target.figure)} target ${goal}: ${verdict}`;
}

export function isReached(target: Target, value: number): boolean {
  return value >= (target.atLeast ?? -Infinity) && value <= (target.atMost ?? Infinity);
}

function range(result: WorkloadResult, figure: string): string {
  const [low, high] = result.spread[figure] ?? [undefined, undefined];
  return `(${format(low)}–${format(high)})`.padEnd(20);
}

function format(value: number | undefined): string {
  if (value === undefined) return "–";
  return Math.abs(value) >= 1_000 ? Math.round(value).toLocaleString("en") : String(value);
}
