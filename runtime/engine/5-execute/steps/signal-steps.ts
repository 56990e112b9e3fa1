import type { StepRecord } from "../../../store/records.js";
import { StepUseError } from "../../../transport/step-errors.js";
import type { StepOp } from "../../../transport/step-op.js";
import { writeSignal } from "../../signal-output.js";
import type { Execution } from "../execution.js";
import type { PendingStep } from "../pending-step.js";
import { failForGood } from "./step-kinds.js";

export function beginSignalWait(execution: Execution, step: PendingStep, op: StepOp & { kind: "waitForSignal" }): void {
  const { services, run } = execution;
  const { signal, onConflict } = op;
  const now = services.clock.now();
  const base = { runId: run.id, stepKey: step.key, name: op.name, createdAt: now };
  const wake = { ...base, kind: "signal", dueAt: now + op.timeoutMs, signal } as const;
  const { waits } = execution;
  // Only the store knows whether another step waits for it.
  waits.addAlone(step, { kind: "listen", wake, onConflict }, ({ results: [result] }) => {
    const taken = result?.kind === "listen" ? result.takenBy : null;
    if (!taken) {
      waits.parked(step, wake);
      return waits.arm(step);
    }
    waits.refused(step);
    const detail = `step \`${taken.stepKey}\` of run \`${taken.runId}\` waits for signal \`${signal}\``;
    failForGood(execution, step, new StepUseError("signal-taken", detail));
  });
}

/** The other step's result and the journal row are one transition: delivered exactly once. */
export function beginSendSignal(execution: Execution, step: PendingStep, op: StepOp & { kind: "sendSignal" }): void {
  const { services, run, leased } = execution;
  const { signal, data } = op;
  const now = services.clock.now();
  const made: { record: StepRecord | null } = { record: null };
  let output: string;
  try {
    output = writeSignal(signal, data, services.limits);
  } catch (error) {
    return failForGood(execution, step, error);
  }
  const settle = (runId: string | null): StepRecord => {
    const answer = JSON.stringify(runId === null ? {} : { runId });
    return (made.record = step.record(run.id, { status: "completed", output: answer }, now));
  };
  step.state = "executing";
  // It cannot be called back: a race that it loses meanwhile does not cancel it.
  step.submitted = true;
  execution.enter();
  services.committer.submit(
    { guards: leased, writes: [{ kind: "signal", signal, output, now, settle }] },
    (outcome) => {
      if (outcome.ok && made.record) {
        execution.settled(step, made.record, false);
        execution.size.counts(made.record.output);
      }
      const result = outcome.ok ? outcome.results[0] : undefined;
      if (result?.kind === "signal" && result.resolved) services.resolved(result.resolved);
      execution.leave();
      if (!outcome.ok && outcome.failed.kind === "lease") execution.abandon();
    },
  );
}
