import type { UserTransaction } from "../../../store/user-transaction.js";
import { stepErrorHelp, StepUseError } from "../../../transport/step-errors.js";
import type { Execution } from "../execution.js";
import type { PendingStep } from "../pending-step.js";

/** Calls the user's code. @throws StepUseError `async-transaction`; SlowTransaction */
export function executeBody(
  execution: Execution,
  step: PendingStep,
  body: (tx: unknown) => unknown,
  tx: UserTransaction,
): unknown {
  return boundTransaction(execution, step, tx, (bounded) => {
    const value = body(bounded);
    if (!isThenable(value)) return value;
    // It fails once more when `tx` is closed.
    value.then(undefined, () => {});
    throw new StepUseError("async-transaction", `the callback of step \`${step.key}\` returned a promise`);
  });
}

/** Everybody's commits wait for it, so it is timed by the real clock: a virtual one stands still meanwhile. */
export function boundTransaction<T>(
  { services, run }: Execution,
  step: PendingStep,
  tx: UserTransaction,
  work: (tx: UserTransaction) => T,
): T {
  const { transactionMs, slowTransactionMs } = services.limits;
  const began = performance.now();
  const inTime = (): void => {
    if (performance.now() - began <= transactionMs) return;
    throw new SlowTransaction(step.key, transactionMs);
  };
  const value = work(boundedTransaction(tx, inTime));
  inTime();
  const took = performance.now() - began;
  if (took > slowTransactionMs) {
    const message = `step \`${step.key}\` of run \`${run.id}\` has held up all commits for ${Math.round(took)} ms`;
    services.observers.observe?.({
      kind: "notice",
      at: services.clock.now(),
      code: "slow-transaction",
      message,
      runId: run.id,
    });
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
