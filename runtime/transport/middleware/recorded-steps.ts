import type { Middleware } from "../../define/middleware.js";
import type { RecordedStep } from "../transport.js";
import { hashKey } from "../../protocol/step-hash.js";

/** The journal as middleware sees it: by the hash of the step's key. */
export function readRecorded(journal: readonly RecordedStep[]): Middleware.TransformFunctionInputArgs["steps"] {
  const steps: Middleware.TransformFunctionInputArgs["steps"] = {};
  for (const { key, hashedId, status, output } of journal) {
    const value: unknown = JSON.parse(output);
    steps[hashedId ?? hashKey(key)] =
      status === "completed" ? { type: "data", data: value } : { type: "error", error: value };
  }
  return steps;
}
