import type { JournalEntry, RunEnding, RunRecord, WakeRecord } from "../store/records.js";
import type { Outcome, RunFate, RunSnapshot, Store, Transition, WaitCandidate } from "../store/store.js";
import type { PlannedRun } from "./2-match/plan-runs.js";
import type { Claimer } from "./4-queue/claimer.js";
import type { CancelReason } from "./6-settle/cancel-reason.js";
import { Execution } from "./5-execute/execution.js";
import type { ExecuteServices, LeasedRun } from "./5-execute/services.js";
import type { Committer } from "./committer.js";
import { type AcceptedEvent, readPayload } from "./event-record.js";
import type { LiveRuns } from "./live-runs.js";
import type { LoadedApplication, LoadedFunction } from "./load-application.js";
import { messageOf } from "./message-of.js";
import type { ReadyRuns } from "./ready-runs.js";

type Fate = RunFate | { readonly kind: "duplicate"; readonly of: string };

/** A run of a function that is not there is looked at again after that time, in ms. */
const orphanRetryMs = 60_000;
const loadAgainMs = 500;

export interface StarterServices {
  readonly store: Store;
  readonly committer: Committer;
  readonly live: LiveRuns;
  readonly ready: ReadyRuns;
  claimer(): Claimer;
  execute(): ExecuteServices;
  loaded(): LoadedApplication;
  stopped(): boolean;
  /** The end of the run is decided: its rollbacks are to run. */
  rollBack(fn: LoadedFunction, run: LeasedRun, snapshot: RunSnapshot, ending: RunEnding): void;
  /** An event may end waits that are parked. */
  serve(event: AcceptedEvent["record"], candidates: readonly WaitCandidate[]): void;
  /** The run is to be cancelled, since the other one takes its place. */
  supersede(runId: string, by: string): void;
  notice(code: string, message: string): void;
  /** Why the run must not begin; `stored` is its mark. */
  cancelReason(runId: string, stored: string | null): CancelReason | null;
  /** The lease of a run that has not begun is given back. */
  released(runId: string): void;
  /** A new run has to be looked at then. */
  watchDeadline(dueAt: number): void;
  /** The step of a parent run is settled, since its child was not made. */
  childSkipped(run: PlannedRun, firstRunId: string): void;
}

/** Begins what is stored and leased to this process. */
export class Starter {
  #loading = 0;

  constructor(readonly services: StarterServices) {}

  get idle(): boolean {
    return this.#loading === 0;
  }

  /** What a plan has started, once it is stored. */
  committed(events: readonly AcceptedEvent[], runs: readonly PlannedRun[], outcome: Outcome): void {
    const { live, ready } = this.services;
    const taken = (run: PlannedRun): boolean => run.run.owner !== null;
    if (!outcome.ok) return live.expect(-runs.filter(taken).length);
    const fates = this.#readResults(events, outcome);
    const { observe } = this.services.execute().observers;
    if (observe) {
      for (const { record } of events) {
        observe({ kind: "event-received", at: record.receivedAt, eventId: record.id, name: record.name });
      }
    }
    for (const planned of runs) {
      for (const { kind, dueAt } of planned.run.watches) {
        if (kind === "deadline" && dueAt !== null) this.services.watchDeadline(dueAt);
      }
      const fate = fates?.get(planned.run.id) ?? null;
      if (fate !== null && fate.kind !== "leased") {
        if (taken(planned)) live.expect(-1);
        if (fate.kind === "duplicate") this.#noticeSkipped(planned, fate.of);
        else this.services.claimer().expect(planned.run.queueAt);
      } else if (taken(planned)) ready.push(() => this.#begin(planned));
      else this.services.claimer().expect(planned.run.queueAt);
    }
  }

  /** Serves the waits that the events may end; gives the fates of runs that the store has decided about. */
  #readResults(events: readonly AcceptedEvent[], outcome: Outcome & { ok: true }): ReadonlyMap<string, Fate> | null {
    let fates: Map<string, Fate> | null = null;
    for (const result of outcome.results) {
      if (result.kind === "run") {
        const { duplicateOf } = result;
        const fate = duplicateOf === null ? result.fate : ({ kind: "duplicate", of: duplicateOf } as const);
        if (fate) (fates ??= new Map()).set(result.runId, fate);
        if (result.superseded) this.services.supersede(result.superseded, result.runId);
        continue;
      }
      if (result.kind !== "event" || result.candidates.length === 0) continue;
      const event = events.find(({ record }) => record.id === result.eventId);
      if (event) this.services.serve(event.record, result.candidates);
    }
    return fates;
  }

  #noticeSkipped(planned: PlannedRun, first: string): void {
    const { fn, run } = planned;
    this.services.notice(
      "run-skipped",
      `run \`${run.id}\` of \`${fn.fullId}\` is skipped: \`${first}\` was there before`,
    );
    if (run.parent) this.services.childSkipped(planned, first);
  }

  #begin({ fn, run, event, control }: PlannedRun): void {
    this.services.live.expect(-1);
    const slots = control?.line?.slots.some(({ unit }) => unit === "step") ? 1 : null;
    const leased = { id: run.id, epoch: 1, attempt: 0, parent: run.parent, createdAt: run.createdAt, slots };
    // The application may have been replaced since the run was planned.
    const present = this.services.loaded().functions.get(fn.fullId) ?? fn;
    this.#execute(present, { ...leased, payloads: [event.payload] }, [], run.watches, false, null);
  }

  #execute(
    fn: LoadedFunction,
    run: Execution["run"],
    journal: readonly JournalEntry[],
    wakes: readonly WakeRecord[],
    replayed: boolean,
    cancel: string | null,
  ): void {
    const services = this.services.execute();
    const execution = new Execution(services, fn, run, journal, wakes);
    this.services.live.add(execution);
    const reason = this.services.cancelReason(run.id, cancel);
    if (reason) return execution.cancel(reason);
    const { observe } = services.observers;
    if (observe) {
      const { name } = run.payloads[0] as { name: string };
      const where = { at: services.clock.now(), runId: run.id, functionId: fn.fullId };
      observe({ kind: "run-started", ...where, eventName: name, replayed });
    }
    execution.start();
    if (this.services.stopped()) execution.vacate();
  }

  /** Runs that were claimed: loads what they need and begins them. */
  async take(runs: readonly RunRecord[]): Promise<void> {
    const { live, ready } = this.services;
    live.expect(runs.length);
    this.#loading++;
    const snapshots = await this.load(runs);
    this.#loading--;
    for (const snapshot of snapshots) {
      ready.push(() => {
        live.expect(-1);
        const { id, epoch, attempt, parent, createdAt, slots } = snapshot.run;
        const fn = this.services.loaded().functions.get(snapshot.run.functionId);
        if (!fn) return this.#orphan(snapshot.run);
        const payloads = snapshot.events.map(readPayload);
        const run = { id, epoch, attempt, parent, createdAt, slots, payloads };
        const { ending, cancel } = snapshot.run;
        if (ending) return this.services.rollBack(fn, run, snapshot, ending);
        this.#execute(fn, run, snapshot.journal, snapshot.wakes, epoch > 1, cancel);
      });
    }
  }

  /** The runs are leased to this process: it has to load them, however often the store fails. */
  async load(ids: readonly (string | RunRecord)[]): Promise<readonly RunSnapshot[]> {
    for (;;) {
      try {
        return await this.services.store.runs.snapshots(ids);
      } catch (error) {
        this.services.notice("store-trouble", messageOf(error));
        if (this.services.stopped()) return [];
        await new Promise<void>((resolve) => this.services.execute().clock.after(loadAgainMs, resolve));
      }
    }
  }

  /** The application has no such function any more: the run stays, for a deployment that has it. */
  #orphan({ id, epoch, attempt, functionId }: RunRecord): void {
    const queueAt = this.services.execute().clock.now() + orphanRetryMs;
    this.services.notice(
      "unknown-function",
      `run \`${id}\` is of \`${functionId}\`, which the application does not have`,
    );
    const release: Transition = {
      guards: [{ kind: "lease", runId: id, epoch }],
      writes: [{ kind: "release", runId: id, status: "queued", queueAt, attempt }],
    };
    this.services.committer.submit(release, () => {
      this.services.released(id);
      this.services.claimer().expect(queueAt);
    });
  }
}
