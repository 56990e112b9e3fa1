import type { CancellationRecord } from "../store/records.js";
import { decideDeadline } from "./3-control/policies/timeouts.js";
import { DeadlineKeeper } from "./4-queue/deadline-keeper.js";
import { pendingDeferrals } from "./5-execute/deferrals.js";
import type { Execution } from "./5-execute/execution.js";
import { isCompensable } from "./5-execute/rollback/compensations.js";
import { childrenOf } from "./5-execute/step-wakes.js";
import { BulkCanceller, type BulkFilter } from "./6-settle/bulk-canceller.js";
import type { CancelReason } from "./6-settle/cancel-reason.js";
import { cancelRun } from "./6-settle/cancel-run.js";
import { Canceller } from "./6-settle/canceller.js";
import { leaseOf } from "./6-settle/end-run.js";
import type { Ending, SettleServices } from "./6-settle/settle-run.js";
import { compileExpression } from "../manifest/expression/compile-expression.js";
import { type CancelAnswer, type CancelManyRequest, type RunCancelling, RuntimeError } from "./engine.js";
import type { Conditions } from "./expressions.js";
import type { LoadedApplication } from "./load-application.js";

export interface CancellingServices {
  readonly newId: () => string;
  readonly conditions: Conditions;
  readonly reconcileMs: number;
  loaded(): LoadedApplication;
  live(runId: string): { cancel(reason: CancelReason): void } | null;
  ended(runId: string, output: string): void;
  /** A run may be claimed now. */
  claimable(): void;
  onTrouble(error: unknown): void;
}

/** Everything that ends runs early: on request, by events, by time limits. */
export class Cancelling implements RunCancelling {
  readonly canceller: Canceller;
  readonly bulk: BulkCanceller;
  readonly deadlines: DeadlineKeeper;

  constructor(
    readonly settle: SettleServices,
    readonly services: CancellingServices,
  ) {
    const { live, ended, claimable, onTrouble, loaded, conditions, reconcileMs } = services;
    const { clock, committer } = settle;
    const fn = (id: string) => loaded().functions.get(id) ?? null;
    this.canceller = new Canceller({
      ...settle,
      fn,
      live,
      ended,
      claimable,
      rollsBack: (journal) => journal.some(isCompensable),
      pendingDeferrals,
      onTrouble,
    });
    this.bulk = new BulkCanceller({
      store: committer.store,
      canceller: this.canceller,
      now: () => clock.now(),
      holds: (condition, event) => conditions.holds(condition, event),
      onTrouble,
    });
    this.deadlines = new DeadlineKeeper({
      clock,
      committer,
      decide: (functionId, run, now) => decideDeadline(fn(functionId)?.config.timeouts ?? {}, run, now),
      late: (runId, timeout, ms, wake) =>
        this.canceller.cancel(
          [runId],
          { kind: "timeout", timeout, ms },
          { guards: [{ kind: "open", runId }], writes: [{ kind: "wake", wake }] },
        ),
      onTrouble,
      reconcileMs,
    });
  }

  get idle(): boolean {
    return this.canceller.idle && this.bulk.idle && this.deadlines.idle;
  }

  /** Goes on with what an earlier process has begun. */
  async start(): Promise<void> {
    await this.canceller.resume();
    const superseded = await this.settle.committer.store.flow.superseded();
    if (superseded.length > 0) await this.supersede(superseded, null);
    await this.bulk.resume();
    await this.deadlines.start();
  }

  stop(): void {
    this.bulk.stop();
    this.deadlines.stop();
  }

  /** The owner ends a marked run. */
  end(ending: Execution, reason: CancelReason, then: (ending: Ending) => void): void {
    const children = childrenOf(ending);
    cancelRun(ending, reason, leaseOf(ending.run), children, this.settle, (ended, output) => {
      then(ended ? { kind: "ended", status: "cancelled", output } : { kind: "lost" });
      if (ended) for (const child of children) void this.canceller.carryOut(child);
    });
  }

  /** Before the rollbacks of a run that is cancelled: the runs that it waits for are cancelled first. */
  async cancelChildren(execution: Execution): Promise<void> {
    const children = childrenOf(execution);
    if (children.length === 0) return;
    const { run } = execution;
    await this.canceller.cancel(children, { kind: "parent", runId: run.id });
  }

  /** Later runs of their singletons have taken the places of these; `by`: which one, where that is known. */
  async supersede(runIds: readonly string[], by: string | null): Promise<void> {
    try {
      await this.canceller.cancel(runIds, { kind: "singleton", runId: by });
    } catch (error) {
      // They stay marked as superseded: the next start cancels them.
      this.services.onTrouble(error);
    }
  }

  async cancel(runId: string): Promise<CancelAnswer> {
    const { runs } = this.settle.committer.store;
    const before = await runs.get(runId);
    if (!before) throw new RuntimeError("unknown-run", `there is no run \`${runId}\``, "list the runs to find its id");
    if (before.endedAt === null) {
      await this.canceller.cancel([runId], { kind: "request" });
      await this.canceller.carryOut(runId);
    }
    const { status, endedAt } = (await runs.get(runId)) ?? before;
    if (endedAt === null) return { runId, status: "cancelling" };
    if (status === "cancelled" && before.endedAt === null) return { runId, status };
    throw new RuntimeError(
      "run-ended",
      `run \`${runId}\` has ended: it is ${status}`,
      "there is nothing left to cancel",
    );
  }

  async cancelMany(request: CancelManyRequest): Promise<CancellationRecord> {
    const filter = this.#readRequest(request);
    const createdAt = this.settle.clock.now();
    const id = this.services.newId();
    const cancellation = { id, ...filter, createdAt, cursor: null, endedAt: null, count: 0 };
    await this.canceller.cancel([], { kind: "request" }, { writes: [{ kind: "cancellation", cancellation }] });
    this.bulk.carryOut(cancellation).catch((error: unknown) => this.services.onTrouble(error));
    return cancellation;
  }

  async count(request: CancelManyRequest): Promise<number> {
    return this.bulk.count(this.#readRequest(request));
  }

  #readRequest(request: CancelManyRequest): BulkFilter {
    const { appId, functionId, startedAfter, startedBefore, if: condition } = request;
    const after = startedAfter ?? null;
    const before = startedBefore ?? null;
    if (after !== null && before !== null && after >= before) {
      throw new RuntimeError(
        "invalid-range",
        "the time range is empty",
        "give a `startedAfter` before `startedBefore`",
      );
    }
    if (condition !== undefined && condition !== null) {
      const compiled = compileExpression(condition, { async: false });
      if (!compiled.ok) {
        throw new RuntimeError("invalid-expression", `\`${condition}\`: ${compiled.message}`, compiled.help);
      }
    }
    const loaded = this.services.loaded();
    const { fullId } = appId === undefined ? loaded.function(functionId) : loaded.functionOf(appId, functionId);
    return { functionId: fullId, startedAfter: after, startedBefore: before, condition: condition ?? null };
  }
}
