import type { Application } from "../codegen/application.js";
import type { StepRecord } from "../store/records.js";
import type { Outcome, Store, Write } from "../store/store.js";
import { createRealtime, type Realtime } from "../realtime/realtime.js";
import { Claimer } from "./4-queue/claimer.js";
import { CronTimers } from "./4-queue/cron-timers.js";
import { LeaseKeeper } from "./4-queue/lease-keeper.js";
import { announceSettled } from "./5-execute/announce.js";
import { Execution } from "./5-execute/execution.js";
import { StepLimits } from "./5-execute/step-limits.js";
import { hasToRollBack, mayRollBack, whenFree, whenStill } from "./5-execute/rollback/before-rollback.js";
import type { ExecuteServices, Plan } from "./5-execute/services.js";
import { resolveSkipped } from "./6-settle/resolve-skipped.js";
import { completeRun, type Ending, failRun, type SettleServices } from "./6-settle/settle-run.js";
import { Cancelling } from "./cancelling.js";
import { type Clock, systemClock } from "./clock.js";
import { FlowControl } from "./flow-control.js";
import { Committer } from "./committer.js";
import { createDefaultLogger } from "./default-logger.js";
import type { Engine, EngineOptions, RunResult } from "./engine.js";
import type { AcceptedEvent } from "./event-record.js";
import { Conditions } from "./expressions.js";
import { Intake } from "./intake.js";
import { resolveLimits } from "./limits.js";
import { LiveRuns } from "./live-runs.js";
import { LoadedApplication } from "./load-application.js";
import { messageOf } from "./message-of.js";
import { createIdMaker } from "./new-id.js";
import { Observers } from "./observers.js";
import { Planner } from "./planner.js";
import { ReadyRuns } from "./ready-runs.js";
import { ResultWaiters } from "./result-waiters.js";
import { RollBacks } from "./roll-backs.js";
import { drained } from "./drained.js";
import { RunMetadata } from "./run-metadata.js";
import { SignalSender } from "./signal-sender.js";
import { Starter } from "./starter.js";
import { Transports } from "./transports.js";
import { Turns } from "./turns.js";
import { WaitServer } from "./wait-server.js";

const defaultDrainMs = 10_000;
/** How long a store that others write to, too, is trusted without looking. */
const reconcileMs = { exclusive: 3_600_000, shared: 1_000 };

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
  readonly #transports: Transports;
  readonly #live: LiveRuns;
  readonly #claimer: Claimer;
  readonly #cron: CronTimers;
  readonly #lease: LeaseKeeper;
  readonly #planner: Planner;
  readonly #flow: FlowControl;
  readonly #starter: Starter;
  readonly #rollBacks: RollBacks;
  readonly #conditions: Conditions;
  readonly #waiters = new ResultWaiters();
  readonly #ready: ReadyRuns;
  readonly #observers: Observers;
  readonly #settleServices: SettleServices;
  readonly cancelling: Cancelling;
  readonly realtime: Realtime;
  readonly #waits: WaitServer;
  readonly send: Engine["send"];
  readonly invoke: Engine["invoke"];
  readonly adopt: Engine["adopt"];
  readonly sendSignal: Engine["sendSignal"];
  readonly annotate: Engine["annotate"];
  #execute: ExecuteServices;
  #loaded: LoadedApplication;
  #stopped = false;

  constructor(readonly options: EngineOptions) {
    const clock = options.clock ?? systemClock;
    this.store = options.store;
    this.#clock = clock;
    this.#newId = createIdMaker(clock);
    this.#worker = options.worker ?? this.#newId();
    this.#limits = resolveLimits(options.limits);
    const now = () => clock.now();
    this.realtime = createRealtime({ now, keys: options.http?.signingKeys ?? [] });
    const logger = options.logger ?? createDefaultLogger();
    this.#observers = new Observers(options.observe ?? null, this.realtime.hub, now);
    const { notice } = this.#observers;
    this.#loaded = new LoadedApplication(options.app);
    const trouble = (error: unknown): void => notice("store-trouble", messageOf(error));
    this.#committer = new Committer(options.store, clock, this.#turns, trouble);
    const notes = new RunMetadata(clock, this.#committer, (...told) => notice("metadata-refused", ...told));
    this.annotate = (runId, given) => notes.annotate(runId, given);
    this.#transports = new Transports(options, clock, logger, (runId, given) => notes.keep(runId, given));
    this.#live = new LiveRuns(clock, this.#limits.liveRuns, this.#limits.parkAfterMs);
    this.#ready = new ReadyRuns(() => this.#committer.wake(), this.#live);
    this.#committer.feed({
      begin: () => this.#ready.begin(),
      collect: () => this.#live.collect(),
      hasMore: () => this.#ready.canBegin,
    });
    this.#conditions = new Conditions(
      () => this.#loaded.app,
      now,
      (condition, error) => notice("expression-failed", `\`${condition}\`: ${messageOf(error)}`),
    );
    const base = {
      clock,
      random: options.random ?? Math.random,
      committer: this.#committer,
      retryIntervalMs: options.retryIntervalMs ?? null,
      observers: this.#observers,
    };
    this.#claimer = new Claimer({
      clock,
      committer: this.#committer,
      worker: this.#worker,
      free: () => this.#live.free,
      take: (runs) => void this.#starter.take(runs),
      granted: (runs) => runs.forEach(({ runId, slots }) => this.#live.get(runId)?.slots?.granted(slots)),
      superseded: (runIds) => void this.cancelling.supersede(runIds, null),
      makeRoom: () => this.#live.makeRoom(Math.ceil(this.#limits.liveRuns / 10)),
      onTrouble: trouble,
      reconcileMs: options.store.exclusive ? reconcileMs.exclusive : reconcileMs.shared,
    });
    this.#cron = new CronTimers({
      clock,
      committer: this.#committer,
      planTick: (fn, trigger, tick, startAt) => this.#planner.planTick(fn, trigger.source, tick, startAt),
      notice,
    });
    this.#lease = new LeaseKeeper({
      clock,
      committer: this.#committer,
      worker: this.#worker,
      leaseMs: this.#limits.leaseMs,
      reaped: () => this.#claimer.expect(clock.now()),
    });
    this.#planner = new Planner({
      clock,
      newId: this.#newId,
      worker: this.#worker,
      limits: this.#limits,
      conditions: this.#conditions,
      loaded: () => this.#loaded,
      // A backlog goes first: while there is one, new runs queue behind it.
      free: () => (this.#claimer.backlog || this.#stopped ? 0 : this.#live.free + this.#limits.readyRuns),
      expect: (count) => this.#live.expect(count),
      committed: (events, runs, outcome) => this.#starter.committed(events, runs, outcome),
    });
    this.#flow = new FlowControl({
      store: this.store,
      committer: this.#committer,
      evaluate: (source, event) => this.#conditions.value(source, event),
      now,
    });
    this.#starter = new Starter({
      store: this.store,
      committer: this.#committer,
      live: this.#live,
      ready: this.#ready,
      claimer: () => this.#claimer,
      execute: () => this.#execute,
      loaded: () => this.#loaded,
      stopped: () => this.#stopped,
      rollBack: (fn, run, snapshot, ending) => this.#rollBacks.resume(fn, run, snapshot, ending),
      serve: (event, candidates) => void this.#waits.serve(event, candidates),
      supersede: (runId, by) => void this.cancelling.supersede([runId], by),
      notice,
      cancelReason: (runId, stored) => this.cancelling.canceller.reasonFor(runId, stored),
      released: (runId) => this.cancelling.canceller.released(runId),
      watchDeadline: (dueAt) => this.cancelling.deadlines.expect(dueAt),
      childSkipped: (planned, first) => resolveSkipped(planned, first, this.#settleServices),
    });
    this.#rollBacks = new RollBacks({
      live: this.#live,
      execute: () => this.#execute,
      settle: () => this.#settleServices,
      load: async (runId) => {
        const [snapshot] = await this.#starter.load([runId]);
        return (!this.#stopped && snapshot) || null;
      },
      ended: (execution, ending) => this.#ended(execution, ending),
      stopped: () => this.#stopped,
      cancelChildren: (execution) => this.cancelling.cancelChildren(execution),
    });
    this.#settleServices = {
      ...base,
      planSystemEvent: (name, data, only, muted) => this.#planner.planSystemEvent(name, data, only, muted),
      planDeferral: (deferral, parentFunctionId) => this.#planner.planDeferral(deferral, parentFunctionId),
      parentResolved: (step) => this.#resolved(step),
    };
    this.cancelling = new Cancelling(this.#settleServices, {
      newId: this.#newId,
      reconcileMs: options.store.exclusive ? reconcileMs.exclusive : reconcileMs.shared,
      conditions: this.#conditions,
      loaded: () => this.#loaded,
      live: (runId) => this.#live.get(runId) ?? null,
      ended: (runId, output) => this.#waiters.settle({ runId, status: "cancelled", output }),
      claimable: () => this.#claimer.expect(clock.now()),
      onTrouble: trouble,
    });
    this.#waits = new WaitServer({
      store: this.store,
      committer: this.#committer,
      now,
      holds: (condition, event, async, note) => this.#conditions.holds(condition, event, async, note),
      resolved: (step) => this.#resolved(step),
      cancel: (runId, { id, name }) =>
        this.cancelling.canceller.cancel([runId], { kind: "event", event: name, eventId: id }),
      onTrouble: trouble,
    });
    const signals = new SignalSender({
      clock,
      committer: this.#committer,
      limits: this.#limits,
      stopped: () => this.#stopped,
      resolved: (step) => this.#resolved(step),
    });
    this.sendSignal = (signal, data) => signals.send(signal, data);
    const intake = new Intake({ planner: this.#planner, committer: this.#committer, stopped: () => this.#stopped });
    this.send = (events) => intake.send(events);
    this.invoke = (functionId, data) => intake.invoke(functionId, data);
    this.adopt = (request) => intake.adopt(request);
    this.#execute = {
      ...base,
      turns: this.#turns,
      limits: this.#limits,
      stepLimits: new StepLimits(),
      transport: this.#transports.for(options.app),
      planEvents: (events) => this.#planner.planEvents(events),
      carryOutCancel: (runId) => void this.cancelling.canceller.carryOut(runId),
      planInvoke: (...args) => this.#planner.planInvoke(...args),
      indexWait: (event, condition, runEvent) => this.#planner.indexWait(event, condition, runEvent),
      lookBack: (wake) => this.#waits.lookBack(wake),
      publish: (publication, runId, functionId) =>
        void this.realtime.hub.publish({ kind: "data", ...publication, runId, functionId }),
      watchDeadline: (dueAt) => this.#live.deadlines.watch(dueAt),
      notice,
      resolved: (step) => this.#resolved(step),
      collectSoon: (execution) => {
        this.#live.collectSoon(execution);
        this.#committer.wake();
      },
      slotsChanged: () => this.#claimer.expect(clock.now()),
      complete: (execution, output) => {
        if (!execution.finish()) return;
        whenFree(execution, () => {
          completeRun(execution, output, this.#settleServices, (e) => this.#ended(execution, e));
        });
      },
      fail: (execution, error) => {
        if (!execution.finish()) return;
        if (mayRollBack(execution, error)) return this.#rollBacks.fail(execution, error);
        whenFree(execution, () => {
          failRun(execution, error, this.#settleServices, (e) => this.#ended(execution, e));
        });
      },
      cancelled: (execution, reason) => {
        if (!execution.finish()) return;
        whenStill(execution, () => {
          if (hasToRollBack(execution)) return this.#rollBacks.cancel(execution, reason);
          this.cancelling.end(execution, reason, (e) => this.#ended(execution, e));
        });
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
    if (this.#committer.refused) return true;
    return (
      this.#committer.idle &&
      this.#ready.empty &&
      this.#turns.idle &&
      this.#waits.idle &&
      this.#starter.idle &&
      this.cancelling.idle &&
      !this.#claimer.claiming &&
      this.#live.resting
    );
  }

  async start(): Promise<void> {
    const now = this.#clock.now();
    if (this.store.exclusive) {
      await this.#committer.commit([{ kind: "reap", now, expiredBy: Number.MAX_SAFE_INTEGER }]);
    }
    await this.#lease.start();
    await this.#flow.deploy(this.#loaded);
    for (const { event, path } of await this.store.matches.paths()) this.#loaded.noteWaitPath(event, path);
    await this.#waits.servePending();
    await this.cancelling.start();
    await this.#cron.start(this.#loaded);
    this.#claimer.start();
  }

  result(runId: string, timeoutMs: number): Promise<RunResult | null> {
    return this.#waiters.result(runId, timeoutMs, this.#clock, this.store, () => this.#live.get(runId) !== undefined);
  }

  async replaceApp(app: Application): Promise<void> {
    const loaded = new LoadedApplication(app);
    loaded.inheritWaits(this.#loaded);
    this.#loaded = loaded;
    this.#execute = { ...this.#execute, transport: this.#transports.for(app) };
    for (const execution of [...this.#live.all]) if (!loaded.hasStill(execution.fn)) execution.vacate();
    await this.#claimer.pausedFor(() => this.#flow.deploy(loaded));
    await this.#cron.start(loaded);
  }

  async keepRegistration(appId: string, registration: string | null): Promise<void> {
    await this.#committer.commit([{ kind: "registration", appId, registration }]);
  }

  async stop(drainMs = defaultDrainMs): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#claimer.stop();
    this.#cron.stop();
    this.cancelling.stop();
    // Not begun yet: they go back with the leases.
    this.#ready.clear();
    for (const execution of [...this.#live.all]) execution.vacate();
    await drained(this.#live, this.#clock, drainMs);
    for (const execution of [...this.#live.all]) execution.abandon();
    this.#lease.stop();
    this.#waiters.close();
    this.realtime.hub.close();
    await this.#committer.settled();
    // A store that fails keeps the leases; they end with the process, or run out.
    const retire = this.#committer.commit([{ kind: "retire", owner: this.#worker, now: this.#clock.now() }]);
    await retire.catch((error: unknown) => this.#observers.notice("store-trouble", messageOf(error)));
    this.#committer.close();
  }

  /** As a crash would: nothing more is stored, nothing is given back. For tests. */
  crash(): void {
    this.#stopped = true;
    this.#committer.close();
    this.#ready.clear();
    this.#claimer.stop();
    this.#cron.stop();
    this.cancelling.stop();
    this.#lease.stop();
    for (const execution of [...this.#live.all]) execution.abandon();
  }

  #ended(execution: Execution, ending: Ending): void {
    execution.close();
    if (ending.kind === "ended") this.cancelling.canceller.forget(execution.run.id);
    this.#left(execution, ending.kind === "again" ? ending.queueAt : null);
    if (ending.kind === "ended") {
      this.#waiters.settle({ runId: execution.run.id, status: ending.status, output: ending.output });
    }
  }

  #left(execution: Execution, queueAt: number | null): void {
    this.#live.remove(execution);
    this.cancelling.canceller.released(execution.run.id);
    if (this.#ready.canBegin) this.#committer.wake();
    if (queueAt !== null) this.#claimer.expect(queueAt);
    // Others may have waited for what it has given back.
    if (execution.fn.policies !== null || execution.slots !== null) this.#claimer.expect(this.#clock.now());
    else this.#claimer.roomMade();
  }

  /** Somebody settled a waiting step of that run: tell its handler, or have it claimed. */
  #resolved(step: StepRecord): void {
    announceSettled(this.#execute, this.#live.get(step.runId)?.fn.fullId ?? "", step);
    const live = this.#live.get(step.runId);
    if (live && !live.gone) live.resolved({ ...step, seq: Number.MAX_SAFE_INTEGER });
    else this.#claimer.expect(this.#clock.now());
  }
}
