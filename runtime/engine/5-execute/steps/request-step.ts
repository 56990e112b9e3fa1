import { durations } from "../../../manifest/duration.js";
import type { StepOp } from "../../../transport/step-op.js";
import type { Execution } from "../execution.js";
import { infer, makeRequest } from "../make-request.js";
import type { PendingStep } from "../pending-step.js";
import { beginRun } from "./run-step.js";

/** Where neither step nor function say how long an attempt may take. */
const longestRequestMs = 2 * durations.minute;

/** A request that the runtime makes: attempts, time-outs and results are those of `step.run`. */
export function beginRequest(execution: Execution, step: PendingStep, op: StepOp & { kind: "fetch" | "ai" }): void {
  const { limits, clock } = execution.services;
  const make = op.kind === "fetch" ? makeRequest : infer;
  beginRun(execution, step, {
    ...op,
    kind: "run",
    input: [],
    body: ({ number, signal }) => {
      const once = (): Promise<unknown> =>
        make(op.request, { bytes: limits.stepBytes, signal, now: () => clock.now() });
      return op.around ? op.around(number, once) : once();
    },
    timeoutMs: op.timeoutMs ?? execution.fn.config.timeouts.stepMs ?? longestRequestMs,
  });
}
