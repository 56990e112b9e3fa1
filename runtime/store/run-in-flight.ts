import { isRunWatch, type RunWatch, type StepKind, type WakeRecord } from "./records.js";
import type { RunSnapshot } from "./store.js";

/** A run that has not ended, without what its steps gave: all that the comparison of two deployments looks at. */
export interface RunInFlight {
  readonly id: string;
  /** The full id. */
  readonly functionId: string;
  readonly functionHash: string;
  /** Its end is decided, and its steps are taken back. */
  readonly ending: boolean;
  /** In the order of commits. */
  readonly steps: readonly { readonly key: string; readonly kind: StepKind; readonly status: "completed" | "failed" }[];
  /** The steps it waits for, those that are tried again included. */
  readonly waits: readonly { readonly key: string; readonly kind: StepKind }[];
}

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
