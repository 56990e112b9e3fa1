import type { Unique } from "./store.js";

/** Why a run is skipped: another one has been made, within the time that the policy says. Its output. */
export interface Duplicate {
  readonly policy: Unique["policy"];
  readonly message: string;
  /** The first run. */
  readonly runId: string;
}

const why = {
  idempotency: "the idempotency key is the same",
  "event-id": "the event's `id` is the same",
} as const satisfies Record<Unique["policy"], string>;

export function describeDuplicate(policy: Unique["policy"], runId: string): Duplicate {
  return { policy, message: `there was a run before: ${why[policy]}`, runId };
}
