import type { Publication } from "../../define/publication.js";
import type { Clock } from "../clock.js";
import type { Committer } from "../committer.js";
import type { EngineLimits } from "../engine.js";
import type { Observers } from "../observers.js";
import type { Turns } from "../turns.js";
import type { ParentStep, StepRecord, WakeRecord } from "../../store/records.js";
import type { Outcome, Write } from "../../store/store.js";
import type { Transport } from "../../transport/transport.js";
import type { CancelReason } from "../6-settle/cancel-reason.js";
import type { Execution } from "./execution.js";
import type { StepLimits } from "./step-limits.js";
import type { LoadedFunction } from "../load-application.js";

/** Writes that someone else planned, and what to do with their outcome once it is durable. */
export interface Plan<Answer> {
  readonly writes: readonly Write[];
  readonly answer: Answer;
  readonly committed: (outcome: Outcome) => void;
}

/** The key by which the store finds a parked wait, and the condition that is left to evaluate. */
export interface WaitIndex {
  readonly matchKey: string;
  readonly condition: string | null;
}

/** The run as its owner knows it. */
export interface LeasedRun {
  readonly id: string;
  readonly epoch: number;
  readonly attempt: number;
  readonly parent: ParentStep | null;
  readonly createdAt: number;
  /** So many of its steps may execute at one time; null where nothing limits that. */
  readonly slots: number | null;
  /** Parsed, as the handler sees them. */
  readonly payloads: readonly unknown[];
}

/** What an execution needs of the rest of the engine. The composition root wires it, so that no stage imports an earlier one. */
export interface ExecuteServices {
  readonly clock: Clock;
  readonly random: () => number;
  readonly committer: Committer;
  readonly turns: Turns;
  readonly limits: EngineLimits;
  readonly retryIntervalMs: number | null;
  readonly transport: Transport;
  readonly stepLimits: StepLimits;
  readonly observers: Pick<Observers, "observe">;

  /** Stages 1 and 2: accepts events and plans the runs that they start. Throws a RuntimeError for a bad event. */
  planEvents(events: readonly unknown[]): Promise<Plan<{ ids: string[] }>>;
  /** Plans a run of one function, whose end resolves `parent`, a step of the function `by`. Throws a RuntimeError. */
  planInvoke(
    functionId: string,
    data: unknown,
    parent: ParentStep,
    meta: unknown,
    by: LoadedFunction,
  ): Promise<Plan<{ runId: string }>>;
  /** How a wait of this run is found by the event that it is for. */
  indexWait(event: string, condition: string | null, runEvent: unknown): WaitIndex;

  /** The first event since `wake.since` that ends this wait, as JSON text; null where there is none. */
  lookBack(wake: WakeRecord & { readonly kind: "event" }): Promise<string | null>;

  /** To those who are subscribed at this moment. */
  publish(publication: Publication, runId: string, functionId: string): void;

  /** An attempt at a step must have ended by then. */
  watchDeadline(dueAt: number): void;
  /** Something went wrong that no journal shows. */
  notice(code: string, message: string, runId: string): void;

  /** The run is marked to be cancelled, in the store: it ends, now or by its owner. */
  carryOutCancel(runId: string): void;

  /** A waiting step of some run has its result, in the store. */
  resolved(step: StepRecord): void;

  /** The handler wants to be looked at before the next commit. */
  collectSoon(execution: Execution): void;
  /** A run has asked for slots, or given some back. */
  slotsChanged(): void;
  /** Stage 6. */
  complete(execution: Execution, output: string): void;
  fail(execution: Execution, error: unknown): void;
  /** It is marked to be cancelled: it ends as soon as no step is executing. */
  cancelled(execution: Execution, reason: CancelReason): void;
  /** The execution waits for others only, or does so no more: a candidate for being let go. */
  idle(execution: Execution, idle: boolean): void;
  /** The execution has ended or been let go; its run is claimable at `queueAt` if that is not null. */
  left(execution: Execution, queueAt: number | null): void;
}
