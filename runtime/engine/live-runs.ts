import type { Clock } from "./clock.js";
import type { Execution } from "./5-execute/execution.js";
import { StepDeadlines } from "./step-deadlines.js";

/** The handlers that live in this process. */
export class LiveRuns {
  readonly #live = new Map<string, Execution>();
  /** Those that wait for others only, longest first. */
  readonly #idle = new Map<Execution, number>();
  readonly #collect = new Set<Execution>();
  /** Runs that are leased to this process, or on their way to it, and have not begun. */
  #expected = 0;
  #sweeping = false;
  readonly deadlines: StepDeadlines;

  constructor(
    readonly clock: Clock,
    readonly most: number,
    readonly parkAfterMs: number,
  ) {
    this.deadlines = new StepDeadlines(clock, () => this.#live.values());
  }

  get count(): number {
    return this.#live.size;
  }
  /** How many more may be claimed. */
  get free(): number {
    return this.most - this.#live.size - this.#expected;
  }
  get hasRoom(): boolean {
    return this.#live.size < this.most;
  }
  get all(): Iterable<Execution> {
    return this.#live.values();
  }
  get runningSteps(): number {
    let count = 0;
    for (const execution of this.#live.values()) count += execution.runningSteps;
    return count;
  }
  /** No handler has anything to do. */
  get resting(): boolean {
    if (this.#expected > 0 || this.#collect.size > 0) return false;
    for (const execution of this.#live.values()) if (!execution.resting) return false;
    return true;
  }

  get(runId: string): Execution | undefined {
    return this.#live.get(runId);
  }

  expect(count: number): void {
    this.#expected += count;
  }

  add(execution: Execution): void {
    this.#live.set(execution.run.id, execution);
  }

  remove(execution: Execution): void {
    if (this.#live.get(execution.run.id) === execution) this.#live.delete(execution.run.id);
    this.#idle.delete(execution);
    this.#collect.delete(execution);
  }

  collectSoon(execution: Execution): void {
    this.#collect.add(execution);
  }

  /** Before each commit. */
  readonly collect = (): void => {
    if (this.#collect.size === 0) return;
    const all = [...this.#collect];
    this.#collect.clear();
    for (const execution of all) execution.waits.collect();
  };

  idle(execution: Execution, idle: boolean): void {
    if (!idle) this.#idle.delete(execution);
    else if (!this.#idle.has(execution)) {
      this.#idle.set(execution, this.clock.now());
      this.#sweepLater();
    }
  }

  /** Lets the handlers go that have been idle longest. */
  makeRoom(count: number): void {
    for (const execution of [...this.#idle.keys()].slice(0, count)) this.#park(execution);
  }

  #park(execution: Execution): void {
    this.#idle.delete(execution);
    execution.waits.parkSoon();
  }

  #sweepLater(): void {
    if (this.#sweeping) return;
    this.#sweeping = true;
    this.clock.after(this.parkAfterMs, () => {
      this.#sweeping = false;
      const before = this.clock.now() - this.parkAfterMs;
      for (const [execution, since] of [...this.#idle]) if (since <= before) this.#park(execution);
      if (this.#idle.size > 0) this.#sweepLater();
    });
  }
}
