import type { StepRecord } from "../../../store/records.js";
import type { Guard, Write } from "../../../store/store.js";
import type { UserTransaction } from "../../../store/user-transaction.js";
import { stepErrorHelp, StepUseError } from "../../../transport/step-errors.js";
import type { StepOp } from "../../../transport/step-op.js";
import { writeJson } from "../../json.js";
import type { Execution } from "../execution.js";
import type { PendingStep } from "../pending-step.js";
import { attemptFailed } from "./failed-attempt.js";

type TransactionOp = StepOp & { kind: "transaction" | "rollbackTransaction" };

/**
 * Executes the body inside the commit that journals its result: what it writes is there exactly when the result is. An error of it
 * takes its own writes back, and the attempt has failed like that of any step.
 */
export function beginTransaction(execution: Execution, step: PendingStep, op: TransactionOp): void {
  const { services, run, leased } = execution;
  const { clock, limits } = services;
  step.attemptAt = clock.now();
  const settlesWake = step.wakeStored;
  const made: { record: StepRecord | null } = { record: null };
  step.state = "executing";
  const write: Write = {
    kind: "transact",
    runId: run.id,
    stepKey: step.key,
    body: (tx) => executeBody(execution, step, op, tx),
    settle: (value) => {
      const output = writeJson(value, `the result of step \`${step.key}\``, limits.stepBytes, execution.fn.rich);
      return (made.record = step.record(run.id, { status: "completed", output }, clock.now()));
    },
    settlesWake,
  };
  const guards: readonly Guard[] = settlesWake
    ? [...leased, { kind: "wake", runId: run.id, stepKey: step.key }]
    : leased;
  execution.enter();
  services.committer.submit({ guards, writes: [write] }, (outcome) => {
    services.stepLimits.free(execution, step);
    if (outcome.ok && made.record) {
      execution.settled(step, made.record, settlesWake);
      execution.size.counts(made.record.output);
    } else if (!outcome.ok && outcome.failed.kind === "threw") attemptFailed(execution, step, outcome.failed.error);
    execution.leave();
    if (!outcome.ok && outcome.failed.kind === "lease") execution.abandon();
  });
}

/** Everybody's commits wait for it, so it is timed by the real clock: a virtual one stands still meanwhile. */
function executeBody(execution: Execution, step: PendingStep, op: TransactionOp, tx: UserTransaction): unknown {
  const { services, run } = execution;
  const { transactionMs, slowTransactionMs } = services.limits;
  const began = performance.now();
  const inTime = (): void => {
    if (performance.now() - began <= transactionMs) return;
    throw new SlowTransaction(step.key, transactionMs);
  };
  const value = op.body(boundedTransaction(tx, inTime));
  if (isThenable(value)) {
    // It fails once more when `tx` is closed.
    value.then(undefined, () => {});
    throw new StepUseError("async-transaction", `the callback of step \`${step.key}\` returned a promise`);
  }
  inTime();
  const took = performance.now() - began;
  if (took > slowTransactionMs) {
    const message = `step \`${step.key}\` of run \`${run.id}\` has held up all commits for ${Math.round(took)} ms`;
    services.observe?.({ kind: "notice", at: services.clock.now(), code: "slow-transaction", message, runId: run.id });
  }
  return value;
}

/** No call into the database once the time is over; a callback that only computes is found out when it returns. */
function boundedTransaction(tx: UserTransaction, inTime: () => void): UserTransaction {
  return {
    run: (sql, ...parameters) => (inTime(), tx.run(sql, ...parameters)),
    get: (sql, ...parameters) => (inTime(), tx.get(sql, ...parameters)),
    all: (sql, ...parameters) => (inTime(), tx.all(sql, ...parameters)),
  };
}

/** Another attempt may be quicker. */
class SlowTransaction extends Error {
  override readonly name = "TransactionTimeoutError";
  readonly code = "transaction-too-long";

  constructor(key: string, ms: number) {
    const help = stepErrorHelp["transaction-too-long"];
    super(`step \`${key}\` has held up all commits for more than ${ms} ms (transaction-too-long; ${help})`);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
