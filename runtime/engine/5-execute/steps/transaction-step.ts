import type { Guard } from "../../../store/store.js";
import type { UserTransaction } from "../../../store/user-transaction.js";
import type { StepRecord } from "../../../store/records.js";
import type { Rehearsal, StepOp, TransactionPlan } from "../../../transport/step-op.js";
import { writeJson } from "../../json.js";
import type { Execution } from "../execution.js";
import type { PendingStep } from "../pending-step.js";
import { hasLost } from "../race.js";
import { attemptFailed } from "./failed-attempt.js";
import { AnswersChanged, type RecordedRehearsal, recordStatements, repeatStatements } from "./rehearsal.js";
import { limitAttempt } from "./run-step.js";
import { boundTransaction, executeBody } from "./transaction-body.js";

type TransactionOp = StepOp & { kind: "transaction" | "rollbackTransaction" };

/**
 * Executes the body inside the commit that journals its result: what it writes is there exactly when the result is. An error of it
 * takes its own writes back, and the attempt has failed like that of any step.
 */
export function beginTransaction(execution: Execution, step: PendingStep, op: TransactionOp): void {
  step.attemptAt = execution.services.clock.now();
  step.state = "executing";
  execution.enter();
  if (op.through) return transactThrough(execution, step, op, op.through);
  const body = (tx: UserTransaction): unknown => executeBody(execution, step, op.body, tx);
  commit(execution, step, body, {
    committed: () => execution.leave(),
    threw(error) {
      fail(execution, step, error);
      execution.leave();
    },
  });
}

interface CommitEnd {
  /** The step is settled. */
  committed(value: unknown): void;
  /** Nothing of it is stored. */
  threw(error: unknown): void;
}

/** What `body` returns becomes the step's result, in the transaction that it is called in. Counted as work until its end is told. */
function commit(
  execution: Execution,
  step: PendingStep,
  body: (tx: UserTransaction) => unknown,
  { committed, threw }: CommitEnd,
): void {
  const { services, run, leased } = execution;
  const { clock, limits } = services;
  const settlesWake = step.wakeStored;
  const made: { record: StepRecord | null; value: unknown } = { record: null, value: null };
  const settle = (value: unknown): StepRecord => {
    const output = writeJson(value, `the result of step \`${step.key}\``, limits.stepBytes, execution.fn.rich);
    made.value = value;
    return (made.record = step.record(run.id, { status: "completed", output }, clock.now()));
  };
  const guards: readonly Guard[] = settlesWake
    ? [...leased, { kind: "wake", runId: run.id, stepKey: step.key }]
    : leased;
  // It cannot be called back: a race that it loses meanwhile does not cancel it.
  step.submitted = true;
  const write = { kind: "transact", runId: run.id, stepKey: step.key, body, settle, settlesWake } as const;
  services.committer.submit({ guards, writes: [write] }, (outcome) => {
    services.stepLimits.free(execution, step);
    if (outcome.ok && made.record) {
      execution.settled(step, made.record, settlesWake);
      execution.size.counts(made.record.output);
      return committed(made.value);
    }
    if (!outcome.ok && outcome.failed.kind === "threw") {
      step.submitted = false;
      return threw(outcome.failed.error);
    }
    execution.leave();
    if (!outcome.ok && outcome.failed.kind === "lease") execution.abandon();
  });
}

/** The attempt has failed, and nobody wants another one where its race is decided. */
function fail(execution: Execution, step: PendingStep, error: unknown): void {
  step.deadline = null;
  if (hasLost(step.op.scope)) execution.cancelStep(step);
  else attemptFailed(execution, step, error);
}

/** An attempt with middleware around it. */
function transactThrough(
  execution: Execution,
  step: PendingStep,
  op: TransactionOp,
  through: NonNullable<TransactionOp["through"]>,
): void {
  const attempt = step.failures.length;
  limitAttempt(execution, step, undefined);
  through(attempt, new Attempt(execution, step, op)).catch((error: unknown) => {
    if (!step.awaits(attempt)) return;
    fail(execution, step, error);
    execution.leave();
  });
}

const never = new Promise<never>(() => {});

class Attempt implements TransactionPlan {
  readonly #number: number;

  constructor(
    readonly execution: Execution,
    readonly step: PendingStep,
    readonly op: TransactionOp,
  ) {
    this.#number = step.failures.length;
  }

  execute(): Promise<unknown> {
    return this.#commit((tx) => executeBody(this.execution, this.step, this.op.body, tx));
  }

  async rehearse(): Promise<RecordedRehearsal> {
    const { execution, step, op } = this;
    if (!step.awaits(this.#number)) return never;
    const { services, run, leased } = execution;
    const body = (tx: UserTransaction): never => {
      const recording = recordStatements(tx);
      const value = executeBody(execution, step, op.body, recording.tx);
      throw new TakenBack({ value, statements: recording.statements });
    };
    const settle = (): never => {
      throw new Error("internal error: a rehearsal is to be stored");
    };
    const write = { kind: "transact", runId: run.id, stepKey: step.key, body, settle, settlesWake: false } as const;
    return new Promise((resolve, reject) => {
      services.committer.submit({ guards: leased, writes: [write] }, (outcome) => {
        if (outcome.ok) return;
        const { failed } = outcome;
        if (failed.kind === "lease") return execution.abandon();
        if (failed.kind !== "threw") return;
        if (failed.error instanceof TakenBack) resolve(failed.error.rehearsal);
        else reject(failed.error);
      });
    });
  }

  async commit(rehearsal: Rehearsal | null, record: unknown): Promise<boolean> {
    const { execution, step } = this;
    const body = (tx: UserTransaction): unknown => {
      // Made by `rehearse`.
      const recorded = rehearsal as RecordedRehearsal | null;
      if (recorded) boundTransaction(execution, step, tx, (bounded) => repeatStatements(bounded, recorded));
      return record;
    };
    try {
      await this.#commit(body);
      return true;
    } catch (error) {
      if (error instanceof AnswersChanged) return false;
      throw error;
    }
  }

  #commit(body: (tx: UserTransaction) => unknown): Promise<unknown> {
    const { execution, step } = this;
    if (!step.awaits(this.#number)) return never;
    // From here on it ends by the limit for transactions.
    const { deadline } = step;
    step.deadline = null;
    return new Promise((resolve, reject) => {
      commit(execution, step, body, {
        committed(value) {
          execution.leave();
          resolve(value);
        },
        threw(error) {
          step.deadline = deadline;
          reject(error);
        },
      });
    });
  }
}

/** Takes back what the body has written. */
class TakenBack extends Error {
  constructor(readonly rehearsal: RecordedRehearsal) {
    super("a rehearsal");
  }
}
