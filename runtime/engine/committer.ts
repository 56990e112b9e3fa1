import type { Clock } from "./clock.js";
import type { Turns } from "./turns.js";
import type { Outcome, Store, Transition, Write } from "../store/store.js";

/** Told once its transition is durable. */
export type Settle = (outcome: Outcome) => void;
/** The same for several that belong together: one outcome for each, in order. */
export type SettleAll = (outcomes: readonly Outcome[]) => void;
/** Told that nothing was stored. Without one, the transitions are tried again until they are. */
export type Refuse = (error: Error) => void;

type Entry =
  | { readonly one: Transition; readonly settle: Settle; readonly refuse: Refuse | null }
  | { readonly one: null; readonly all: readonly Transition[]; readonly settle: SettleAll; readonly refuse: null };

/** What the committer gets its work from, besides those who submit. */
export interface CommitterFeed {
  /** Called once for each commit, with a large one while the store writes the one before it: begins handlers, which submit. */
  begin(): void;
  /** Called before each commit, when none is in flight; may submit. */
  collect(): void;
  /** There is more to begin. */
  hasMore(): boolean;
}

/** The store takes a while to make so many transitions durable. */
const largeBatch = 16;
/** More than this in one transaction delays the first of them without making the rest cheaper. */
const largestBatch = 1_000;
const retryStorageAfterMs = 500;

/**
 * Group commit: one commit is in flight; every transition that arrives meanwhile goes into the next one, across runs.
 */
export class Committer {
  #queue: Entry[] = [];
  #busy = false;
  #refused = false;
  #closed = false;
  #feed: CommitterFeed = { begin() {}, collect() {}, hasMore: () => false };
  #begun = false;
  #whenIdle: (() => void)[] = [];

  constructor(
    readonly store: Store,
    readonly clock: Clock,
    readonly turns: Turns,
    /** Told of each failed commit. */
    readonly onTrouble: (error: Error) => void,
  ) {}

  feed(feed: CommitterFeed): void {
    this.#feed = feed;
  }

  /** Nothing is in flight, or only something that the store has refused and that is tried again later. */
  get idle(): boolean {
    return this.#refused || (!this.#busy && this.#queue.length === 0);
  }

  submit(transition: Transition, settle: Settle, refuse: Refuse | null = null): void {
    this.#queue.push({ one: transition, settle, refuse });
    this.wake();
  }

  /** One transition without guards; rejects when the store refuses it. */
  commit(writes: readonly Write[]): Promise<Outcome> {
    return new Promise((resolve, reject) => this.submit({ guards: [], writes }, resolve, reject));
  }

  /** The transitions stay together, in this order, in one commit. */
  submitAll(transitions: readonly Transition[], settle: SettleAll): void {
    this.#queue.push({ one: null, all: transitions, settle, refuse: null });
    this.wake();
  }

  /** The store has refused the last commit; it is tried again after a while. */
  get refused(): boolean {
    return this.#refused;
  }

  /** Makes a commit happen soon even when nothing has been submitted yet: what feeds it may have something. */
  wake(): void {
    if (this.#busy || this.#closed) return;
    this.#busy = true;
    setImmediate(this.#run);
  }

  /** Resolves when it is idle. */
  settled(): Promise<void> {
    if (this.idle) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  /** After this nothing more is committed; what comes is dropped, as by a crash. */
  close(): void {
    this.#closed = true;
    this.#queue = [];
  }

  readonly #run = (): void => {
    if (!this.#begun) this.#feed.begin();
    this.#begun = false;
    this.#feed.collect();
    const batch = this.#takeBatch();
    if (this.#closed) return this.#rest();
    if (batch.length === 0) return this.#feed.hasMore() ? void setImmediate(this.#run) : this.#rest();
    const transitions: Transition[] = [];
    for (const entry of batch) {
      if (entry.one) transitions.push(entry.one);
      else transitions.push(...entry.all);
    }
    this.store.commit(transitions).then(
      (outcomes) => this.#settle(batch, outcomes),
      (error: unknown) => this.#refuse(batch, error instanceof Error ? error : new Error(String(error))),
    );
    // It is on its way to the disk meanwhile.
    if (transitions.length >= largeBatch) {
      this.#begun = true;
      this.#feed.begin();
    }
  };

  #takeBatch(): Entry[] {
    if (this.#queue.length <= largestBatch) {
      const all = this.#queue;
      this.#queue = [];
      return all;
    }
    return this.#queue.splice(0, largestBatch);
  }

  #settle(batch: readonly Entry[], outcomes: readonly Outcome[]): void {
    if (this.#closed) return this.#rest();
    this.turns.advance();
    let at = 0;
    for (const entry of batch) {
      if (entry.one) entry.settle(outcomes[at++]!);
      else {
        entry.settle(outcomes.slice(at, at + entry.all.length));
        at += entry.all.length;
      }
    }
    // The next turn of the loop, so that what these outcomes set off is in the next commit.
    setImmediate(this.#run);
  }

  #refuse(batch: readonly Entry[], error: Error): void {
    this.onTrouble(error);
    const again: Entry[] = [];
    for (const entry of batch) {
      if (entry.refuse) entry.refuse(error);
      else again.push(entry);
    }
    if (again.length === 0) return this.#run();
    this.#queue = [...again, ...this.#queue];
    this.#refused = true;
    this.#notifyIdle();
    this.clock.after(retryStorageAfterMs, () => {
      this.#refused = false;
      this.#run();
    });
  }

  #rest(): void {
    this.#busy = false;
    this.#notifyIdle();
  }

  #notifyIdle(): void {
    const waiting = this.#whenIdle;
    this.#whenIdle = [];
    for (const resolve of waiting) resolve();
  }
}
