import type { Write } from "../../store/store.js";
import type { Clock } from "../clock.js";
import type { Committer } from "../committer.js";

export interface LeaseServices {
  readonly clock: Clock;
  readonly committer: Committer;
  readonly worker: string;
  readonly leaseMs: number;
  /** Runs of dead workers have become claimable. */
  reaped(): void;
}

/** Uniqueness rows are swept after so many heartbeats. */
const heartbeatsBetweenSweeps = 12;

/** One row says that this worker lives, for all its runs: a lease costs nothing while it is held. */
export class LeaseKeeper {
  #cancel: (() => void) | null = null;
  #beats = 0;

  constructor(readonly services: LeaseServices) {}

  start(): Promise<void> {
    return new Promise((resolve, reject) => this.#beat(resolve, reject));
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #beat(done: () => void, failed: ((error: Error) => void) | null): void {
    const { clock, committer, worker, leaseMs, reaped } = this.services;
    const now = clock.now();
    const writes: Write[] = [{ kind: "heartbeat", owner: worker, expiresAt: now + leaseMs }];
    if (!committer.store.exclusive) writes.push({ kind: "reap", now, expiredBy: now });
    if (this.#beats++ % heartbeatsBetweenSweeps === 0) writes.push({ kind: "sweep", now });
    committer.submit(
      { guards: [], writes },
      (outcome) => {
        const results = outcome.ok ? outcome.results : [];
        if (results.some((result) => result.kind === "reap" && result.reaped > 0)) reaped();
        done();
      },
      failed,
    );
    this.#cancel = clock.after(leaseMs / 3, () => this.#beat(() => {}, null));
  }
}
