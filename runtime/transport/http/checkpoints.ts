import { randomUUID } from "node:crypto";
import * as z from "zod";

import { AdoptedRuns } from "./adopted-runs.js";
import { type RemoteOp, remoteOpSchema } from "./read-answer.js";

/** Of one post, at most 1,000; an application posts each result at once or a few together. */
export const postedStepsSchema = z.array(remoteOpSchema).max(1_000);

/** What an application posts while it executes a run: https://github.com/inngest/inngest/blob/main/docs/SDK_SPEC.md, 10.3.1. */
export const checkpointSchema = z.object({
  run_id: z.string().min(1).max(512),
  /** That the runtime gave to the request. */
  qi_id: z.string().min(1).max(512),
  steps: postedStepsSchema,
});
export type Checkpoint = z.infer<typeof checkpointSchema>;

/** The request can no longer report anything: it is over, or its run was given to another one. */
export type CheckpointOutcome = "taken" | "stale";

interface OpenRequest {
  readonly runId: string;
  /** Resolves when all of the results are stored. */
  readonly take: (ops: readonly RemoteOp[]) => Promise<void>;
}

/** Where applications report results of steps before a request is answered: one of ours, or one that they got themselves. */
export class Checkpoints {
  /** Runs that applications have begun. */
  readonly adopted = new AdoptedRuns();
  /** Our requests that are on their way. */
  readonly #open = new Map<string, OpenRequest>();

  /** Makes a request known for as long as it goes on. Its id cannot be guessed. */
  open(runId: string, take: OpenRequest["take"]): { readonly id: string; readonly close: () => void } {
    const id = randomUUID();
    this.#open.set(id, { runId, take });
    return { id, close: () => void this.#open.delete(id) };
  }

  /** Resolves when the results are stored: the application goes on then, and never executes those steps again. */
  async deliver({ run_id: runId, qi_id: id, steps }: Checkpoint): Promise<CheckpointOutcome> {
    const request = this.#open.get(id);
    if (!request || request.runId !== runId) return "stale";
    await request.take(steps);
    return this.#open.has(id) ? "taken" : "stale";
  }
}
