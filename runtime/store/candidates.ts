import type { RunRecord } from "./records.js";
import type { WaitCandidate } from "./store.js";

export type EventWake = WaitCandidate["wake"];

/** The order in which candidates are handed out: the longest waiting first. */
export function compareCandidates(a: WaitCandidate, b: WaitCandidate): number {
  return (
    a.wake.createdAt - b.wake.createdAt ||
    compareText(a.wake.runId, b.wake.runId) ||
    compareText(a.wake.stepKey, b.wake.stepKey)
  );
}

/** By code units, as `<` has it; `localeCompare` depends on the machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The `<path>` of a match key `<path>=<JSON value>`; "" for a wait without a key. */
export function pathOfMatchKey(matchKey: string): string {
  const end = matchKey.indexOf("=");
  return end < 0 ? "" : matchKey.slice(0, end);
}

export function isOpen(status: RunRecord["status"]): boolean {
  return status === "queued" || status === "running" || status === "waiting";
}
