import type { JournalEntry, RunEnding } from "../store/records.js";
import type { RunSnapshot } from "../store/store.js";
import { Execution } from "./5-execute/execution.js";
import { hasToRollBack, whenStill } from "./5-execute/rollback/before-rollback.js";
import {
  isCompensable,
  nothingToRollBack,
  type Rollbacks,
  rollbacksOf,
  splitJournal,
} from "./5-execute/rollback/compensations.js";
import { rollBack } from "./5-execute/rollback/roll-back.js";
import type { ExecuteServices, LeasedRun } from "./5-execute/services.js";
import { type CancelReason, writeReason } from "./6-settle/cancel-reason.js";
import { decideEnding, endRolledBack, type FailedRollback } from "./6-settle/settle-rollback.js";
import { type Ending, failRun, type SettleServices } from "./6-settle/settle-run.js";
import { errorText } from "./json.js";
import type { LiveRuns } from "./live-runs.js";
import type { LoadedFunction } from "./load-application.js";

export interface RollBackServices {
  readonly live: LiveRuns;
  execute(): ExecuteServices;
  settle(): SettleServices;
  /** Tries until the store gives it; null when the engine has stopped. */
  load(runId: string): Promise<RunSnapshot | null>;
  ended(execution: Execution, ending: Ending): void;
  stopped(): boolean;
  /** Runs that a cancelled one waits for, where asked. */
  cancelChildren(execution: Execution): Promise<void>;
}

/** What a run needs to go on rolling back. */
interface RollingBack {
  readonly fn: LoadedFunction;
  readonly run: LeasedRun;
  readonly ending: RunEnding;
  readonly journal: readonly JournalEntry[];
  readonly wakes: RunSnapshot["wakes"];
}

/**
 * Runs the rollbacks of runs that fail or are cancelled: an execution of their own, whose work is to perform one step after the other
 * in place of the handler. A process that takes over replays the handler first, for the rollbacks that it gives.
 */
export class RollBacks {
  constructor(readonly services: RollBackServices) {}

  /** The handler has failed for good: `finish` has been called. */
  fail(execution: Execution, error: unknown): void {
    whenStill(execution, () => {
      const { settle, ended } = this.services;
      const then = (e: Ending): void => ended(execution, e);
      if (!hasToRollBack(execution)) return failRun(execution, error, settle(), then);
      this.decide(execution, { status: "failed", output: errorText(error) });
    });
  }

  /** The run is cancelled and no step executes: `finish` has been called. */
  cancel(execution: Execution, reason: CancelReason): void {
    void this.services.cancelChildren(execution).then(() => {
      this.decide(execution, { status: "cancelled", output: writeReason(reason) });
    });
  }

  /** The execution has finished and is still; rolls back, then ends as `ending`. */
  decide(execution: Execution, ending: RunEnding): void {
    decideEnding(execution, ending, this.services.settle(), (decided) => {
      if (decided.kind !== "rolling-back") return this.services.ended(execution, decided);
      void this.#goOn(execution, ending);
    });
  }

  /** In the process that has executed the handler: its rollbacks are at hand. */
  async #goOn(execution: Execution, ending: RunEnding): Promise<void> {
    const { fn, run, compensations } = execution;
    const snapshot = await this.services.load(run.id);
    if (!snapshot) return this.services.ended(execution, { kind: "lost" });
    execution.close();
    this.#drive({ fn, run, ending, journal: snapshot.journal, wakes: snapshot.wakes }, rollbacksOf(compensations));
  }

  /** A run that was claimed and whose end is decided. */
  resume(fn: LoadedFunction, run: LeasedRun, { journal, wakes }: RunSnapshot, ending: RunEnding): void {
    const rollingBack = { fn, run, ending, journal, wakes };
    const { handler, rolledBack } = splitJournal(journal);
    if (rolledBack.length >= handler.filter(isCompensable).length) {
      return this.#drive(rollingBack, nothingToRollBack);
    }
    const found = (replay: Execution): void => {
      if (!replay.finish()) return;
      replay.depart();
      this.#drive(rollingBack, rollbacksOf(replay.compensations));
    };
    const services: ExecuteServices = { ...this.services.execute(), complete: found, fail: found };
    const replay = new Execution(services, fn, run, handler, []);
    this.services.live.add(replay);
    replay.onReplayed = () => found(replay);
    replay.start();
    if (this.services.stopped()) replay.vacate();
  }

  #drive({ fn, run, ending, journal, wakes }: RollingBack, rollbacks: Rollbacks): void {
    const { live, execute, settle, ended } = this.services;
    const { handler, rolledBack } = splitJournal(journal);
    let failed: readonly FailedRollback[] = [];
    const end = (driver: Execution): void => {
      if (driver.finish()) endRolledBack(driver, ending, failed, settle(), (e) => ended(driver, e));
    };
    const services: ExecuteServices = {
      ...execute(),
      complete: end,
      fail: (driver, error) => {
        failed = [...failed, { step: "", error: JSON.parse(errorText(error)) as FailedRollback["error"] }];
        end(driver);
      },
    };
    const driver = new Execution(services, fn, run, rolledBack, wakes);
    live.add(driver);
    const work = async (): Promise<null> => {
      failed = await rollBack(driver, handler, rollbacks, ending);
      return null;
    };
    driver.drive(work());
    if (this.services.stopped()) driver.vacate();
  }
}
