import { StepError } from "../../define/errors.js";
import type { JournalEntry, StepRecord, WakeRecord } from "../../store/records.js";
import type { Guard, Outcome, Transition, Write } from "../../store/store.js";
import { StepUseError } from "../../transport/step-errors.js";
import type { StepHost, StepOp } from "../../transport/step-op.js";
import type { LoadedFunction } from "../load-application.js";
import type { Turning } from "../turns.js";
import { noWakeBatch, WakeBatch } from "./wake-batch.js";
import { StepKeys } from "./step-keys.js";
import { PendingStep, type Settlement } from "./pending-step.js";
import { Replay } from "./replay.js";
import type { ExecuteServices } from "./services.js";
import { beginStep, continueWake } from "./steps/step-kinds.js";

/** How long a handler may take between two steps before a replay that does not fit counts as a mismatch, in ms. */
const mismatchGraceMs = 1_000;

const never = new Promise<never>(() => {});

// Most runs are never replayed.
const emptyReplay = new Replay([]);
const noWakes: ReadonlyMap<string, WakeRecord> = new Map();

/** The run as its owner knows it. */
export interface LeasedRun {
  readonly id: string;
  readonly epoch: number;
  readonly attempt: number;
  readonly parent: { readonly runId: string; readonly stepKey: string } | null;
  readonly createdAt: number;
  /** Parsed, as the handler sees them. */
  readonly payloads: readonly unknown[];
}

/**
 * One live handler of a run and its steps. It lives from start to end of the run, unless it is let go on the way: then
 * another one replays the journal and goes on.
 */
export class Execution implements StepHost, Turning {
  readonly #steps = new Map<string, PendingStep>();
  readonly #keys = new StepKeys();
  #replay: Replay;
  readonly #wakes: ReadonlyMap<string, WakeRecord>;
  /** The same for every write of this execution, so it is made once. */
  readonly #leased: readonly [Guard];
  #held: PendingStep[] = [];
  #deliveries: PendingStep[] = [];
  #turn = -1;
  #open = 0;
  #executing = 0;
  #fresh = noWakeBatch;
  #storedWakes = 0;
  #asked = 0;
  #bytes = 0;
  #phase: "running" | "finished" | "gone" = "running";
  #leaving = false;
  #parkNow = false;
  #controller: AbortController | null = null;
  #liveCallback: (() => void) | null = null;
  #cancelGrace: (() => void) | null = null;

  constructor(
    readonly services: ExecuteServices,
    readonly fn: LoadedFunction,
    readonly run: LeasedRun,
    journal: readonly JournalEntry[],
    wakes: readonly WakeRecord[],
  ) {
    this.#replay = journal.length === 0 ? emptyReplay : new Replay(journal);
    this.#wakes = wakes.length === 0 ? noWakes : new Map(wakes.map((wake) => [wake.stepKey, wake]));
    this.#storedWakes = wakes.length;
    this.#leased = [{ kind: "lease", runId: run.id, epoch: run.epoch }];
    for (const entry of journal) this.#bytes += entry.output.length;
  }

  get runningSteps(): number {
    return this.#executing;
  }
  get hasWakes(): boolean {
    return this.#storedWakes > 0;
  }
  get gone(): boolean {
    return this.#phase === "gone";
  }
  /** All that it waits for comes from outside: a time, an event, another run. */
  get quiet(): boolean {
    return (
      this.#phase === "running" &&
      this.#open > 0 &&
      this.#executing === 0 &&
      this.#held.length === 0 &&
      this.#deliveries.length === 0 &&
      this.#replay.done &&
      this.#cancelGrace === null
    );
  }
  /** Nothing happens in it before some time has passed or something comes from outside. */
  get resting(): boolean {
    return this.quiet || this.#cancelGrace !== null;
  }
  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal;
  }

  start(): void {
    const { fn, run, services } = this;
    const self = this;
    let attempt = run.attempt;
    for (const wake of this.#wakes.values()) {
      if (wake.kind === "retry") attempt = Math.max(attempt, wake.failures.length);
    }
    services.transport
      .execute({
        handler: fn.handler,
        host: this,
        runId: run.id,
        functionId: fn.fullId,
        events: run.payloads,
        attempt,
        maxAttempts: fn.retries.limit + 1,
        // Made only when somebody asks: most handlers never do, and one costs more than a step's journal row.
        get signal() {
          return self.signal;
        },
        whenLive: (callback) => {
          if (this.#replay.done) callback();
          else this.#liveCallback = callback;
        },
        error: fn.kind === "failure" ? readFailure(run.payloads[0]) : null,
      })
      .then(
        (value) => this.#returned(value),
        (error: unknown) => this.#threw(error),
      );
  }

  // ── what the handler asks ────────────────────────────────────────────────────────────────────────────────────────

  perform(op: StepOp): Promise<unknown> {
    if (this.#phase === "gone") return never;
    if (this.#phase === "finished") {
      throw new StepUseError("step-after-end", `step \`${op.id}\` is called after the handler returned`);
    }
    if (this.#keys.isOpen(op.id)) {
      throw new StepUseError("duplicate-step-id", `two steps with the id \`${op.id}\` run at the same time`);
    }
    if (++this.#asked > this.services.limits.stepsPerRun) {
      const error = new StepUseError(
        "too-many-steps",
        `the run has more than ${this.services.limits.stepsPerRun} steps`,
      );
      this.services.fail(this, error);
      return never;
    }
    const step = new PendingStep(this.#keys.next(op.id), op);
    this.#steps.set(step.key, step);
    this.#open++;
    const recorded = this.#replay.done ? undefined : this.#replay.get(step.key);
    const wake = recorded ? undefined : this.#wakes.get(step.key);
    if (recorded) this.#recall(step, recorded);
    else if (wake) continueWake(this, step, wake);
    else if (!this.#replay.done) this.#hold(step);
    else beginStep(this, step);
    return step.promise;
  }

  #hold(step: PendingStep): void {
    this.#held.push(step);
    this.services.turns.later(this);
  }

  #recall(step: PendingStep, entry: JournalEntry): void {
    if (entry.kind !== step.kind) {
      return this.#diverge(`step \`${step.key}\` was recorded as \`${entry.kind}\` and is now \`${step.kind}\``);
    }
    step.state = "recorded";
    step.settlement = entry;
    this.services.turns.later(this);
  }

  // ── results go back, one a turn ──────────────────────────────────────────────────────────────────────────────────

  onTurn(): void {
    if (this.#phase === "gone") return;
    this.#turn = this.services.turns.number;
    const entry = this.#replay.current;
    if (entry) this.#giveRecorded(entry);
    else if (this.#held.length > 0) this.#beginHeld();
    else this.#giveNext();
  }

  #giveRecorded(entry: JournalEntry): void {
    const step = this.#steps.get(entry.key);
    if (!step) return this.#expect(entry);
    this.#stopGrace();
    this.#replay.advance();
    if (this.#replay.done) this.#goLive();
    this.#give(step);
    this.services.turns.later(this);
  }

  #goLive(): void {
    this.#liveCallback?.();
    this.#liveCallback = null;
  }

  #beginHeld(): void {
    const held = this.#held;
    this.#held = [];
    for (const step of held) beginStep(this, step);
    if (this.#deliveries.length > 0) this.services.turns.later(this);
  }

  #giveNext(): void {
    const step = this.#deliveries.shift();
    if (step) this.#give(step);
    if (this.#deliveries.length > 0) this.services.turns.later(this);
    else this.#lookAround();
  }

  #give(step: PendingStep): void {
    const { settlement } = step;
    if (!settlement || step.state === "settled") return;
    step.state = "settled";
    step.stopTimer();
    this.#open--;
    this.#keys.close(step.op.id);
    this.#steps.delete(step.key);
    if (settlement.status === "completed") {
      step.resolve(step.kind === "sleep" ? undefined : JSON.parse(settlement.output));
      return;
    }
    // A step that nobody awaits must not end the process.
    step.promise.catch(() => {});
    step.reject(new StepError(step.op.id, JSON.parse(settlement.output)));
  }

  /** The step has ended and that is durable. */
  deliver(step: PendingStep, settlement: Settlement): void {
    if (this.#phase !== "running" || step.settlement) return;
    step.settlement = settlement;
    step.stopTimer();
    const { turns } = this.services;
    const mayGiveNow =
      this.#turn !== turns.number && this.#deliveries.length === 0 && this.#held.length === 0 && this.#replay.done;
    if (!mayGiveNow) {
      this.#deliveries.push(step);
      turns.later(this);
      return;
    }
    this.#turn = turns.number;
    this.#give(step);
    this.#lookAround();
  }

  /** Somebody else has ended a waiting step: an event, another run. */
  resolved(entry: JournalEntry): void {
    if (this.#phase === "gone") return;
    this.#storedWakes--;
    const step = this.#steps.get(entry.key);
    if (step) return this.deliver(step, entry);
    // Asked for later, as if it had been in the journal from the beginning.
    if (this.#replay === emptyReplay) this.#replay = new Replay([]);
    this.#replay.add(entry);
  }

  // ── what does not fit the journal ────────────────────────────────────────────────────────────────────────────────

  /** The journal has `entry` next, and the handler has not asked for it. It may be busy between two steps: wait a little. */
  #expect(entry: JournalEntry): void {
    const stuck = this.#held.length > 0 || this.#open > 0;
    if (!stuck || this.#cancelGrace) return;
    this.#cancelGrace = this.services.clock.after(mismatchGraceMs, () => {
      this.#cancelGrace = null;
      if (this.#phase !== "running") return;
      if (this.#replay.current !== entry || this.#steps.has(entry.key)) return this.services.turns.later(this);
      const asked = this.#held[0] ?? this.#steps.values().next().value;
      this.#diverge(`the journal has step \`${entry.key}\` next, the handler asked for \`${asked?.key ?? "nothing"}\``);
    });
  }

  #stopGrace(): void {
    this.#cancelGrace?.();
    this.#cancelGrace = null;
  }

  #diverge(detail: string): void {
    this.services.fail(this, new StepUseError("nondeterminism", detail));
  }

  #returned(value: unknown): void {
    if (this.#phase !== "running") return;
    const missed = this.#replay.firstNotAsked((key) => this.#keys.has(key));
    if (missed) {
      return this.#diverge(`the journal has step \`${missed.key}\` next, the handler ended without asking for it`);
    }
    let output: string;
    try {
      output = JSON.stringify(value) ?? "null";
    } catch (error) {
      const detail = `the handler's result cannot be written as JSON: ${(error as Error).message}`;
      return this.services.fail(this, new StepUseError("step-not-serializable", detail));
    }
    const { stepBytes } = this.services.limits;
    if (output.length > stepBytes) {
      const detail = `the handler's result has ${output.length} bytes, the limit is ${stepBytes}`;
      return this.services.fail(this, new StepUseError("step-result-too-large", detail));
    }
    this.services.complete(this, output);
  }

  #threw(error: unknown): void {
    if (this.#phase === "running") this.services.fail(this, error);
  }

  // ── what the steps use ───────────────────────────────────────────────────────────────────────────────────────────

  /** Counts work in progress: while there is some, the handler is not let go. */
  enter(): void {
    this.#executing++;
  }
  leave(): void {
    this.#executing--;
    if (this.#executing === 0 && this.#leaving) this.services.collectSoon(this);
  }

  /** The step has ended: journals it, then gives the result to the handler. `more` is written in the same transition. */
  settle(
    step: PendingStep,
    settlement: Settlement,
    more: readonly Write[] = [],
    then?: (outcome: Outcome) => void,
  ): void {
    const { clock, limits, observe } = this.services;
    this.#bytes += settlement.output.length;
    if (this.#bytes > limits.runBytes) {
      const detail = `the step results of the run have ${this.#bytes} bytes, the limit is ${limits.runBytes}`;
      return this.services.fail(this, new StepUseError("run-too-large", detail));
    }
    const hadWake = step.wakeStored;
    const record: StepRecord = {
      runId: this.run.id,
      key: step.key,
      kind: step.kind,
      name: step.op.name,
      status: settlement.status,
      output: settlement.output,
      attempt: settlement.status === "failed" ? step.failures.length - 1 : step.failures.length,
      failures: step.failures,
      startedAt: step.startedAt,
      endedAt: clock.now(),
    };
    // Somebody else may settle it first; then the delivery comes from there.
    const guards: readonly Guard[] = hadWake
      ? [...this.#leased, { kind: "wake", runId: this.run.id, stepKey: step.key }]
      : this.#leased;
    const writes: Write[] = [...more, { kind: "step", step: record, settlesWake: hadWake }];
    this.enter();
    this.services.committer.submit({ guards, writes }, (outcome) => {
      this.leave();
      if (!outcome.ok) return outcome.failed.kind === "lease" ? this.abandon() : undefined;
      if (hadWake) this.#storedWakes--;
      observe?.({
        kind: settlement.status === "completed" ? "step-completed" : "step-failed",
        at: record.endedAt,
        runId: this.run.id,
        functionId: this.fn.fullId,
        stepKey: step.key,
        tool: step.kind,
        attempt: record.attempt,
        durationMs: record.endedAt - record.startedAt,
        output: settlement.output,
      });
      then?.(outcome);
      this.deliver(step, settlement);
    });
  }

  /** The step waits: its wake goes into the next commit, together with those of the steps beside it. */
  wait(step: PendingStep, wake: WakeRecord, more: readonly Write[] = [], then?: (outcome: Outcome) => void): void {
    step.state = "waiting";
    step.wake = wake;
    if (this.#fresh === noWakeBatch) this.#fresh = new WakeBatch();
    this.#fresh.add(step, more, then);
    this.services.collectSoon(this);
  }

  // ── letting go ───────────────────────────────────────────────────────────────────────────────────────────────────

  #lookAround(): void {
    if (this.#storedWakes > 0 && this.quiet) this.services.collectSoon(this);
  }

  /** The next commit lets it go, if it only waits by then. */
  parkSoon(): void {
    this.#parkNow = true;
    this.services.collectSoon(this);
  }

  /** Lets it go as soon as no step is executing; the run is replayed elsewhere or later. */
  vacate(): void {
    if (this.#phase !== "running") return;
    this.#leaving = true;
    this.services.collectSoon(this);
  }

  /** Before a commit: stores new wakes, and lets the handler go in the same transition where nothing will happen soon. */
  collect(): void {
    if (this.#phase !== "running") return;
    const { services } = this;
    const parks = this.quiet && (this.#leaving || this.#shouldPark());
    const goes = parks || (this.#leaving && this.#executing === 0);
    this.#parkNow = false;
    services.idle(this, this.quiet && !goes);
    const fresh = this.#fresh;
    if (fresh === noWakeBatch && !goes) return;
    this.#fresh = noWakeBatch;
    const stored = this.#storedWakes;
    for (const step of fresh.steps) {
      if (!step.wakeStored) this.#storedWakes++;
      step.wakeStored = true;
    }
    if (goes) return this.#release(parks, stored, fresh);
    services.committer.submit({ guards: this.#leased, writes: fresh.writes }, (outcome) => {
      if (!outcome.ok) return this.abandon();
      this.#waiting(fresh, outcome);
      for (const step of fresh.steps) this.arm(step);
    });
  }

  #waiting(fresh: WakeBatch, outcome: Outcome): void {
    fresh.committed(outcome);
    for (const step of fresh.steps) this.#announce(step);
  }

  /** `stored` wakes must still be there: one that was settled meanwhile would otherwise never be noticed. */
  #release(parks: boolean, stored: number, fresh: WakeBatch): void {
    const { run, services } = this;
    const now = services.clock.now();
    const transition = (
      status: "waiting" | "queued",
      queueAt: number | null,
      guards: readonly Guard[],
    ): Transition => ({
      guards: [...this.#leased, ...guards],
      writes: [...fresh.writes, { kind: "release", runId: run.id, status, queueAt, attempt: run.attempt }],
    });
    const queueAt = parks ? this.#earliest() : now;
    const wakes: Guard[] = parks && stored > 0 ? [{ kind: "wakes", runId: run.id, count: stored }] : [];
    this.#depart();
    services.committer.submit(transition(parks ? "waiting" : "queued", queueAt, wakes), (outcome) => {
      if (outcome.ok) {
        this.#waiting(fresh, outcome);
        return services.left(this, queueAt);
      }
      if (outcome.failed.kind === "lease") return services.left(this, null);
      services.committer.submit(transition("queued", now, []), (again) => {
        if (again.ok) this.#waiting(fresh, again);
        services.left(this, now);
      });
    });
  }

  /** When something that it waits for ends by itself; null when nothing does. */
  #earliest(): number | null {
    let earliest: number | null = null;
    for (const { wake } of this.#steps.values()) {
      if (wake?.dueAt != null && (earliest === null || wake.dueAt < earliest)) earliest = wake.dueAt;
    }
    return earliest;
  }

  #shouldPark(): boolean {
    if (this.#parkNow) return true;
    const { clock, limits } = this.services;
    const horizon = clock.now() + limits.parkAfterMs;
    let retries = false;
    for (const { wake } of this.#steps.values()) {
      if (wake === null) return false;
      // A retry replays the handler, so that `attempt` is right in it.
      if (wake.kind === "retry") retries = true;
      else if (wake.kind !== "sleep" || wake.dueAt <= horizon) return retries;
    }
    return true;
  }

  #announce({ key, wake }: PendingStep): void {
    const { observe, clock } = this.services;
    if (!observe || !wake) return;
    const where = { at: clock.now(), runId: this.run.id, functionId: this.fn.fullId, stepKey: key };
    if (wake.kind === "retry") {
      const { attempt, error } = wake.failures.at(-1)!;
      observe({ kind: "step-retrying", ...where, attempt, error, nextAt: wake.dueAt });
    } else observe({ kind: "step-waiting", ...where, on: wake.kind, until: wake.dueAt });
  }

  /** Sets the timer of a step that stays in memory. */
  arm(step: PendingStep): void {
    const { wake } = step;
    if (!wake || wake.dueAt === null || step.settlement || this.#phase !== "running") return;
    step.cancelTimer = this.services.clock.after(wake.dueAt - this.services.clock.now(), () => {
      step.cancelTimer = null;
      if (this.#phase === "running" && !step.settlement && !this.#leaving) continueWake(this, step, wake);
    });
  }

  /** The handler has come to an end: no step begins any more. False when it had before. */
  finish(): boolean {
    if (this.#phase !== "running") return false;
    this.#phase = "finished";
    this.#fresh = noWakeBatch;
    this.#quieten();
    return true;
  }

  /** The end is stored. */
  close(): void {
    this.#depart();
  }

  /** The lease is lost: nothing of this execution counts any more. */
  abandon(): void {
    // One that has finished hears of it from the commit of its end.
    if (this.#phase !== "running") return;
    this.#depart();
    this.#controller?.abort(new Error("this process may no longer execute the run"));
    this.services.left(this, null);
  }

  #depart(): void {
    this.#phase = "gone";
    this.#quieten();
  }

  #quieten(): void {
    this.#stopGrace();
    for (const step of this.#steps.values()) step.stopTimer();
    this.services.idle(this, false);
  }
}

function readFailure(event: unknown): Error {
  const data = (event as { data?: { error?: unknown } } | null)?.data;
  return new StepError("", data?.error);
}
