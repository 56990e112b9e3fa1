import type { Plan } from "./5-execute/services.js";
import type { Outcome } from "../store/store.js";
import type { Committer } from "./committer.js";

/** Stores what is planned, and lets it begin. Rejects when the store refuses. */
export function commitPlan(committer: Committer, plan: Plan<unknown>): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    committer.submit(
      { guards: [], writes: plan.writes },
      (outcome) => {
        plan.committed(outcome);
        resolve(outcome);
      },
      (error) => {
        plan.committed({ ok: false, failed: { kind: "open", runId: "" } });
        reject(error);
      },
    );
  });
}
