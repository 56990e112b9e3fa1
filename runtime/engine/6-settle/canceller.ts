import { type Deferral, isRunWatch, type JournalEntry, type WakeRecord } from "../../store/records.js";
import type { Guard, Outcome, RunSnapshot, Transition, Write } from "../../store/store.js";
import { readPayload } from "../event-record.js";
import type { LoadedFunction } from "../load-application.js";
import { type CancelReason, readReason, writeReason } from "./cancel-reason.js";
import { cancelRun } from "./cancel-run.js";
import type { SettleServices } from "./settle-run.js";

/** So many marked runs are looked up at a time. */
const markedPage = 500;

export interface CancelServices extends SettleServices {
  /** Null where the application does not have it. */
  fn(functionId: string): LoadedFunction | null;
  /** The live handler of the run, if this process has it. */
  live(runId: string): { cancel(reason: CancelReason): void } | null;
  ended(runId: string, output: string): void;
  /** Steps of that journal have rollbacks, which run before the run ends. */
  rollsBack(journal: readonly JournalEntry[]): boolean;
  /** What the run has deferred and not taken back. */
  pendingDeferrals(wakes: readonly WakeRecord[]): readonly Deferral[];
  /** A run may be claimed now. */
  claimable(): void;
  onTrouble(error: unknown): void;
}

/**
 * Cancels runs in two steps. First the run is marked, which is durable. Then it ends: at once where nobody has it, else by
 * its owner, as soon as no step of it is executing. A process that dies in between leaves the mark to the next one.
 */
export class Canceller {
  /** Marked runs that this process has, or is about to have. */
  readonly #marked = new Map<string, CancelReason>();
  #busy = 0;

  constructor(readonly services: CancelServices) {}

  get idle(): boolean {
    return this.#busy === 0;
  }

  /** Why a run that is about to begin must not; null for nearly all. */
  reasonFor(runId: string, stored: string | null): CancelReason | null {
    if (stored !== null) return readReason(stored);
    return this.#marked.size === 0 ? null : (this.#marked.get(runId) ?? null);
  }

  /**
   * Marks the runs, with `more` in the same transition, and cancels them. Resolves when the marks are durable, with the
   * ids of those that were marked now; null when a guard has failed.
   */
  cancel(
    runIds: readonly string[],
    reason: CancelReason,
    more: { readonly guards?: readonly Guard[]; readonly writes?: readonly Write[] } = {},
  ): Promise<readonly string[] | null> {
    const text = writeReason(reason);
    const marks = runIds.map((runId): Write => ({ kind: "cancel", runId, reason: text }));
    const transition: Transition = { guards: more.guards ?? [], writes: [...marks, ...(more.writes ?? [])] };
    this.#busy++;
    return new Promise((resolve, reject) => {
      this.services.committer.submit(
        transition,
        (outcome) => {
          this.#busy--;
          for (const runId of markedBy(outcome)) void this.carryOut(runId);
          resolve(outcome.ok ? markedBy(outcome) : null);
        },
        (error) => {
          this.#busy--;
          reject(error);
        },
      );
    });
  }

  /** What an earlier process has marked and not ended. */
  async resume(): Promise<void> {
    const marked = await this.services.committer.store.runs.cancelling(markedPage);
    for (const runId of marked) await this.carryOut(runId);
    await this.services.committer.settled();
    if (marked.length === markedPage) await this.resume();
  }

  /** The owner has let the run go. */
  released(runId: string): void {
    if (this.#marked.has(runId)) void this.carryOut(runId);
  }

  /** The run has ended. */
  forget(runId: string): void {
    if (this.#marked.size > 0) this.#marked.delete(runId);
  }

  /** Nobody has the run, and its rollbacks have to run: how it will end is stored, and whoever claims it does the rest. */
  async #rollBack({ run, wakes }: RunSnapshot, output: string): Promise<void> {
    const { clock, committer } = this.services;
    const children = childrenToCancel(wakes);
    if (children.length > 0) await this.cancel(children, { kind: "parent", runId: run.id });
    const ending = { status: "cancelled", output } as const;
    await new Promise<void>((resolve, reject) => {
      committer.submit(
        {
          guards: [{ kind: "unleased", runId: run.id }],
          writes: [{ kind: "ending", runId: run.id, ending, now: clock.now() }],
        },
        (outcome) => {
          if (!outcome.ok) return void this.#carryOut(run.id).then(resolve, reject);
          this.forget(run.id);
          this.services.claimable();
          resolve();
        },
      );
    });
  }

  /** Ends a marked run, or sees to it that its owner does. */
  async carryOut(runId: string): Promise<void> {
    this.#busy++;
    try {
      await this.#carryOut(runId);
    } catch (error) {
      this.services.onTrouble(error);
    } finally {
      this.#busy--;
    }
  }

  async #carryOut(runId: string): Promise<void> {
    const { services } = this;
    const { runs } = services.committer.store;
    const [snapshot] = await runs.snapshots([runId]);
    const mark = snapshot?.run.cancel ?? null;
    // One that is rolled back ends by itself.
    if (!snapshot || mark === null || snapshot.run.ending) return this.forget(runId);
    const { run, events, wakes, journal } = snapshot;
    const reason = readReason(mark);
    if (run.owner !== null) {
      this.#marked.set(runId, reason);
      const live = services.live(runId);
      if (live) return live.cancel(reason);
      // It may have been let go between the two looks; if not, it is noticed when it begins.
      if ((await runs.get(runId))?.owner === null) await this.#carryOut(runId);
      return;
    }
    if (services.rollsBack(journal)) return this.#rollBack(snapshot, mark);
    const payloads = events.map(readPayload);
    const { id, epoch, attempt, parent, createdAt } = run;
    const ending = {
      fn: services.fn(run.functionId) ?? ({ kind: "missing", fullId: run.functionId } as const),
      run: { id, epoch, attempt, parent, createdAt, payloads },
      hasWakes: wakes.length > 0,
      deferred: this.services.pendingDeferrals(wakes),
    };
    const children = childrenToCancel(wakes);
    await new Promise<void>((resolve, reject) => {
      cancelRun(ending, reason, { kind: "unleased", runId }, children, services, (ended, output) => {
        // Else somebody has claimed it since.
        if (!ended) return void this.#carryOut(runId).then(resolve, reject);
        this.forget(runId);
        services.ended(runId, output);
        // It may have held a slot while it slept: who waits for it must not wait for the reconciler.
        services.claimable();
        for (const child of children) void this.carryOut(child);
        resolve();
      });
    });
  }
}

/** The invoked runs that end with the run that waits for them. */
export function childrenToCancel(wakes: Iterable<WakeRecord>): string[] {
  const found: string[] = [];
  for (const wake of wakes) {
    if (!isRunWatch(wake) && wake.kind === "run" && wake.cancelChildren) found.push(wake.childRunId);
  }
  return found;
}

function markedBy(outcome: Outcome): string[] {
  if (!outcome.ok) return [];
  return outcome.results.flatMap((result) => (result.kind === "cancel" && result.marked ? [result.runId] : []));
}
