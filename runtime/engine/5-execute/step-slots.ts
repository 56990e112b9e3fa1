import type { Execution } from "./execution.js";
import type { PendingStep } from "./pending-step.js";

interface Waiting {
  readonly step: PendingStep;
  readonly begin: () => void;
}

/**
 * The slots that a run has for executing steps, where concurrency limits them. The first comes with the lease; for steps
 * beside each other it asks for more, and gives back those that it no longer needs.
 */
export class StepSlots {
  readonly #executing = new Set<PendingStep>();
  readonly #waiting: Waiting[] = [];
  #changed = false;

  constructor(
    readonly execution: Execution,
    /** So many steps may execute. */
    public has: number,
  ) {}

  /** True when the step may execute now; else `begin` is called when it may. */
  take(step: PendingStep, begin: () => void): boolean {
    if (this.#executing.has(step)) return true;
    if (this.#executing.size < this.has) {
      this.#executing.add(step);
      return true;
    }
    this.#waiting.push({ step, begin });
    this.#tellSoon();
    return false;
  }

  /** The step does not execute any more, or wait for it; nothing where it did neither. */
  free(step: PendingStep): void {
    const place = this.#waiting.findIndex((each) => each.step === step);
    if (place >= 0) this.#waiting.splice(place, 1);
    if (!this.#executing.delete(step) && place < 0) return;
    this.#beginWaiting();
    if (this.#needed < this.has) this.#tellSoon();
  }

  /** The store has granted so many. */
  granted(slots: number): void {
    this.has = Math.max(this.has, slots);
    this.#beginWaiting();
    if (this.#needed < this.has) this.#tellSoon();
  }

  get #needed(): number {
    return Math.max(1, this.#executing.size + this.#waiting.length);
  }

  #beginWaiting(): void {
    while (this.#executing.size < this.has && this.execution.receives) {
      const next = this.#waiting.shift();
      if (!next) return;
      if (next.step.cancelled) continue;
      this.#executing.add(next.step);
      next.begin();
    }
  }

  /** Steps that begin together are told together. */
  #tellSoon(): void {
    if (this.#changed) return;
    this.#changed = true;
    queueMicrotask(() => {
      this.#changed = false;
      if (this.execution.running) this.#tell();
    });
  }

  #tell(): void {
    const { services, run, leased } = this.execution;
    const wants = this.#needed;
    if (wants === this.has) return;
    // What is given back is not used from now on, whatever the store says when.
    this.has = Math.min(this.has, wants);
    const write = { kind: "slots", runId: run.id, wants, now: services.clock.now() } as const;
    services.committer.submit({ guards: leased, writes: [write] }, (outcome) => {
      if (outcome.ok) services.slotsChanged();
    });
  }
}
