import type { Execution } from "./execution.js";
import type { PendingStep } from "./pending-step.js";

interface Waiting {
  readonly execution: Execution;
  readonly step: PendingStep;
  readonly most: number;
  readonly begin: () => void;
}

interface Key {
  readonly executing: Set<PendingStep>;
  readonly waiting: Waiting[];
}

/**
 * Limits of single steps, `step.run({ id, limit: { key, concurrency } }, fn)`: so many with the same key execute at one time
 * in this process, the longest waiting first. They need no row: what a process was executing ends with it, and a step that
 * waited asks again when its run is replayed. A step that waits keeps its handler, and takes no slot of its function. One that executes
 * counts until its body ends, also where its run has ended before.
 */
export class StepLimits {
  readonly #keys = new Map<string, Key>();

  /** True when the step may execute now, or has no limit; else `begin` is called when it may. */
  take(execution: Execution, step: PendingStep, begin: () => void): boolean {
    const { limit } = step.op;
    if (!limit) return true;
    const name = nameOf(execution, step);
    let key = this.#keys.get(name);
    if (!key) this.#keys.set(name, (key = { executing: new Set(), waiting: [] }));
    if (key.executing.has(step)) return true;
    if (key.executing.size < limit.concurrency) {
      key.executing.add(step);
      return true;
    }
    key.waiting.push({ execution, step, most: limit.concurrency, begin });
    // It is not let go meanwhile: nothing but this process would wake it.
    execution.enter();
    return false;
  }

  /** The step executes no more, or waits no more for its turn: under its own limit, and under its function's. */
  free(execution: Execution, step: PendingStep): void {
    execution.slots?.free(step);
    if (!step.op.limit) return;
    const name = nameOf(execution, step);
    const key = this.#keys.get(name);
    if (!key) return;
    const place = key.waiting.findIndex((each) => each.step === step);
    if (place >= 0) {
      key.waiting.splice(place, 1);
      execution.leave();
    }
    if (key.executing.delete(step)) this.#beginNext(key);
    if (key.executing.size === 0 && key.waiting.length === 0) this.#keys.delete(name);
  }

  #beginNext({ executing, waiting }: Key): void {
    for (;;) {
      const place = waiting.findIndex(({ most }) => executing.size < most);
      const [next] = place < 0 ? [] : waiting.splice(place, 1);
      if (!next) return;
      executing.add(next.step);
      next.begin();
      next.execution.leave();
    }
  }
}

/** Shared by all that give the same key; without one, by this step in all runs of the function. */
function nameOf({ fn }: Execution, { op }: PendingStep): string {
  return op.limit?.key ?? `${fn.fullId}\n${op.id}`;
}
