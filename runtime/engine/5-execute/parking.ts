import type { PendingStep } from "./pending-step.js";

/** When something that the steps wait for ends by itself; null when nothing does. */
export function earliestDue(steps: Iterable<PendingStep>): number | null {
  let earliest: number | null = null;
  for (const { wake } of steps) {
    if (wake?.dueAt != null && (earliest === null || wake.dueAt < earliest)) earliest = wake.dueAt;
  }
  return earliest;
}

/**
 * Whether a handler that only waits is let go at once: when it sleeps beyond `horizon`, or backs off before another
 * attempt, since the replay is what makes `attempt` right in it. One that waits for others may be needed soon.
 */
export function mayPark(steps: Iterable<PendingStep>, horizon: number): boolean {
  let retries = false;
  let near = false;
  for (const { wake, kind } of steps) {
    // It waits for the steps of its branches.
    if (kind === "race") continue;
    if (wake === null) return false;
    if (wake.kind === "retry") retries = true;
    else if (wake.kind !== "sleep" || wake.dueAt <= horizon) near = true;
  }
  return retries || !near;
}
