/** What the engine offers to the server, the commands, the test kit and the benchmarks. */
import type { Application } from "../codegen/application.js";
import type { Logger } from "../define/logger.js";
import type { Realtime } from "../realtime/realtime.js";
import type { CancellationRecord, EndedRunStatus } from "../store/records.js";
import type { Store } from "../store/store.js";
import type { HttpTransportOptions } from "../transport/http/http-transport.js";
import type { RunNote } from "../transport/run-note.js";
import type { Transport } from "../transport/transport.js";
import type { Clock } from "./clock.js";

export interface EngineOptions {
  readonly store: Store;
  readonly app: Application;
  readonly clock?: Clock;
  /** Numbers in [0, 1), for jitter. */
  readonly random?: () => number;
  /** Names this process among the workers of the store; default: a new one. */
  readonly worker?: string;
  /** Fixes the time between attempts, in ms: for development and tests. */
  readonly retryIntervalMs?: number;
  readonly limits?: Partial<EngineLimits>;
  /** Where `ctx.logger` of functions writes whose client has no `logger`; default: pino, on the error output. */
  readonly logger?: Logger;
  /** Told of everything that happens, after it is durable. Must not throw. */
  readonly observe?: (happening: Happening) => void;
  /** How functions are called that are behind HTTP. */
  readonly http?: Omit<HttpTransportOptions, "now" | "after" | "annotate">;
  /** Puts something around each call of a handler: for the test kit. */
  readonly wrapTransport?: (transport: Transport) => Transport;
}

export interface EngineLimits {
  /** Runs with a live handler at one time; the others wait in the store. Default 2,000. */
  readonly liveRuns: number;
  /** New runs that this process may hold besides, leased and in turn to begin; beyond, they queue. Default 10,000. */
  readonly readyRuns: number;
  /** A handler that only sleeps or waits longer than this is let go and replayed later, in ms. Default 5,000. */
  readonly parkAfterMs: number;
  /** Bytes of an event's JSON. Default 512 KiB, at most 3 MiB. */
  readonly eventBytes: number;
  /** Events a request. Default 5,000. */
  readonly eventsPerRequest: number;
  /** Bytes of a step's JSON result. Default 4 MiB. */
  readonly stepBytes: number;
  /** Steps a run. Default 1,000, at most 100,000. */
  readonly stepsPerRun: number;
  /** Bytes of all step results of a run. Default 32 MiB. */
  readonly runBytes: number;
  /** A `step.transaction` that holds up all commits longer is reported, in ms. Default 50. */
  readonly slowTransactionMs: number;
  /** One that takes longer is taken back, and its attempt has failed, in ms. Default 1,000. */
  readonly transactionMs: number;
  /** How long one attempt at a step may take where neither the step nor its function says, in ms. Default 2 h. */
  readonly stepTimeoutMs: number;
  /** How long an event `id` keeps the same function from starting again, in ms. Default 24 h. */
  readonly dedupeMs: number;
  /** A worker that has not been heard of for so long has lost its runs, in ms. Default 15,000. */
  readonly leaseMs: number;
}

/** Something that happened, for people who watch. All of it is in the store already. */
export type Happening =
  | { readonly kind: "event-received"; readonly at: number; readonly eventId: string; readonly name: string }
  | {
      readonly kind: "run-started";
      readonly at: number;
      readonly runId: string;
      readonly functionId: string;
      readonly eventName: string;
      /** It was continued from its journal by a new handler instance. */
      readonly replayed: boolean;
    }
  | {
      readonly kind: "step-completed" | "step-failed";
      readonly at: number;
      readonly runId: string;
      readonly functionId: string;
      readonly stepKey: string;
      readonly tool: string;
      readonly attempt: number;
      readonly durationMs: number;
      /** JSON text of the result or of the error. */
      readonly output: string;
    }
  | {
      readonly kind: "step-retrying";
      readonly at: number;
      readonly runId: string;
      readonly functionId: string;
      readonly stepKey: string;
      readonly attempt: number;
      readonly error: string;
      readonly nextAt: number;
    }
  | {
      readonly kind: "step-waiting";
      readonly at: number;
      readonly runId: string;
      readonly functionId: string;
      readonly stepKey: string;
      readonly on: "sleep" | "event" | "run" | "signal";
      readonly until: number | null;
    }
  | {
      readonly kind: "run-retrying";
      readonly at: number;
      readonly runId: string;
      readonly functionId: string;
      readonly attempt: number;
      readonly error: string;
      readonly nextAt: number;
    }
  /** How the run will end is decided; the rollbacks of its completed steps run first. */
  | {
      readonly kind: "run-rolling-back";
      readonly at: number;
      readonly runId: string;
      readonly functionId: string;
      readonly status: "failed" | "cancelled";
      /** JSON text of the error, or of the reason. */
      readonly output: string;
    }
  | {
      readonly kind: "run-ended";
      readonly at: number;
      readonly runId: string;
      readonly functionId: string;
      readonly status: EndedRunStatus;
      readonly output: string | null;
    }
  /** A thing that was merged, skipped or could not be done, with the reason. */
  | {
      readonly kind: "notice";
      readonly at: number;
      readonly code: string;
      readonly message: string;
      readonly runId?: string;
    };

export interface RunResult {
  readonly runId: string;
  readonly status: EndedRunStatus;
  /** JSON text: the result, or the serialised error. */
  readonly output: string | null;
}

/** `cancelling`: a step of it is still executing. */
export interface CancelAnswer {
  readonly runId: string;
  readonly status: "cancelled" | "cancelling";
}

/** Times are in ms since 1970 and are compared with when a run was made. */
export interface CancelManyRequest {
  /** Of the function, which may be called over HTTP; where it is given, `functionId` is without this prefix. */
  readonly appId?: string;
  /** With or without the app's prefix. */
  readonly functionId: string;
  /** Only runs made then or later. */
  readonly startedAfter?: number | null;
  /** Only runs made before. */
  readonly startedBefore?: number | null;
  /** CEL over `event`, the run's. */
  readonly if?: string | null;
}

/** Ends runs early, on request. */
export interface RunCancelling {
  /**
   * Cancels the run: resolves when that is durable. It ends between two steps; a running step gets its `signal` aborted.
   * Throws `unknown-run`, and `run-ended` where there is nothing left to cancel.
   */
  cancel(runId: string): Promise<CancelAnswer>;

  /**
   * Cancels all runs of a function, of those that have not ended, that the request means. Resolves when the request is
   * durable; its record says how far it has come. Throws `unknown-function`, `invalid-expression`, `invalid-range`.
   */
  cancelMany(request: CancelManyRequest): Promise<CancellationRecord>;

  /** How many runs `cancelMany` would cancel at this moment. Throws as it does. */
  count(request: CancelManyRequest): Promise<number>;
}

/** A run that an application has begun itself, in a request that somebody has sent to it. */
export interface AdoptedRequest {
  /** With or without the app's prefix. */
  readonly functionId: string;
  /** That the application has given it, unique among all runs. */
  readonly runId: string;
  /** Of the event that the run is for: the request, as the application got it. */
  readonly data: unknown;
}

export interface Engine {
  readonly store: Store;
  readonly app: Application;

  /** Takes over what an earlier process left, starts cron and timers. */
  start(): Promise<void>;

  /**
   * Accepts events: `{ name, data?, id?, ts?, v?, user?, meta? }`, validated here. Resolves when they and the runs that they
   * start are durable. Throws a RuntimeError (`invalid-event`, `event-too-large`, `too-many-events`, `schema-mismatch`, …); then none of them was accepted.
   */
  send(events: readonly unknown[]): Promise<{ ids: string[] }>;

  /** Starts one run of the function (id with or without the app's prefix). Throws `unknown-function`, `schema-mismatch`. */
  invoke(functionId: string, data: unknown): Promise<{ runId: string; eventId: string }>;

  /**
   * Makes the run of a request that an application executes by itself. It begins in this process. Throws `unknown-function`,
   * `run-exists`, `event-too-large`.
   */
  adopt(request: AdoptedRequest): Promise<{ eventId: string }>;

  /**
   * Ends the wait for the signal, once; `runId` is the run that waited, null where none did: a signal is not kept. Resolves when that is
   * durable. Throws `invalid-signal`.
   */
  sendSignal(signal: string, data: unknown): Promise<{ runId: string | null }>;

  /**
   * Notes on a run or on its steps, open or ended. Resolves when they are durable. Throws `unknown-run`, `invalid-metadata` (the kind),
   * `metadata-too-large`; of several notes, those before the one that is too large are stored.
   */
  annotate(runId: string, notes: readonly RunNote[]): Promise<void>;

  /** Waits for the run's end; null after `timeoutMs`. Throws `unknown-run`. */
  result(runId: string, timeoutMs: number): Promise<RunResult | null>;

  readonly cancelling: RunCancelling;

  /** Messages for those who look on, in this process. */
  readonly realtime: Realtime;

  /** Swaps the application (a new build). Live handlers finish their present step and are replayed on the new code; nothing is lost. */
  replaceApp(app: Application): Promise<void>;

  /** Remembers what an application behind HTTP has registered, as JSON text; null: nothing any more. Resolves when that is durable. */
  keepRegistration(appId: string, registration: string | null): Promise<void>;

  /** Number of live handlers, and of those with a step in progress. */
  readonly load: { readonly liveRuns: number; readonly runningSteps: number };

  /**
   * Stops taking runs, lets running steps finish for up to `drainMs`, gives all leases back. What did not finish resumes at the
   * next start. Does not close the store.
   */
  stop(drainMs?: number): Promise<void>;
}

/** A refusal or failure with a stable code and what to do about it. */
export class RuntimeError extends Error {
  override readonly name = "RuntimeError";
  constructor(
    readonly code: string,
    message: string,
    readonly help: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
