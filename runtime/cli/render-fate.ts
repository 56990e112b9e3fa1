import type { EventFate } from "../server/event-fate.js";
import type { WaitingAnswer } from "../server/waiting-answer.js";
import { shortJson } from "./short-json.js";
import { localTime } from "./short-time.js";

/** What became of an event, in a few words. */
export function renderFate(fate: EventFate): string {
  switch (fate.kind) {
    case "started":
      return "started";
    case "delayed":
      return `delayed until ${localTime(fate.until)}`;
    case "waits":
      return renderWaiting(fate.for);
    case "merged":
      return `merged into ${fate.into}`;
    case "batched": {
      const waits = fate.waitsFor === null ? "" : `, ${renderWaiting(fate.waitsFor)}`;
      return `batched with ${fate.with.length} other(s)${waits}`;
    }
    case "skipped":
    case "cancelled":
      return `${fate.kind}: ${renderReason(fate.because)}`;
  }
}

/** What a run waits for under flow control. */
export function renderWaiting(waiting: WaitingAnswer): string {
  if (waiting.kind === "gathering") {
    const count = waiting.of === null ? `${waiting.events} event(s)` : `${waiting.events} of ${waiting.of} events`;
    return `${waiting.policy}: ${count}, starts at ${localTime(waiting.until)}`;
  }
  const place = `${waiting.ahead} ahead of it`;
  switch (waiting.policy) {
    case "concurrency":
      return `waits for a slot of \`${waiting.bucket}\` (limit ${waiting.limit}), ${place}`;
    case "throttle": {
      const next = waiting.until === null ? "" : `, starts at ${localTime(waiting.until)}`;
      return `throttled by \`${waiting.bucket}\`, ${place}${next}`;
    }
    case "turn":
      return `waits for its turn, ${place}`;
  }
}

/** Why a run was skipped or cancelled: with the run that was in its way, or until when. */
export function renderReason(reason: unknown): string {
  if (typeof reason === "string") return reason;
  if (typeof reason !== "object" || reason === null || !("message" in reason)) return shortJson(reason, 2_000);
  const run = "runId" in reason && typeof reason.runId === "string" ? ` (run ${reason.runId})` : "";
  const until = "until" in reason && typeof reason.until === "number" ? `, until ${localTime(reason.until)}` : "";
  return `${String(reason.message)}${run}${until}`;
}
