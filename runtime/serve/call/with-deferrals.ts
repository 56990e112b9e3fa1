import { errorJson } from "../../engine/json.js";
import { hashKey } from "../../protocol/step-hash.js";
import { describeError } from "./retriable.js";
import type { Outcome } from "./served-execution.js";
import type { WireOp } from "./wire-op.js";

const wholeRun = hashKey("complete");

/** The outcome together with the operations: an end becomes one of several, so that one answer tells of all. */
export function withDeferrals(outcome: Outcome, ops: readonly WireOp[]): Outcome {
  if (ops.length === 0) return outcome;
  switch (outcome.kind) {
    case "returned": {
      const end: WireOp = { id: wholeRun, op: "RunComplete", data: outcome.value ?? null };
      return { kind: "ops", ops: [...ops, end], retriable: null };
    }
    case "threw": {
      const { retriable } = outcome;
      const error = describeError({ ...errorJson(outcome.error) });
      const end: WireOp = { id: wholeRun, op: retriable === false ? "StepFailed" : "StepError", error };
      return { kind: "ops", ops: [...ops, end], retriable };
    }
    case "ops":
      return { ...outcome, ops: [...ops, ...outcome.ops] };
    // The runtime calls again.
    case "step-not-found":
      return outcome;
  }
}
