import type { StepOp } from "../../../transport/step-op.js";
import type { Write } from "../../../store/store.js";
import { writeJson } from "../../json.js";
import type { Execution } from "../execution.js";
import type { PendingStep } from "../pending-step.js";
import type { Plan } from "../services.js";
import { attemptFailed } from "./failed-attempt.js";
import { failForGood } from "./step-kinds.js";

type SendOp = StepOp & { kind: "sendEvent" };

/** The events, the runs that they start and the journal row are one transition: sent exactly once. */
export function beginSendEvent(execution: Execution, step: PendingStep, op: SendOp): void {
  if (op.through) return sendThrough(execution, step, op.through);
  execution.enter();
  execution.services.planEvents(op.events).then(
    ({ writes, answer, committed }) => {
      const settlement = { status: "completed", output: JSON.stringify(answer) } as const;
      execution.settle(step, settlement, writes, committed);
      execution.leave();
    },
    (error: unknown) => {
      execution.leave();
      failForGood(execution, step, error);
    },
  );
}

/** What middleware sends is planned while it runs and stored with its result; where it throws, nothing is sent. */
function sendThrough(execution: Execution, step: PendingStep, through: NonNullable<SendOp["through"]>): void {
  const { services } = execution;
  step.attemptAt = services.clock.now();
  const plans: Plan<unknown>[] = [];
  let refused: unknown = through;
  execution.enter();
  step.state = "executing";
  const committed = (outcome: Parameters<Plan<unknown>["committed"]>[0]): void => {
    for (const plan of plans) plan.committed(outcome);
  };
  const drop = (): void => committed({ ok: false, failed: { kind: "open", runId: execution.run.id } });
  through(step.failures.length, async (events) => {
    const plan = await services.planEvents(events).catch((error: unknown) => {
      refused = error;
      throw error;
    });
    plans.push(plan);
    return plan.answer;
  }).then(
    (value) => {
      try {
        const output = writeJson(value, `the result of step \`${step.key}\``, services.limits.stepBytes, false);
        const writes: Write[] = plans.flatMap((plan) => [...plan.writes]);
        execution.settle(step, { status: "completed", output }, writes, committed);
      } catch (error) {
        drop();
        failForGood(execution, step, error);
      }
      execution.leave();
    },
    (error: unknown) => {
      drop();
      // Events that the engine refuses, it refuses again.
      if (error === refused) failForGood(execution, step, error);
      else attemptFailed(execution, step, error);
      execution.leave();
    },
  );
}
