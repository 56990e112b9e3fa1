import type { WakeRecord } from "../../store/records.js";
import type { Guard, Outcome, Transition, Write } from "../../store/store.js";
import { announceWake } from "./announce.js";
import type { Execution } from "./execution.js";
import { earliestDue, mayPark } from "./parking.js";
import type { PendingStep } from "./pending-step.js";
import { continueWake } from "./steps/step-kinds.js";
import { noWakeBatch, WakeBatch } from "./wake-batch.js";

/**
 * What the steps of one execution wait for: their wakes on the way to the store, their timers, and the decision to let
 * the handler go when nothing will happen soon.
 */
export class RunWaits {
  #fresh = noWakeBatch;
  #parkNow = false;
  #leaving = false;
  /** Waits that have looked back; the store does not know that yet. */
  #looked: PendingStep[] | null = null;

  constructor(
    readonly execution: Execution,
    /** Wakes in the store, or on their way there. */
    public stored: number,
    /** Of these, what belongs to the run as a whole. */
    public ofRun: number,
  ) {}

  /** One more that lasts as long as the run is on its way to the store. */
  keep(): void {
    this.stored++;
    this.ofRun++;
  }

  /** The handler is let go as soon as no step is executing: it gets nothing any more. */
  get leaving(): boolean {
    return this.#leaving;
  }

  /** The step's wake goes into the next commit, together with those of the steps beside it. */
  add(step: PendingStep, wake: WakeRecord, more: readonly Write[], then?: (outcome: Outcome) => void): void {
    step.state = "waiting";
    step.wake = wake;
    if (this.#fresh === noWakeBatch) this.#fresh = new WakeBatch();
    this.#fresh.add(step, more, then);
    this.#collectSoon();
  }

  /** The same in a transition of its own, where its outcome matters: `then` is told and has to call `parked` or `refused`. */
  addAlone(step: PendingStep, write: Write, then: (outcome: Outcome & { ok: true }) => void): void {
    const { execution } = this;
    step.state = "executing";
    // Counted from now on, so that a race that cancels it deletes the wake.
    step.wakeStored = true;
    this.stored++;
    execution.enter();
    execution.services.committer.submit({ guards: execution.leased, writes: [write] }, (outcome) => {
      if (outcome.ok) then(outcome);
      else execution.abandon();
      execution.leave();
      if (execution.running) this.#collectSoon();
    });
  }

  /** The handler is not let go before that. */
  hold(work: Promise<void>): void {
    const { execution } = this;
    execution.enter();
    void work.finally(() => {
      execution.leave();
      if (execution.running) this.#collectSoon();
    });
  }

  /** Its wake is in the store; the time-out is still to be armed. */
  parked(step: PendingStep, wake: WakeRecord): void {
    if (step.cancelled) return;
    step.state = "waiting";
    step.wake = wake;
    announceWake(this.execution.services, this.execution.fn.fullId, wake);
  }

  /** What the run has received before has been looked through, for an event that ends the wait: there was none. */
  looked(step: PendingStep, wake: WakeRecord & { readonly kind: "event" }): void {
    const { since: _, ...rest } = wake;
    step.wake = rest;
    (this.#looked ??= []).push(step);
    if (rest.dueAt !== null && rest.dueAt <= this.execution.services.clock.now())
      continueWake(this.execution, step, rest);
    else this.arm(step);
  }

  /** Its wake was not stored. */
  refused(step: PendingStep): void {
    if (step.cancelled) return;
    this.stored--;
    step.wakeStored = false;
  }

  /** What is not on its way to the store yet does not count any more. */
  forget(): void {
    this.#fresh = noWakeBatch;
  }

  /** The next commit lets the handler go, if it only waits by then. */
  parkSoon(): void {
    this.#parkNow = true;
    this.#collectSoon();
  }

  /** Lets the handler go as soon as no step is executing; the run is replayed elsewhere or later. */
  vacate(): void {
    this.#leaving = true;
    this.#collectSoon();
  }

  #collectSoon(): void {
    this.execution.services.collectSoon(this.execution);
  }

  /** Before a commit: stores new wakes, and lets the handler go in the same transition where nothing will happen soon. */
  collect(): void {
    if (!this.execution.running) return;
    const { services, quiet, steps, runningSteps } = this.execution;
    // Who only waits holds no slot, and who has a handler holds one.
    const holdsSlot = this.execution.slots !== null;
    const parks =
      quiet &&
      (this.#leaving
        ? this.#onlyWaits
        : this.#parkNow ||
          (holdsSlot && this.#onlyWaits) ||
          mayPark(steps, services.clock.now() + services.limits.parkAfterMs));
    const goes = parks || (this.#leaving && runningSteps === 0);
    this.#parkNow = false;
    services.idle(this.execution, quiet && !goes);
    const fresh = this.#fresh;
    const { stored } = this;
    if (!goes) return this.store();
    this.#fresh = noWakeBatch;
    this.#count(fresh);
    this.#release(parks, stored, fresh);
  }

  #count(fresh: WakeBatch): void {
    for (const step of fresh.steps) {
      if (!step.wakeStored) this.stored++;
      step.wakeStored = true;
    }
  }

  /** Stores new wakes now. */
  store(): void {
    const fresh = this.#fresh;
    if (fresh === noWakeBatch) return;
    this.#fresh = noWakeBatch;
    this.#count(fresh);
    const { services } = this.execution;
    services.committer.submit({ guards: this.execution.leased, writes: fresh.writes }, (outcome) => {
      if (!outcome.ok) return this.execution.abandon();
      this.#committed(fresh, outcome);
      for (const step of fresh.steps) this.arm(step);
    });
  }

  /** A step whose result came too late to be given out has no wake any more: parked on it, the run would never go on. */
  get #onlyWaits(): boolean {
    for (const { kind, wake, settlement } of this.execution.steps) {
      if (settlement !== null || (wake === null && kind !== "race")) return false;
      // It has not looked back yet: the next handler does.
      if (wake?.kind === "event" && wake.since !== undefined) return false;
    }
    return true;
  }

  #committed(fresh: WakeBatch, outcome: Outcome): void {
    const { services, fn } = this.execution;
    fresh.committed(outcome);
    for (const { wake } of fresh.steps) if (wake) announceWake(services, fn.fullId, wake);
  }

  /** `stored` wakes must still be there: one that was settled meanwhile would otherwise never be noticed. */
  #release(parks: boolean, stored: number, fresh: WakeBatch): void {
    const { run, services, leased, steps } = this.execution;
    const now = services.clock.now();
    const transition = (
      status: "waiting" | "queued",
      queueAt: number | null,
      guards: readonly Guard[],
      more: readonly Write[],
    ): Transition => ({
      guards: [...leased, ...guards],
      writes: [...fresh.writes, ...more, { kind: "release", runId: run.id, status, queueAt, attempt: run.attempt }],
    });
    const queueAt = parks ? earliestDue(steps) : now;
    // Parked, it has been looked through: a replay need not do it again. The guard knows that these wakes are still there.
    const looked: Write[] = parks ? (this.#looked?.flatMap(wakeLeft) ?? []) : [];
    const wakes: Guard[] = parks && stored > 0 ? [{ kind: "wakes", runId: run.id, count: stored }] : [];
    this.execution.depart();
    services.committer.submit(transition(parks ? "waiting" : "queued", queueAt, wakes, looked), (outcome) => {
      if (outcome.ok) {
        this.#committed(fresh, outcome);
        return services.left(this.execution, queueAt);
      }
      if (outcome.failed.kind === "lease") return services.left(this.execution, null);
      services.committer.submit(transition("queued", now, [], []), (again) => {
        if (again.ok) this.#committed(fresh, again);
        services.left(this.execution, now);
      });
    });
  }

  /** Sets the timer of a step that stays in memory. */
  arm(step: PendingStep): void {
    const { wake } = step;
    const { execution } = this;
    if (!wake || wake.dueAt === null || step.settlement || step.cancelled || !execution.running) return;
    const { clock } = execution.services;
    step.cancelTimer = clock.after(wake.dueAt - clock.now(), () => {
      step.cancelTimer = null;
      if (execution.running && !step.settlement && !this.#leaving) continueWake(execution, step, wake);
    });
  }
}

/** The wake as it is now, where the step still has one. */
function wakeLeft({ wake, settlement, cancelled }: PendingStep): Write[] {
  return wake && !settlement && !cancelled ? [{ kind: "wake", wake }] : [];
}
