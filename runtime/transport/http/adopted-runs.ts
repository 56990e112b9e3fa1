/** Runs that an application has begun by itself, in a request that somebody has sent to it, and of which it reports each step. */
import type { CheckpointOutcome } from "./checkpoints.js";
import type { After } from "./post.js";
import type { RemoteOp } from "./read-answer.js";

/** Operations that were posted together; `answer` lets the application go on. */
export interface Report {
  readonly ops: readonly RemoteOp[];
  readonly answer: (outcome: CheckpointOutcome) => void;
}

/**
 * Why no report comes: `silent`, not within the time given; `crowded`, others need the place; `gone`, nothing of the request counts any
 * more.
 */
export type NoReport = "silent" | "crowded" | "gone";

/** Of which the application says nothing at the moment: a step of each is executing, or its request has died. */
const mostSilent = 500;

export class AdoptedRuns {
  /** The one that has been silent longest comes first. */
  readonly #open = new Map<string, AdoptedRun>();

  constructor(readonly most = mostSilent) {}

  get(runId: string): AdoptedRun | undefined {
    return this.#open.get(runId);
  }

  /** From now on, until it is closed, the run's reports are taken. Beyond the most, the one that has been silent longest gives way. */
  open(runId: string): AdoptedRun {
    const run = new AdoptedRun({
      heard: () => {
        this.#open.delete(runId);
        this.#open.set(runId, run);
      },
      closed: () => void this.#open.delete(runId),
    });
    this.#open.set(runId, run);
    if (this.#open.size > this.most) {
      for (const other of this.#open.values()) if (other !== run && other.giveWay()) break;
    }
    return run;
  }
}

/** One of them: what the application posts, and the execution of the run that takes it. */
export class AdoptedRun {
  #reports: Report[] = [];
  #reader: ((next: Report | NoReport) => void) | null = null;
  #taking: Report | null = null;
  #closed = false;
  #tellClosed!: () => void;
  /** Resolves when it is closed. */
  readonly whenClosed = new Promise<void>((resolve) => (this.#tellClosed = resolve));

  constructor(readonly told: { readonly heard: () => void; readonly closed: () => void }) {}

  /** Resolves when what is reported is stored, or is known not to count. */
  post(ops: readonly RemoteOp[]): Promise<CheckpointOutcome> {
    if (this.#closed) return Promise.resolve("stale");
    this.told.heard();
    return new Promise((resolve) => {
      const report = { ops, answer: resolve };
      if (this.#reader) this.#reader(report);
      else this.#reports.push(report);
    });
  }

  /** The next report, when there is one; the one before has been answered. */
  next(silentMs: number, after: After): Promise<Report | NoReport> {
    if (this.#closed) return Promise.resolve("gone");
    const [first, ...rest] = this.#reports;
    this.#reports = rest;
    if (first) return Promise.resolve((this.#taking = first));
    return new Promise((resolve) => {
      const stop = after(silentMs, () => this.#reader?.("silent"));
      this.#reader = (next) => {
        this.#reader = null;
        stop();
        if (typeof next === "object") this.#taking = next;
        resolve(next);
      };
    });
  }

  /** False where it is not waiting for a report. */
  giveWay(): boolean {
    const waits = this.#reader !== null;
    this.#reader?.("crowded");
    return waits;
  }

  /** What comes from now on, and what has not been answered, does not count. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.told.closed();
    this.#reader?.("gone");
    this.#taking?.answer("stale");
    for (const { answer } of this.#reports) answer("stale");
    this.#reports = [];
    this.#tellClosed();
  }
}
