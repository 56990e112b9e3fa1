import type { Clock } from "../engine/clock.js";

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
}

/** Time that passes only when told to: timers fire in order, each at its own time. */
export class VirtualClock implements Clock {
  #now: number;
  #timers: Timer[] = [];
  #made = 0;

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, fire: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, ms), order: this.#made++, fire };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** When the next timer fires; null when there is none. */
  get nextAt(): number | null {
    return this.#first()?.at ?? null;
  }

  /** Goes to `at`, firing at most one timer that is due by then. True when one fired. */
  step(at: number): boolean {
    const first = this.#first();
    if (!first || first.at > at) {
      this.#now = Math.max(this.#now, at);
      return false;
    }
    this.#now = Math.max(this.#now, first.at);
    this.#timers = this.#timers.filter((other) => other !== first);
    first.fire();
    return true;
  }

  #first(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
    }
    return first;
  }
}
