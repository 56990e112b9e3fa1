import { StepError } from "../../../define/errors.js";
import type { JournalEntry, RunEnding } from "../../../store/records.js";
import { StepUseError } from "../../../transport/step-errors.js";
import type { RollbackCall, StepAttempt, StepOp, StepRollback, TransactionPlan } from "../../../transport/step-op.js";
import type { FailedRollback } from "../../6-settle/settle-rollback.js";
import { errorJson, readJson } from "../../json.js";
import type { Execution } from "../execution.js";
import { planRollbacks, type Rollbacks } from "./compensations.js";

/**
 * In place of the handler: runs the rollbacks one after the other, last completed first, each a step of its own. Goes on after one
 * that fails, and gives those that did. `handler` is the journal of the handler.
 */
export async function rollBack(
  execution: Execution,
  handler: readonly JournalEntry[],
  rollbacks: Rollbacks,
  ending: RunEnding,
): Promise<FailedRollback[]> {
  const failed: FailedRollback[] = [];
  for (const { id, step } of planRollbacks(handler)) {
    const op = rollbackOp(execution, id, step, rollbacks.get(step.key), ending);
    try {
      await execution.perform(op);
    } catch (error) {
      failed.push({ step: step.key, error: errorJson(error) });
    }
  }
  return failed;
}

function rollbackOp(
  execution: Execution,
  id: string,
  step: JournalEntry,
  rollback: StepRollback | undefined,
  ending: RunEnding,
): StepOp {
  const name = step.name === null ? null : `${step.name} (rollback)`;
  const context = (attempt: number): RollbackCall => ({
    // Made anew each time: user code may change it.
    error: ending.status === "failed" ? new StepError("", JSON.parse(ending.output)) : null,
    cause: ending.status,
    attempt,
    get signal() {
      return execution.signals.signal;
    },
  });
  const retries = rollback?.retries && { retries: rollback.retries };
  const result = (): unknown => readJson(step.output);
  if (rollback?.kind === "transaction") {
    const attempt = (): number => execution.pending(id)?.failures.length ?? 0;
    const { call, open } = rollback;
    const recorded = { result };
    const body = (tx: unknown): unknown => quietly(call(tx, recorded.result(), context(attempt())));
    if (!open) return { kind: "rollbackTransaction", id, name, body, ...retries };
    const through = async (_: number, plan: TransactionPlan): Promise<unknown> => {
      const opened = await open(result());
      recorded.result = () => opened;
      return plan.execute();
    };
    return { kind: "rollbackTransaction", id, name, body, through, ...retries };
  }
  const body = (attempt: StepAttempt): unknown => {
    if (!rollback) {
      throw new StepUseError("rollback-not-found", `the present code has no rollback for step \`${step.key}\``);
    }
    return quietly(rollback.call(result(), context(attempt.number)));
  };
  return { kind: "rollback", id, name, input: [], body, ...retries };
}

/** What a rollback returns is not kept. */
function quietly(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("then" in value) || typeof value.then !== "function")
    return null;
  return Promise.resolve(value).then(() => null);
}
