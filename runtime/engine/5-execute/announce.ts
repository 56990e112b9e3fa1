import { isRunWatch, type StepRecord, type WakeRecord } from "../../store/records.js";
import type { ExecuteServices } from "./services.js";

type Watched = Pick<ExecuteServices, "observers" | "clock">;

/** Tells those who watch that a step waits. */
export function announceWake({ observers: { observe }, clock }: Watched, functionId: string, wake: WakeRecord): void {
  if (!observe) return;
  if (isRunWatch(wake)) return;
  const where = { at: clock.now(), runId: wake.runId, functionId, stepKey: wake.stepKey };
  if (wake.kind !== "retry") return observe({ kind: "step-waiting", ...where, on: wake.kind, until: wake.dueAt });
  const last = wake.failures.at(-1);
  if (last) observe({ kind: "step-retrying", ...where, attempt: last.attempt, error: last.error, nextAt: wake.dueAt });
}

/** Tells those who watch that a step has ended. */
export function announceSettled({ observers }: Pick<Watched, "observers">, functionId: string, step: StepRecord): void {
  observers.observe?.({
    kind: step.status === "completed" ? "step-completed" : "step-failed",
    at: step.endedAt,
    runId: step.runId,
    functionId,
    stepKey: step.key,
    tool: step.kind,
    attempt: step.attempt,
    durationMs: step.endedAt - step.startedAt,
    output: step.output,
  });
}
