import * as z from "zod";

import { isRunWatch, type RunWatch, type StepKind, type WakeRecord } from "./records.js";
import type { RunSnapshot } from "./store.js";

/** A run that has not ended, without what its steps gave: all that the comparison of two deployments looks at. */
export const runInFlightSchema = z.strictObject({
  id: z.string(),
  /** The full id. */
  functionId: z.string(),
  functionHash: z.string(),
  /** Its end is decided, and its steps are taken back. */
  ending: z.boolean(),
  /** In the order of commits. */
  steps: z.array(z.strictObject({ key: z.string(), kind: z.string(), status: z.enum(["completed", "failed"]) })),
  /** The steps it waits for, those that are tried again included. */
  waits: z.array(z.strictObject({ key: z.string(), kind: z.string() })),
});
export type RunInFlight = z.infer<typeof runInFlightSchema>;

export function readRunInFlight({ run, journal, wakes }: RunSnapshot): RunInFlight {
  return {
    id: run.id,
    functionId: run.functionId,
    functionHash: run.functionHash,
    ending: run.ending !== null,
    steps: journal.map(({ key, kind, status }) => ({ key, kind, status })),
    waits: wakes.flatMap((wake) => (isRunWatch(wake) ? [] : [{ key: wake.stepKey, kind: kindOf(wake) }])),
  };
}

function kindOf(wake: Exclude<WakeRecord, RunWatch>): StepKind {
  switch (wake.kind) {
    case "sleep":
      return "sleep";
    case "retry":
      return wake.step;
    case "event":
      return "waitForEvent";
    case "run":
      return "invoke";
    case "signal":
      return "waitForSignal";
  }
}
