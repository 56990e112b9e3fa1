import type { Clock } from "./clock.js";

/** What has attempts at steps that may take too long. */
export interface Expiring {
  /** Ends what is due; gives the earliest deadline that is left, or null. */
  expire(now: number): number | null;
}

/**
 * Ends attempts at steps that do not settle in time. One timer for all of them, set for the earliest deadline: a timer
 * for each step would cost W1 more than the step's journal row.
 */
export class StepDeadlines {
  #armedFor = Number.POSITIVE_INFINITY;
  #cancel: () => void = () => {};

  constructor(
    readonly clock: Clock,
    readonly all: () => Iterable<Expiring>,
  ) {}

  /** There is an attempt that ends at `dueAt`. */
  watch(dueAt: number): void {
    if (dueAt >= this.#armedFor) return;
    this.#cancel();
    this.#armedFor = dueAt;
    this.#cancel = this.clock.after(dueAt - this.clock.now(), () => this.#sweep());
  }

  #sweep(): void {
    this.#armedFor = Number.POSITIVE_INFINITY;
    this.#cancel = () => {};
    const now = this.clock.now();
    for (const one of [...this.all()]) {
      const next = one.expire(now);
      if (next !== null) this.watch(next);
    }
  }
}
