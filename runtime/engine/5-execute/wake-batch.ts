import type { Outcome, Write } from "../../store/store.js";
import type { PendingStep } from "./pending-step.js";

type Committed = (outcome: Outcome) => void;

/** Steps whose wakes go into the next commit, with what has to be written along with them. */
export class WakeBatch {
  readonly steps: PendingStep[] = [];
  readonly #more: Write[] = [];
  readonly #then: Committed[] = [];

  add(step: PendingStep, more: readonly Write[], then: Committed | undefined): void {
    this.steps.push(step);
    this.#more.push(...more);
    if (then) this.#then.push(then);
  }

  get writes(): Write[] {
    return [...this.#more, ...this.steps.map((step) => ({ kind: "wake", wake: step.wake! }) as const)];
  }

  committed(outcome: Outcome): void {
    for (const then of this.#then) then(outcome);
  }
}

/** What most executions have: nothing new. */
export const noWakeBatch = new WakeBatch();
