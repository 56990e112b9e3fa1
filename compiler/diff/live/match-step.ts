import type { StepToolName } from "../../../runtime/manifest/manifest.js";
import type { GraphStep } from "./rest.js";
import type { RecordedStep } from "./run-in-flight.js";

/** What the engine records for each tool. */
const kinds: Readonly<Record<StepToolName, readonly string[]>> = {
  run: ["run"],
  transaction: ["transaction"],
  sleep: ["sleep"],
  sleepUntil: ["sleep"],
  waitForEvent: ["waitForEvent"],
  waitForSignal: ["waitForSignal"],
  invoke: ["invoke"],
  sendEvent: ["sendEvent"],
  sendSignal: ["sendSignal"],
  fetch: ["fetch"],
  "ai.infer": ["ai"],
  "ai.wrap": ["run", "ai"],
  "realtime.publish": ["publish", "run"],
};

/** Whether the kind that the engine records is that of the tool. */
export function isKindOf(tool: StepToolName, kind: string): boolean {
  return kinds[tool].includes(kind);
}

/**
 * Whether a step of the graph may have been recorded like that. `perhaps`: its id is computed, or it would be a repeat of a step
 * that has not ended yet.
 */
export function matchStep(step: GraphStep, entry: RecordedStep, seen: ReadonlySet<string>): "yes" | "perhaps" | "no" {
  if (!isKindOf(step.tool, entry.kind)) return "no";
  return matchId(step, entry.key, seen);
}

/** The same for the id alone. `seen`: the keys that were recorded before. */
export function matchId(step: GraphStep, key: string, seen: ReadonlySet<string>): "yes" | "perhaps" | "no" {
  const repeated = /^(.*):\d+$/s.exec(key)?.[1];
  if (step.id === null)
    return mayBecome(step.template, repeated ?? key) || mayBecome(step.template, key) ? "perhaps" : "no";
  if (step.id === key) return "yes";
  if (repeated !== step.id) return "no";
  return seen.has(step.id) ? "yes" : "perhaps";
}

/** By its constant beginning: what is computed may be anything. */
function mayBecome(template: string | undefined, key: string): boolean {
  return template === undefined || key.startsWith(template.split("${", 1)[0] ?? "");
}
