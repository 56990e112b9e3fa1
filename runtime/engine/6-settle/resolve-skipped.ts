import { describeDuplicate } from "../../store/describe-duplicate.js";
import type { StepRecord } from "../../store/records.js";
import type { NewRun, Unique } from "../../store/store.js";
import type { SettleServices } from "./settle-run.js";

/** An invoked run was skipped, since `firstRunId` was there before: the step that waits for it fails, and says so. */
export function resolveSkipped(
  { run, uniques }: { readonly run: NewRun; readonly uniques: readonly Unique[] },
  firstRunId: string,
  services: SettleServices,
): void {
  if (!run.parent) return;
  const { policy = "idempotency" } = uniques[0] ?? {};
  const { message } = describeDuplicate(policy, firstRunId);
  const now = services.clock.now();
  const step: StepRecord = {
    runId: run.parent.runId,
    key: run.parent.stepKey,
    kind: "invoke",
    name: run.parent.stepName ?? null,
    status: "failed",
    output: JSON.stringify({ name: "RunSkippedError", message: `the run was skipped: ${message}` }),
    attempt: 0,
    failures: [],
    startedAt: run.createdAt,
    endedAt: now,
  };
  services.committer.submit(
    {
      guards: [{ kind: "wake", runId: step.runId, stepKey: step.key }],
      writes: [{ kind: "resolve", step, now }],
    },
    (outcome) => {
      if (outcome.ok) services.parentResolved(step);
    },
  );
}
