import { type Deferral, isDeferral, type JournalEntry, type StepRecord, type WakeRecord } from "../../store/records.js";
import type { Guard, Outcome, Write } from "../../store/store.js";
import { StepUseError } from "../../transport/step-errors.js";
import type { StepOp } from "../../transport/step-op.js";
import type { ExecutionHost } from "../../transport/transport.js";
import type { CancelReason } from "../6-settle/cancel-reason.js";
import { failsForGood } from "../6-settle/settle-run.js";
import type { LoadedFunction } from "../load-application.js";
import { writeJson } from "../json.js";
import { DescribedCall } from "./described-call.js";
import { AskedSteps } from "./asked-steps.js";
import { announceSettled } from "./announce.js";
import { pendingDeferrals, RunDeferrals } from "./deferrals.js";
import { leaveBehind } from "./left-behind.js";
import { goesBeyond } from "./goes-beyond.js";
import { RunCompensations } from "./rollback/compensations.js";
import { RunSignal } from "./run-signal.js";
import { RunWaits } from "./run-waits.js";
import { mapStepWakes } from "./step-wakes.js";
import type { PendingStep, Settlement } from "./pending-step.js";
import { ResultOrder, type ResultReceiver } from "./result-order.js";
import type { ExecuteServices, LeasedRun } from "./services.js";
import { expireAttempts } from "./steps/failed-attempt.js";
import { tellRejection, UnheardFailures } from "./unheard-failures.js";
import { RunSize } from "./run-size.js";
import { StepSlots } from "./step-slots.js";
import { beginRace, closeRace } from "./steps/race-step.js";
import { beginStep, continueWake } from "./steps/step-kinds.js";

const never = new Promise<never>(() => {});

/**
 * One live handler of a run and its steps. It lives from start to end of the run, unless it is let go on the way: then
 * another one replays the journal and goes on.
 */
export class Execution implements ExecutionHost, ResultReceiver {
  readonly #asked = new AskedSteps();
  readonly #order: ResultOrder;
  readonly waits: RunWaits;
  /** Of the steps, as this execution found them. */
  readonly wakes: ReadonlyMap<string, WakeRecord>;
  /** Null where nothing limits how many steps execute. */
  readonly slots: StepSlots | null;
  readonly size: RunSize;
  /** The same for every write of this execution, so it is made once. */
  readonly leased: readonly [Guard];
  #deferrals: RunDeferrals | null = null;
  #unheard: UnheardFailures | null = null;
  #executing = 0;
  #phase: "running" | "finished" | "gone" = "running";
  readonly signals = new RunSignal();
  #live: boolean;
  #liveCallback: (() => void) | null = null;
  #goneCallback: (() => void) | null = null;
  /** What would be rolled back; most handlers have nothing. */
  compensations: RunCompensations | null = null;
  /** Told each time when nothing executes any more. */
  onStill: (() => void) | null = null;
  /** Makes it a replay, in which nothing begins: told when the handler has asked for all that is recorded. */
  onReplayed: (() => void) | null = null;

  constructor(
    readonly services: ExecuteServices,
    readonly fn: LoadedFunction,
    readonly run: LeasedRun,
    readonly journal: readonly JournalEntry[],
    wakes: readonly WakeRecord[],
  ) {
    this.#order = new ResultOrder(services.turns, services.clock, this, journal);
    this.wakes = mapStepWakes(wakes);
    this.#live = journal.length === 0 && this.wakes.size === 0;
    this.waits = new RunWaits(this, wakes.length, wakes.length - this.wakes.size);
    if (this.waits.ofRun > 0 && wakes.some(isDeferral)) this.#deferrals = new RunDeferrals(this, wakes);
    this.slots = run.slots === null ? null : new StepSlots(this, run.slots);
    this.leased = [{ kind: "lease", runId: run.id, epoch: run.epoch }];
    this.size = new RunSize(this);
  }

  get runningSteps(): number {
    return this.#executing;
  }
  get hasWakes(): boolean {
    return this.waits.stored > 0;
  }
  get hasWaitingSteps(): boolean {
    return this.waits.stored > this.waits.ofRun;
  }
  /** Most runs defer none. */
  get deferrals(): RunDeferrals {
    return (this.#deferrals ??= new RunDeferrals(this, []));
  }
  get deferred(): readonly Deferral[] {
    return this.#deferrals === null ? pendingDeferrals([]) : this.#deferrals.pending;
  }
  get running(): boolean {
    return this.#phase === "running";
  }
  /** Those that have no result yet. */
  get steps(): Iterable<PendingStep> {
    return this.#asked.pending;
  }
  get gone(): boolean {
    return this.#phase === "gone";
  }
  /** All that it waits for comes from outside: a time, an event, another run. */
  get quiet(): boolean {
    return this.#phase === "running" && this.#asked.any && this.#executing === 0 && this.#order.empty;
  }
  /** Nothing happens in it before some time has passed or something comes from outside. */
  get resting(): boolean {
    return this.quiet || this.#order.inDoubt;
  }
  get live(): boolean {
    return this.#live;
  }
  get fresh(): boolean {
    return this.journal.length === 0 && this.wakes.size === 0 && this.run.attempt === 0;
  }

  /** In place of the handler. */
  drive(work: Promise<unknown>): void {
    const fail = (error: unknown): void => void (this.running && this.services.fail(this, error));
    void work.then((value) => this.#returned(value), fail);
  }

  start(): void {
    if (this.size.counts("")) this.drive(this.services.transport.execute(new DescribedCall(this)));
  }

  // ── what the handler asks ────────────────────────────────────────────────────────────────────────────────────────

  perform(op: StepOp): Promise<unknown> {
    if (this.#phase === "gone" || this.signals.cancelled) return never;
    // What has been executed already is journalled, whoever goes on with the run.
    if (this.waits.leaving && !(op.kind === "run" && op.executed)) return never;
    if (this.#phase === "finished") {
      throw new StepUseError("step-after-end", `step \`${op.id}\` is called after the handler returned`);
    }
    const step = this.#asked.add(op);
    if (!step) return never;
    const { stepsPerRun } = this.services.limits;
    if (this.#asked.count > stepsPerRun) {
      this.services.fail(this, new StepUseError("too-many-steps", `the run has more than ${stepsPerRun} steps`));
      return never;
    }
    if (op.rollback) (this.compensations ??= new RunCompensations()).rollbacks.set(step.key, op.rollback);
    const recorded = this.#order.recorded(step.key);
    const wake = recorded ? undefined : this.wakes.get(step.key);
    if (recorded?.kind === step.kind) this.#order.recall(step, recorded);
    else if (recorded)
      this.diverged(`step \`${step.key}\` was recorded as \`${recorded.kind}\` and is now \`${step.kind}\``);
    else if (wake) this.#order.keepWaiting(() => continueWake(this, step, wake));
    else if (!this.#order.replayed) this.#order.hold(step);
    else this.begin(step);
    if (op.kind === "race") beginRace(this, step, op);
    return step.promise;
  }

  // ── results go back ──────────────────────────────────────────────────────────────────────────────────────────────

  get receives(): boolean {
    return this.#phase === "running" && !this.waits.leaving;
  }

  pending(key: string): PendingStep | undefined {
    return this.#asked.get(key);
  }

  anyPending(): PendingStep | undefined {
    return this.#asked.pending[Symbol.iterator]().next().value;
  }

  begin(step: PendingStep): void {
    if (this.onReplayed) return;
    if (!this.#live) this.#goLive();
    beginStep(this, step);
  }

  replayed(last: JournalEntry): void {
    if (this.onReplayed) return this.onReplayed();
    if (!this.#live && goesBeyond(last, this.wakes)) this.#goLive();
  }

  given(): void {
    if (this.waits.stored > 0 && this.quiet) this.services.collectSoon(this);
  }

  give(step: PendingStep): void {
    const { settlement } = step;
    if (!settlement || step.state === "settled") return;
    if (!this.#live && step.state !== "recorded") this.#goLive();
    this.#asked.remove(step);
    if (step.kind === "race") closeRace(this, step, settlement);
    if (settlement.status === "failed") (this.#unheard ??= new UnheardFailures(this)).hand(step, settlement);
    else step.hand(settlement);
  }

  /** Nobody wants the step's result any more. False when its end is on the way to the journal. */
  cancelStep(step: PendingStep): boolean {
    if (step.submitted || step.settlement) return false;
    // What is on its way to the store cannot be called back: it is stored, then deleted.
    if (step.state === "waiting" && !step.wakeStored) this.waits.store();
    if (step.wakeStored) this.waits.stored--;
    const { deadline } = step;
    this.#asked.cancel(step);
    leaveBehind(this, step, deadline);
    return true;
  }

  /** The step has ended and that is durable. */
  deliver(step: PendingStep, settlement: Settlement): void {
    if (step.settlement) return;
    step.settlement = settlement;
    step.stopTimer();
    if (this.receives) this.#order.deliver(step);
    // Whoever has executed it elsewhere waits until it is stored.
    else if (this.waits.leaving && step.op.kind === "run" && step.op.executed) step.hand(settlement);
  }

  /** Somebody else has ended a waiting step: an event, another run. */
  resolved(entry: JournalEntry): void {
    if (this.#phase === "gone") return;
    if (this.#asked.wasCancelled(entry.key)) return;
    this.waits.stored--;
    if (!this.size.counts(entry.output)) return;
    const step = this.#asked.get(entry.key);
    if (step) this.deliver(step, entry);
    else this.#order.record(entry);
  }

  diverged(detail: string): void {
    this.services.fail(this, new StepUseError("nondeterminism", detail));
  }

  #returned(value: unknown): void {
    if (this.#phase !== "running") return;
    const missed = this.#order.firstNotAsked((key) => this.#asked.has(key))?.key;
    if (missed)
      return this.diverged(`the journal has step \`${missed}\` next, the handler ended without asking for it`);
    try {
      const most = this.services.limits.stepBytes;
      this.services.complete(this, writeJson(value, "the result of the handler", most, this.fn.rich));
      this.#unheard?.tell();
    } catch (error) {
      this.services.fail(this, error);
    }
  }

  // ── what middleware asks ─────────────────────────────────────────────────────────────────────────────────────────

  foresee(id: string): { key: string; recorded: boolean } {
    const key = this.#asked.foresee(id);
    return { key, recorded: this.#order.recorded(key) !== undefined };
  }

  busy<T>(work: () => Promise<T>): Promise<T> {
    if (this.waits.leaving) return never;
    this.enter();
    return work().finally(() => this.leave());
  }

  endsRun(error: unknown): boolean {
    return failsForGood(this.fn, this.run, error);
  }

  whenLive(callback: () => void): void {
    if (this.#live) callback();
    else this.#liveCallback = callback;
  }

  whenGone(callback: () => void): void {
    this.#goneCallback = callback;
  }

  #goLive(): void {
    this.#live = true;
    this.#liveCallback?.();
    this.#liveCallback = null;
  }

  rejectionUnhandled(reason: unknown, inStep: string | null): void {
    tellRejection(this, reason, inStep);
  }

  /** Gives up attempts that take too long. Gives the earliest deadline that is left, or null. */
  expire(now: number): number | null {
    return this.running ? expireAttempts(this, now) : null;
  }

  // ── what the steps use ───────────────────────────────────────────────────────────────────────────────────────────

  /** Counts work in progress: while there is some, the handler is not let go. */
  enter(): void {
    this.#executing++;
  }
  leave(): void {
    this.#executing--;
    if (this.#executing > 0) return;
    if (this.waits.leaving) this.services.collectSoon(this);
    this.onStill?.();
  }

  /** The step has ended: journals it, then gives the result to the handler. `more` is written in the same transition. */
  settle(
    step: PendingStep,
    settlement: Settlement,
    more: readonly Write[] = [],
    then?: (outcome: Outcome) => void,
  ): void {
    if (step.cancelled) return then?.({ ok: false, failed: { kind: "open", runId: this.run.id } });
    this.services.stepLimits.free(this, step);
    step.submitted = true;
    step.deadline = null;
    if (!this.size.counts(settlement.output)) return;
    const hadWake = step.wakeStored;
    const record = step.record(this.run.id, settlement, this.services.clock.now());
    // Somebody else may settle it first; then the delivery comes from there.
    const guards: readonly Guard[] = hadWake
      ? [...this.leased, { kind: "wake", runId: this.run.id, stepKey: step.key }]
      : this.leased;
    const writes: Write[] = [...more, { kind: "step", step: record, settlesWake: hadWake }];
    this.enter();
    this.services.committer.submit({ guards, writes }, (outcome) => {
      this.leave();
      if (!outcome.ok) return outcome.failed.kind === "lease" ? this.abandon() : undefined;
      this.settled(step, record, hadWake);
      then?.(outcome);
    });
  }

  /** The end of the step is stored. */
  settled(step: PendingStep, record: StepRecord, hadWake: boolean): void {
    if (hadWake) this.waits.stored--;
    announceSettled(this.services, this.fn.fullId, record);
    this.compensations?.settled(record);
    this.deliver(step, record);
  }

  /** The step waits: its wake goes into the next commit, together with those of the steps beside it. */
  wait(step: PendingStep, wake: WakeRecord, more: readonly Write[] = [], then?: (outcome: Outcome) => void): void {
    if (step.cancelled) return then?.({ ok: false, failed: { kind: "open", runId: this.run.id } });
    this.services.stepLimits.free(this, step);
    this.waits.add(step, wake, more, then);
  }

  /** Lets it go as soon as no step is executing; the run is replayed elsewhere or later. */
  vacate(): void {
    if (this.#phase === "running") this.waits.vacate();
  }

  /** The run is marked to be cancelled: no step begins any more, running ones are told, and when they are done it ends. */
  cancel(reason: CancelReason): void {
    if (this.#phase !== "running") return;
    this.signals.cancel(reason);
    this.services.cancelled(this, reason);
  }

  // ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The handler has come to an end: no step begins any more. False when it had before. */
  finish(): boolean {
    if (this.#phase !== "running") return false;
    this.#phase = "finished";
    this.waits.forget();
    this.#quieten();
    return true;
  }

  /** The end is stored. */
  close(): void {
    this.#goneCallback = null;
    this.depart();
  }

  /** The lease is lost. */
  abandon(): void {
    // One that has finished hears of it from the commit of its end.
    if (this.#phase !== "running") return;
    this.depart();
    this.signals.abort(new Error("this process may no longer execute the run"));
    this.services.left(this, null);
  }

  /** Nothing of this execution counts any more. */
  depart(): void {
    this.#phase = "gone";
    this.#quieten();
    this.#goneCallback?.();
    this.#goneCallback = null;
  }

  #quieten(): void {
    this.#order.stop();
    for (const step of this.#asked.pending) {
      step.stopTimer();
      if (step.state !== "executing") this.services.stepLimits.free(this, step);
    }
    this.services.idle(this, false);
  }
}
