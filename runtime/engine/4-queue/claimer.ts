import type { RunRecord } from "../../store/records.js";
import type { Clock } from "../clock.js";
import type { Committer } from "../committer.js";

/** So many runs are leased by one claim. */
const largestClaim = 500;

export interface ClaimerServices {
  readonly clock: Clock;
  readonly committer: Committer;
  readonly worker: string;
  /** How many more runs this process can take. */
  free(): number;
  /** The claimed runs are leased to this worker. */
  take(runs: readonly RunRecord[]): void;
  /** Runs that execute, perhaps elsewhere, have so many slots now. */
  granted(runs: readonly { readonly runId: string; readonly slots: number }[]): void;
  /** Runs are to be cancelled, since others have taken their places. */
  superseded(runIds: readonly string[]): void;
  /** There is more to claim than there is room for. */
  makeRoom(): void;
  onTrouble(error: unknown): void;
  /** How long at most until it looks again, whatever the hints were, in ms. */
  readonly reconcileMs: number;
}

/** Leases runs whose time has come. What it knows of times is a hint; the store tells the truth. */
export class Claimer {
  #timerAt = Number.POSITIVE_INFINITY;
  #cancel: (() => void) | null = null;
  #claiming = false;
  #stopped = true;
  /** So many ask that nothing be claimed. */
  #paused = 0;
  /** More runs wait than there was room for: new ones must not overtake them. */
  #backlog = true;
  /** Something has become claimable since the claim in flight. */
  #again = false;

  constructor(readonly services: ClaimerServices) {}

  get backlog(): boolean {
    return this.#backlog || this.#paused > 0;
  }
  get claiming(): boolean {
    return this.#claiming;
  }

  start(): void {
    this.#stopped = false;
    this.#claim();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  /** Nothing is claimed, and no new run may be started without a claim, while `work` is done. */
  async pausedFor(work: () => Promise<void>): Promise<void> {
    this.#paused++;
    await work().finally(() => this.#paused--);
    this.#claim();
  }

  /** A run may be claimed from then on. */
  expect(at: number): void {
    if (at <= this.services.clock.now()) this.#claim();
    else this.#schedule(at);
  }

  /** There is room for more. */
  roomMade(): void {
    if (this.#backlog) this.#claim();
  }

  #schedule(at: number): void {
    if (this.#stopped || at >= this.#timerAt) return;
    this.#cancel?.();
    this.#timerAt = at;
    this.#cancel = this.services.clock.after(at - this.services.clock.now(), () => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.#cancel = null;
      this.#claim();
    });
  }

  #claim(): void {
    this.#again = this.#claiming;
    if (this.#claiming || this.#stopped || this.#paused > 0) return;
    const limit = Math.min(this.services.free(), largestClaim);
    if (limit <= 0) {
      this.#backlog = true;
      return this.services.makeRoom();
    }
    const { clock, committer, worker } = this.services;
    this.#claiming = true;
    committer.submit({ guards: [], writes: [{ kind: "claim", owner: worker, now: clock.now(), limit }] }, (outcome) => {
      this.#claiming = false;
      const result = outcome.ok ? outcome.results[0] : undefined;
      const claimed = result?.kind === "claim" ? result.claimed : [];
      if (claimed.length > 0) this.services.take(claimed);
      if (result?.kind === "claim") {
        if (result.granted.length > 0) this.services.granted(result.granted);
        if (result.superseded.length > 0) this.services.superseded(result.superseded);
      }
      this.#backlog = claimed.length === limit;
      if (this.#backlog || this.#again) this.#claim();
      else this.#lookAhead();
    });
  }

  #lookAhead(): void {
    const { clock, committer, reconcileMs, onTrouble } = this.services;
    const latest = clock.now() + reconcileMs;
    committer.store.runs.nextQueueAt().then((at) => this.#schedule(Math.min(at ?? latest, latest)), onTrouble);
  }
}
