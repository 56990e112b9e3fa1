import type { RunSnapshot } from "../../store/store.js";
import type { Clock } from "../clock.js";
import type { Committer } from "../committer.js";

/** So many runs are looked at in one go. */
const largestPage = 500;

export interface DeadlineServices {
  readonly clock: Clock;
  readonly committer: Committer;
  /** Whether a run of the function is late: the decision of the stage before. */
  decide(
    functionId: string,
    run: { readonly startedAt: number | null; readonly startableAt: number },
    now: number,
  ):
    | { readonly kind: "cancels"; readonly timeout: "start" | "finish"; readonly ms: number }
    | { readonly kind: "waits"; readonly dueAt: number | null };
  /** Cancels the run for being late; `stopWatching` goes into the same transition. */
  late(runId: string, timeout: "start" | "finish", ms: number, stopWatching: Watch): Promise<unknown>;
  onTrouble(error: unknown): void;
  /** How long at most until it looks again, whatever the hints were, in ms. */
  readonly reconcileMs: number;
}

type Watch = RunSnapshot["wakes"][number] & { readonly kind: "deadline" };

/** Cancels runs that have not started or not ended in time. What it knows of times is a hint; the store tells the truth. */
export class DeadlineKeeper {
  #timerAt = Number.POSITIVE_INFINITY;
  #cancel: (() => void) | null = null;
  #stopped = true;
  #busy = false;
  #again = false;

  constructor(readonly services: DeadlineServices) {}

  get idle(): boolean {
    return !this.#busy;
  }

  start(): Promise<void> {
    this.#stopped = false;
    return this.#look();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  /** A run has to be looked at then. */
  expect(at: number): void {
    if (this.#stopped || at >= this.#timerAt) return;
    this.#cancel?.();
    this.#timerAt = at;
    this.#cancel = this.services.clock.after(Math.max(0, at - this.services.clock.now()), () => void this.#look());
  }

  async #look(): Promise<void> {
    this.#again = this.#busy;
    if (this.#busy || this.#stopped) return;
    this.#busy = true;
    this.#timerAt = Number.POSITIVE_INFINITY;
    this.#cancel?.();
    this.#cancel = null;
    const { clock, committer, reconcileMs, onTrouble } = this.services;
    let next = clock.now() + reconcileMs;
    try {
      while (!this.#stopped) {
        const ids = await committer.store.runs.overdue(clock.now(), largestPage);
        if (ids.length === 0) break;
        for (const snapshot of await committer.store.runs.snapshots(ids)) await this.#judge(snapshot);
        await committer.settled();
      }
      next = Math.min(next, (await committer.store.runs.nextDeadline()) ?? next);
    } catch (error) {
      onTrouble(error);
      next = clock.now() + tryAgainMs;
    }
    this.#busy = false;
    if (this.#again) return this.#look();
    this.expect(next);
  }

  async #judge({ run, wakes }: RunSnapshot): Promise<void> {
    const { clock, committer, decide, late } = this.services;
    const watch = wakes.find((wake): wake is Watch => wake.kind === "deadline");
    if (!watch) return;
    const facts = { startedAt: run.startedAt, startableAt: watch.createdAt };
    const decision = decide(run.functionId, facts, clock.now());
    if (decision.kind === "cancels") {
      return void (await late(run.id, decision.timeout, decision.ms, { ...watch, dueAt: null }));
    }
    const wake = { ...watch, dueAt: decision.dueAt };
    committer.submit({ guards: [{ kind: "open", runId: run.id }], writes: [{ kind: "wake", wake }] }, () => {});
  }
}

const tryAgainMs = 1_000;
