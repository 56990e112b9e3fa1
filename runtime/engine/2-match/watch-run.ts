import type { RunWatch } from "../../store/records.js";
import { firstDeadline } from "../3-control/policies/timeouts.js";
import type { Expression } from "../../manifest/manifest.js";
import type { AcceptedEvent } from "../event-record.js";
import type { LoadedFunction } from "../load-application.js";

/** How events find what waits for them: a key to look it up by, and the condition that is left to evaluate. */
export type IndexCondition = (
  event: string,
  condition: Expression | null,
  runEvent: unknown,
) => { readonly matchKey: string; readonly condition: string | null };

/** A character that no id of a step begins with: these rows share their keys with the steps'. */
const mark = "\u001f";

const none: readonly RunWatch[] = [];

/** What watches a run from its first row on: its cancelling events, and its time limits. */
export function watchRun(
  { kind, config }: LoadedFunction,
  event: AcceptedEvent,
  run: { readonly id: string; readonly startableAt: number; readonly now: number },
  index: IndexCondition,
): readonly RunWatch[] {
  if (kind !== "function") return none;
  const dueAt = firstDeadline(config.timeouts, run.startableAt);
  if (config.cancelOn.length === 0 && dueAt === null) return none;
  const watches = config.cancelOn.map((each, i): RunWatch => ({
    kind: "cancel",
    runId: run.id,
    stepKey: `${mark}cancel:${i}`,
    name: null,
    createdAt: run.now,
    dueAt: each.until ?? (each.timeoutMs === undefined ? null : run.startableAt + each.timeoutMs),
    event: each.event,
    ...index(each.event, each.if ?? null, event.payload),
  }));
  if (dueAt !== null) {
    const stepKey = `${mark}deadline`;
    watches.push({ kind: "deadline", runId: run.id, stepKey, name: null, createdAt: run.startableAt, dueAt });
  }
  return watches;
}
