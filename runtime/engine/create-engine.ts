import { internalEvents } from "../define/internal-events.js";
import { ConsoleLogger } from "../define/logger.js";
import type { Application } from "../codegen/application.js";
import type { JournalEntry, ParentStep, RunRecord, StepRecord } from "../store/records.js";
import type { Outcome, Store, Write } from "../store/store.js";
import { createInlineTransport } from "../transport/inline.js";
import { acceptEvents } from "./1-ingest/accept-events.js";
import { matchKeyOf, pathOfMatchKey, valueAt } from "./2-match/match-keys.js";
import { type MatchServices, type PlannedRun, planEvent, planRun } from "./2-match/plan-runs.js";
import { serveWaits } from "./2-match/serve-waits.js";
import { Claimer } from "./4-queue/claimer.js";
import { CronTimers } from "./4-queue/cron-timers.js";
import { LeaseKeeper } from "./4-queue/lease-keeper.js";
import { Execution } from "./5-execute/execution.js";
import type { ExecuteServices, Plan, WaitIndex } from "./5-execute/services.js";
import { completeRun, type Ending, failRun, type SettleServices } from "./6-settle/settle-run.js";
import { type Clock, systemClock } from "./clock.js";
import { Committer } from "./committer.js";
import { type Engine, type EngineOptions, type Happening, RuntimeError, type RunResult } from "./engine.js";
import { type AcceptedEvent, makeEvent, readPayload } from "./event-record.js";
import { Conditions } from "./expressions.js";
import { resolveLimits } from "./limits.js";
import { LiveRuns } from "./live-runs.js";
import { LoadedApplication, type LoadedFunction } from "./load-application.js";
import { createIdMaker } from "./new-id.js";
import { ReadyRuns } from "./ready-runs.js";
import { ResultWaiters } from "./result-waiters.js";
import { Turns } from "./turns.js";

const defaultDrainMs = 10_000;
/** How long a store that others write to, too, is trusted without looking. */
const reconcileMs = { exclusive: 3_600_000, shared: 1_000 };
const pendingPage = 500;

/** Makes the engine. Nothing happens until `start`. @throws RuntimeError `invalid-limit` */
export function createEngine(options: EngineOptions): ComposedEngine {
  return new ComposedEngine(options);
}

/** The composition root of the stages: each gets what it needs of the others as functions. */
export class ComposedEngine implements Engine {
  readonly store: Store;
  readonly #clock: Clock;
  readonly #newId: () => string;
  readonly #worker: string;
  readonly #limits;
  readonly #committer: Committer;
  readonly #turns = new Turns();
  readonly #live: LiveRuns;
  readonly #claimer: Claimer;
  readonly #cron: CronTimers;
  readonly #lease: LeaseKeeper;
  readonly #conditions: Conditions;
  readonly #waiters = new ResultWaiters();
  readonly #ready: ReadyRuns;
  readonly #observe: ((happening: Happening) => void) | null;
  readonly #settleServices: SettleServices;
  #execute: ExecuteServices;
  #loaded: LoadedApplication;
  #starting = 0;
  #stopped = false;

  constructor(readonly options: EngineOptions) {
    const clock = options.clock ?? systemClock;
    const random = options.random ?? Math.random;
    this.store = options.store;
    this.#clock = clock;
    this.#newId = createIdMaker(clock);
    this.#worker = options.worker ?? this.#newId();
    this.#limits = resolveLimits(options.limits);
    this.#observe = options.observe ?? null;
    this.#loaded = new LoadedApplication(options.app);
    const trouble = (error: unknown): void => this.#notice("store-trouble", messageOf(error));
    this.#committer = new Committer(options.store, clock, this.#turns, trouble);
    this.#live = new LiveRuns(clock, this.#limits.liveRuns, this.#limits.parkAfterMs);
    this.#ready = new ReadyRuns(() => this.#committer.wake());
    this.#committer.feed(
      () => {
        this.#ready.begin();
        this.#live.collect();
      },
      () => !this.#ready.empty,
    );
    this.#conditions = new Conditions(
      () => this.#loaded.app,
      () => clock.now(),
      (condition, error) => this.#notice("expression-failed", `\`${condition}\`: ${messageOf(error)}`),
    );
    const base = {
      clock,
      random,
      committer: this.#committer,
      retryIntervalMs: options.retryIntervalMs ?? null,
      observe: this.#observe,
    };
    this.#claimer = new Claimer({
      clock,
      committer: this.#committer,
      worker: this.#worker,
      free: () => this.#live.free,
      take: (runs) => void this.#takeClaimed(runs).catch(trouble),
      makeRoom: () => this.#live.makeRoom(Math.ceil(this.#limits.liveRuns / 10)),
      onTrouble: trouble,
      reconcileMs: options.store.exclusive ? reconcileMs.exclusive : reconcileMs.shared,
    });
    this.#cron = new CronTimers({
      clock,
      committer: this.#committer,
      planTick: (fn, trigger, tick, startAt) => {
        const event = this.#makeSystemEvent(internalEvents.ScheduledTimer, { cron: trigger.source }, tick);
        return this.#plan(event, [planRun(fn, event, null, this.#matchServices(), startAt)]);
      },
    });
    this.#lease = new LeaseKeeper({
      clock,
      committer: this.#committer,
      worker: this.#worker,
      leaseMs: this.#limits.leaseMs,
      reaped: () => this.#claimer.expect(clock.now()),
    });
    this.#settleServices = {
      ...base,
      planSystemEvent: (name, data, only) => this.#planSystemEvent(name, data, only),
      parentResolved: (step) => this.#resolved(step),
    };
    this.#execute = {
      ...base,
      turns: this.#turns,
      limits: this.#limits,
      transport: this.#transport(options.app),
      planEvents: (events) => this.#planEvents(events),
      planInvoke: (functionId, data, parent) => this.#planInvoke(functionId, data, parent),
      indexWait: (event, condition, runEvent) => this.#indexWait(event, condition, runEvent),
      collectSoon: (execution) => {
        this.#live.collectSoon(execution);
        this.#committer.wake();
      },
      complete: (execution, output) => {
        if (execution.finish()) completeRun(execution, output, this.#settleServices, (e) => this.#ended(execution, e));
      },
      fail: (execution, error) => {
        if (execution.finish()) failRun(execution, error, this.#settleServices, (e) => this.#ended(execution, e));
      },
      idle: (execution, idle) => this.#live.idle(execution, idle),
      left: (execution, queueAt) => this.#left(execution, queueAt),
    };
  }

  get app(): Application {
    return this.#loaded.app;
  }

  get load(): { readonly liveRuns: number; readonly runningSteps: number } {
    return { liveRuns: this.#live.count, runningSteps: this.#live.runningSteps };
  }

  /** Nothing is in progress: what is left waits for time, or for events. */
  get idle(): boolean {
    return (
      this.#committer.idle &&
      this.#ready.empty &&
      this.#turns.idle &&
      this.#starting === 0 &&
      !this.#claimer.claiming &&
      this.#live.resting
    );
  }

  async start(): Promise<void> {
    const now = this.#clock.now();
    if (this.store.exclusive) {
      await this.#commit([{ kind: "reap", now, expiredBy: Number.MAX_SAFE_INTEGER }]);
    }
    await this.#lease.start();
    for (const { event, path } of await this.store.matches.paths()) this.#loaded.noteWaitPath(event, path);
    await this.#servePending();
    await this.#cron.start(this.#loaded);
    this.#claimer.start();
  }

  async send(events: readonly unknown[]): Promise<{ ids: string[] }> {
    if (this.#stopped) throw new RuntimeError("stopping", "the runtime is stopping", "send again when it is back");
    const plan = await this.#planEvents(events);
    await this.#commitPlan(plan);
    return plan.answer;
  }

  async invoke(functionId: string, data: unknown): Promise<{ runId: string; eventId: string }> {
    if (this.#stopped) throw new RuntimeError("stopping", "the runtime is stopping", "invoke again when it is back");
    const plan = await this.#planInvoke(functionId, data, null);
    await this.#commitPlan(plan);
    return plan.answer;
  }

  async result(runId: string, timeoutMs: number): Promise<RunResult | null> {
    const waiting = this.#waiters.wait(runId, timeoutMs, this.#clock);
    const run = this.#live.get(runId) ? null : await this.store.runs.get(runId);
    if (run && run.endedAt !== null) this.#waiters.settle(ended(run));
    else if (!run && !this.#live.get(runId)) {
      this.#waiters.forget(runId, waiting);
      // It may have ended between the two looks.
      const again = await this.store.runs.get(runId);
      if (!again) throw new RuntimeError("unknown-run", `there is no run \`${runId}\``, "list the runs to find its id");
      if (again.endedAt !== null) return ended(again);
    }
    return waiting.promise;
  }

  async replaceApp(app: Application): Promise<void> {
    const loaded = new LoadedApplication(app);
    loaded.inheritWaits(this.#loaded);
    this.#loaded = loaded;
    this.#execute = { ...this.#execute, transport: this.#transport(app) };
    for (const execution of [...this.#live.all]) execution.vacate();
    await this.#cron.start(loaded);
    this.#claimer.expect(this.#clock.now());
  }

  async stop(drainMs = defaultDrainMs): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#claimer.stop();
    this.#cron.stop();
    // Not begun yet: they go back with the leases.
    this.#ready.clear();
    for (const execution of [...this.#live.all]) execution.vacate();
    await this.#drained(drainMs);
    for (const execution of [...this.#live.all]) execution.abandon();
    this.#lease.stop();
    this.#waiters.close();
    await this.#committer.settled();
    await this.#commit([{ kind: "retire", owner: this.#worker, now: this.#clock.now() }]);
    this.#committer.close();
  }

  /** As a crash would: nothing more is stored, nothing is given back. For tests. */
  crash(): void {
    this.#stopped = true;
    this.#committer.close();
    this.#ready.clear();
    this.#claimer.stop();
    this.#cron.stop();
    this.#lease.stop();
    for (const execution of [...this.#live.all]) execution.abandon();
  }

  // ── planning ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #matchServices(): MatchServices {
    // A backlog goes first: while there is one, new runs queue behind it.
    const free = this.#claimer.backlog || this.#stopped ? 0 : this.#live.free;
    return {
      app: this.#loaded,
      now: this.#clock.now(),
      newId: this.#newId,
      admission: { worker: this.#worker, free },
      dedupeMs: this.#limits.dedupeMs,
      holds: (condition, event) => this.#conditions.holds(condition, event),
    };
  }

  async #planEvents(given: readonly unknown[]): Promise<Plan<{ ids: string[] }>> {
    const accepted = await acceptEvents(given, {
      limits: this.#limits,
      now: this.#clock.now(),
      newId: this.#newId,
      checkData: (event) => this.#loaded.app.events.validator(event.record.name)?.(event.payload["data"]) ?? null,
    });
    const services = this.#matchServices();
    const writes: Write[] = [];
    const runs: PlannedRun[] = [];
    for (const event of accepted) {
      const planned = planEvent(event, services);
      writes.push(...planned.writes);
      runs.push(...planned.runs);
    }
    this.#expect(runs);
    const answer = { ids: accepted.map(({ record }) => record.id) };
    return { writes, answer, committed: (outcome) => this.#planned(accepted, runs, outcome) };
  }

  async #planInvoke(
    functionId: string,
    data: unknown,
    parent: ParentStep | null,
  ): Promise<Plan<{ runId: string; eventId: string }>> {
    const fn = this.#loaded.function(functionId);
    const problem = await this.#checkInvoke(fn, data);
    if (problem !== null) {
      const message = `the data for \`${fn.fullId}\` does not fit: ${problem}`;
      throw new RuntimeError("schema-mismatch", message, "send what the function's trigger asks for");
    }
    const event = this.#makeSystemEvent(internalEvents.FunctionInvoked, data ?? {}, this.#clock.now());
    const planned = planRun(fn, event, parent, this.#matchServices());
    const answer = { runId: planned.run.id, eventId: event.record.id };
    return { ...this.#plan(event, [planned]), answer };
  }

  /** Invoked data fits when it fits one of the events that the function is for. */
  async #checkInvoke(fn: LoadedFunction, data: unknown): Promise<string | null> {
    let first: string | null = null;
    for (const trigger of fn.triggers) {
      if (trigger.kind !== "event") continue;
      const problem = await (this.#loaded.app.events.validator(trigger.event)?.(data) ?? null);
      if (problem === null) return null;
      first ??= problem;
    }
    return first;
  }

  #makeSystemEvent(name: string, data: unknown, ts: number): AcceptedEvent {
    const making = { limits: this.#limits, now: this.#clock.now(), newId: this.#newId, what: "the event" };
    return makeEvent(name, data, { key: null, ts }, making);
  }

  /** An event of the runtime's own with the runs that it is for. */
  #plan(event: AcceptedEvent, runs: readonly PlannedRun[]): Omit<Plan<null>, "answer"> {
    const writes: Write[] = [{ kind: "event", event: event.record, matchKeys: null }];
    for (const { run, unique } of runs) writes.push({ kind: "run", run, unique });
    this.#expect(runs);
    return { writes, committed: (outcome) => this.#planned([event], runs, outcome) };
  }

  #planSystemEvent(
    name: string,
    data: Readonly<Record<string, unknown>>,
    only: LoadedFunction | null,
  ): Omit<Plan<null>, "answer"> | null {
    if (!only && !this.#loaded.hears(name)) return null;
    const event = this.#makeSystemEvent(name, data, this.#clock.now());
    const services = this.#matchServices();
    const { writes, runs } = planEvent(event, services);
    if (only) {
      const planned = planRun(only, event, null, services);
      runs.push(planned);
      writes.push({ kind: "run", run: planned.run, unique: null });
    }
    this.#expect(runs);
    return { writes, committed: (outcome) => this.#planned([event], runs, outcome) };
  }

  #indexWait(event: string, condition: string | null, runEvent: unknown): WaitIndex {
    if (condition === null) {
      this.#loaded.noteWaitPath(event, "");
      return { matchKey: "", condition: null };
    }
    const { equality } = this.#conditions.compileWait(condition);
    const path = equality?.right.join(".") ?? "";
    const key = equality ? matchKeyOf(path, valueAt(runEvent, equality.left)) : null;
    this.#loaded.noteWaitPath(event, key === null ? "" : path);
    if (key === null) return { matchKey: "", condition };
    return { matchKey: key, condition: equality!.only ? null : condition };
  }

  #expect(runs: readonly PlannedRun[]): void {
    for (const { run } of runs) if (run.owner !== null) this.#live.expect(1);
  }

  // ── what is stored begins ────────────────────────────────────────────────────────────────────────────────────────

  #planned(events: readonly AcceptedEvent[], runs: readonly PlannedRun[], outcome: Outcome | null): void {
    const duplicates = new Set<string>();
    for (const result of outcome?.ok ? outcome.results : []) {
      if (result.kind === "run" && result.duplicateOf !== null) {
        duplicates.add(result.runId);
      } else if (result.kind === "event" && result.candidates.length > 0) {
        const event = events.find(({ record }) => record.id === result.eventId);
        if (event) void this.#serve(event.record, result.candidates);
      }
    }
    if (outcome?.ok && this.#observe) for (const event of events) this.#received(event);
    for (const planned of runs) {
      if (planned.run.owner !== null && !outcome?.ok) this.#live.expect(-1);
      if (!outcome?.ok) continue;
      if (duplicates.has(planned.run.id)) {
        if (planned.run.owner !== null) this.#live.expect(-1);
        const { name, key } = planned.event.record;
        this.#notice(
          "duplicate-event",
          `\`${planned.fn.fullId}\` has run for event \`${name}\` with id \`${key}\` before`,
        );
      } else if (planned.run.owner === null) this.#claimer.expect(planned.run.queueAt);
      else this.#ready.push(() => this.#begin(planned));
    }
  }

  #received({ record }: AcceptedEvent): void {
    this.#observe?.({ kind: "event-received", at: record.receivedAt, eventId: record.id, name: record.name });
  }

  #begin({ fn, run, event }: PlannedRun): void {
    this.#live.expect(-1);
    const leased = { id: run.id, epoch: 1, attempt: 0, parent: run.parent, createdAt: run.createdAt };
    this.#execution(fn, { ...leased, payloads: [event.payload] }, [], [], false);
  }

  #execution(
    fn: LoadedFunction,
    run: Execution["run"],
    journal: readonly JournalEntry[],
    wakes: ConstructorParameters<typeof Execution>[4],
    replayed: boolean,
  ): void {
    const execution = new Execution(this.#execute, fn, run, journal, wakes);
    this.#live.add(execution);
    if (this.#observe) {
      const { name } = run.payloads[0] as { name: string };
      const where = { at: this.#clock.now(), runId: run.id, functionId: fn.fullId };
      this.#observe({ kind: "run-started", ...where, eventName: name, replayed });
    }
    execution.start();
    if (this.#stopped) execution.vacate();
  }

  async #takeClaimed(runs: readonly RunRecord[]): Promise<void> {
    this.#starting++;
    this.#live.expect(runs.length);
    try {
      for (const { run, events, journal, wakes } of await this.store.runs.snapshots(runs.map(({ id }) => id))) {
        const { id, epoch, attempt, parent, createdAt } = run;
        const fn = this.#loaded.functions.get(run.functionId);
        if (!fn) {
          this.#live.expect(-1);
          await this.#orphan(run);
          continue;
        }
        this.#ready.push(() => {
          this.#live.expect(-1);
          const payloads = events.map(readPayload);
          this.#execution(fn, { id, epoch, attempt, parent, createdAt, payloads }, journal, wakes, epoch > 1);
        });
      }
    } finally {
      this.#starting--;
    }
  }

  /** The application has no such function any more: the run stays, for a deployment that has it. */
  async #orphan(run: RunRecord): Promise<void> {
    const queueAt = this.#clock.now() + orphanRetryMs;
    this.#notice(
      "unknown-function",
      `run \`${run.id}\` is of \`${run.functionId}\`, which the application does not have`,
    );
    const release = { kind: "release", runId: run.id, status: "queued", queueAt, attempt: run.attempt } as const;
    await this.#commit([release]);
    this.#claimer.expect(queueAt);
  }

  // ── what ends ────────────────────────────────────────────────────────────────────────────────────────────────────

  #ended(execution: Execution, ending: Ending): void {
    execution.close();
    this.#left(execution, ending.kind === "again" ? ending.queueAt : null);
    if (ending.kind === "ended") {
      this.#waiters.settle({ runId: execution.run.id, status: ending.status, output: ending.output });
    }
  }

  #left(execution: Execution, queueAt: number | null): void {
    this.#live.remove(execution);
    if (queueAt !== null) this.#claimer.expect(queueAt);
    this.#claimer.roomMade();
  }

  /** Somebody settled a waiting step of that run: tell its handler, or have it claimed. */
  #resolved(step: StepRecord): void {
    const { clock } = this.options;
    const now = (clock ?? this.#clock).now();
    this.#observe?.({
      kind: step.status === "completed" ? "step-completed" : "step-failed",
      at: now,
      runId: step.runId,
      functionId: this.#live.get(step.runId)?.fn.fullId ?? "",
      stepKey: step.key,
      tool: step.kind,
      attempt: step.attempt,
      durationMs: step.endedAt - step.startedAt,
      output: step.output,
    });
    const live = this.#live.get(step.runId);
    if (live && !live.gone) live.resolved({ ...step, seq: Number.MAX_SAFE_INTEGER });
    else this.#claimer.expect(now);
  }

  async #serve(record: AcceptedEvent["record"], candidates: Parameters<typeof serveWaits>[1]): Promise<void> {
    this.#starting++;
    try {
      await serveWaits(record, candidates, {
        store: this.store,
        committer: this.#committer,
        now: () => this.#clock.now(),
        holds: (condition, event, async) => this.#conditions.holds(condition, event, async),
        resolved: (step) => this.#resolved(step),
      });
    } catch (error) {
      this.#notice("store-trouble", messageOf(error));
    } finally {
      this.#starting--;
    }
  }

  /** Events whose waits a process that died has not served. */
  async #servePending(): Promise<void> {
    for (;;) {
      const pending = await this.store.matches.pending(pendingPage);
      for (const { event, candidates } of pending) await this.#serve(event, candidates);
      await this.#committer.settled();
      if (pending.length < pendingPage) return;
    }
  }

  async #drained(drainMs: number): Promise<void> {
    if (this.#live.count === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(drainMs, resolve);
      const look = (): void => {
        if (this.#live.count > 0) return void this.#clock.after(drainPollMs, look);
        cancel();
        resolve();
      };
      look();
    });
  }

  #transport(app: Application): ExecuteServices["transport"] {
    return createInlineTransport({
      appId: app.appId,
      now: () => this.#clock.now(),
      logger: this.options.logger ?? new ConsoleLogger(),
    });
  }

  #commitPlan(plan: Plan<unknown>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#committer.submit(
        { guards: [], writes: plan.writes },
        (outcome) => {
          plan.committed(outcome);
          resolve();
        },
        (error) => {
          plan.committed({ ok: false, failed: { kind: "open", runId: "" } });
          reject(error);
        },
      );
    });
  }

  #commit(writes: readonly Write[]): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.#committer.submit({ guards: [], writes }, (outcome) => resolve(outcome), reject);
    });
  }

  #notice(code: string, message: string): void {
    this.#observe?.({ kind: "notice", at: this.#clock.now(), code, message });
  }
}

/** A run of a function that is not there is looked at again after that time, in ms. */
const orphanRetryMs = 60_000;
const drainPollMs = 10;

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function ended({ id, status, output }: RunRecord): RunResult {
  if (status === "queued" || status === "running" || status === "waiting")
    throw new Error("internal error: run is open");
  return { runId: id, status, output };
}
