import type { FunctionConfig } from "../../../manifest/manifest.js";

type Timeouts = FunctionConfig["timeouts"];

export type DeadlineDecision =
  | { readonly kind: "cancels"; readonly timeout: "start" | "finish"; readonly ms: number }
  /** Look again then; null: never, it can no longer be late. */
  | { readonly kind: "waits"; readonly dueAt: number | null };

/** A run that waits to start is not looked at more often than this, in ms. */
const soonest = 1_000;

/** When a new run, which may start at `startableAt`, has to be looked at first; null where no time limits it. */
export function firstDeadline({ startMs, finishMs }: Timeouts, startableAt: number): number | null {
  if (startMs === undefined && finishMs === undefined) return null;
  return startableAt + Math.min(startMs ?? Number.POSITIVE_INFINITY, finishMs ?? Number.POSITIVE_INFINITY);
}

/** Whether a run that has not ended is too late: it has to start within `start`, and to end within `finish` of its start. */
export function decideDeadline(
  { startMs, finishMs }: Timeouts,
  run: { readonly startedAt: number | null; readonly startableAt: number },
  now: number,
): DeadlineDecision {
  if (run.startedAt !== null) {
    if (finishMs === undefined) return { kind: "waits", dueAt: null };
    const end = run.startedAt + finishMs;
    return now < end ? { kind: "waits", dueAt: end } : { kind: "cancels", timeout: "finish", ms: finishMs };
  }
  const start = startMs === undefined ? null : run.startableAt + startMs;
  if (start !== null && now >= start) return { kind: "cancels", timeout: "start", ms: startMs ?? 0 };
  // Until it starts, this is the earliest at which it can have taken too long.
  const earliest = finishMs === undefined ? null : now + Math.max(finishMs, soonest);
  if (start === null || earliest === null) return { kind: "waits", dueAt: start ?? earliest };
  return { kind: "waits", dueAt: Math.min(start, earliest) };
}
