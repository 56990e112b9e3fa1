import type { EngineLimits } from "./engine.js";
import { writeJson } from "./json.js";

/**
 * What the step that waits for the signal gets, as JSON text.
 *
 * @throws StepUseError `step-not-serializable`, `step-result-too-large`
 */
export function writeSignal(signal: string, data: unknown, { stepBytes }: EngineLimits): string {
  return writeJson({ signal, data: data ?? null }, `the data of signal \`${signal}\``, stepBytes, false);
}
