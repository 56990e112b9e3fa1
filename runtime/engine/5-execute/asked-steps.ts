import { StepUseError } from "../../transport/step-errors.js";
import type { StepOp } from "../../transport/step-op.js";
import { PendingStep } from "./pending-step.js";
import { hasLost } from "./race.js";
import { StepKeys } from "./step-keys.js";

/** The steps that a handler has asked for: those that have no result yet, and the keys of all. */
export class AskedSteps {
  readonly #pending = new Map<string, PendingStep>();
  readonly #keys = new StepKeys();
  /** How many it has asked for. */
  count = 0;
  /** Of the pending ones. */
  #races = 0;
  /** The keys of those that lost a race. */
  #cancelled: Set<string> | null = null;

  get pending(): Iterable<PendingStep> {
    return this.#pending.values();
  }
  /** There is one that something outside of the handler can end: a race is ended by the steps of its branches. */
  get any(): boolean {
    return this.#pending.size > this.#races;
  }

  get(key: string): PendingStep | undefined {
    return this.#pending.get(key);
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  /** The key that the next step of that id gets. */
  foresee(id: string): string {
    return this.#keys.foresee(id);
  }

  wasCancelled(key: string): boolean {
    return this.#cancelled !== null && this.#cancelled.has(key);
  }

  /** One more; null where the branch of a race asks that has lost. @throws StepUseError `duplicate-step-id` */
  add(op: StepOp): PendingStep | null {
    if (op.scope && hasLost(op.scope)) {
      // A replay, where it asks before the race is decided, counts it, too.
      this.#keys.next(op.id);
      return null;
    }
    if (this.#pending.has(this.#keys.latest(op.id))) {
      throw new StepUseError("duplicate-step-id", `two steps with the id \`${op.id}\` run at the same time`);
    }
    this.count++;
    const step = new PendingStep(this.#keys.next(op.id), op);
    this.#pending.set(step.key, step);
    if (op.kind === "race") this.#races++;
    return step;
  }

  /** It has its result. */
  remove(step: PendingStep): void {
    if (this.#pending.delete(step.key) && step.kind === "race") this.#races--;
  }

  /** It lost a race. */
  cancel(step: PendingStep): void {
    this.remove(step);
    (this.#cancelled ??= new Set()).add(step.key);
    step.cancel();
  }
}
