import type { Clock } from "../engine/clock.js";

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
}

export interface ClockBranch extends Clock {
  end(): void;
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
    return this.#add({ at: this.#now + Math.max(0, ms), order: this.#made++, fire });
  }

  /** The same time, with timers that all go when it ends: the clock of one process. */
  branch(): ClockBranch {
    const own = new Map<Timer, () => void>();
    let ended = false;
    return {
      now: () => this.#now,
      after: (ms, fire) => {
        if (ended) return () => {};
        let cancel = (): void => {};
        const remove = (): void => {
          own.delete(timer);
          cancel();
        };
        const timer: Timer = {
          at: this.#now + Math.max(0, ms),
          order: this.#made++,
          fire: () => {
            own.delete(timer);
            fire();
          },
        };
        cancel = this.#add(timer);
        own.set(timer, cancel);
        return remove;
      },
      end: () => {
        ended = true;
        for (const cancel of own.values()) cancel();
        own.clear();
      },
    };
  }

  #add(timer: Timer): () => void {
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
