import type { AiTools } from "./ai-tools.js";
import type { SendEventBaseOutput, SendEventPayload } from "./event-payload.js";
import type { InvokeOptions, InvokeResult, InvokeTarget } from "./invoke-types.js";
import type { JsonResult, Jsonify, Resolved } from "./jsonify.js";
import type { RealtimeTools } from "./realtime.js";
import type { StepRace } from "./step-race.js";
import type { StepToolFetch } from "./step-fetch.js";
import type { RunRollback } from "./rollback.js";
import type { AttemptOptions, RunStepOptions, RunStepOptionsOrId, StepOptionsOrId } from "./step-options.js";
import type { PointInTime, Timeout, Wait } from "./time.js";
import type { StepTransaction } from "./transaction.js";
import type { AwaitedEvent, WaitForEventOptions, WaitName } from "./wait-for-event.js";

/** What the callback of `step.run` gets when no input is passed. */
export interface StepRunContext {
  /** Aborted when the attempt takes too long, the run is cancelled or this process may no longer execute it. */
  signal: AbortSignal;
}

export interface WaitForSignalOptions {
  signal: string;
  timeout: Timeout;
  /** What happens to another run that waits for the same signal: it is replaced, or this step fails (default). */
  onConflict?: "replace" | "fail";
}

export interface SendSignalOptions {
  signal: string;
  data?: unknown;
}

export interface SendSignalResponse {
  /** The run that was waiting. */
  runId: string | undefined;
}

/** Runs a callback once and remembers its result. A callback that is `any` gives `any`. */
export interface StepRun {
  // The usual call is decided first, by types in which nothing depends on `T` but the result.
  <T = any>(id: string, fn: (context: StepRunContext) => T): Promise<JsonResult<Resolved<T>>>;
  <T = any>(
    id: string | (RunStepOptions & Partial<RunRollback<T>>),
    fn: (context: StepRunContext) => T,
  ): Promise<JsonResult<Resolved<T>>>;
  <A extends readonly unknown[], T = any>(
    id: RunStepOptionsOrId,
    fn: (...input: A) => T,
    ...input: A
  ): Promise<JsonResult<Resolved<T>>>;
  <T = any>(
    id: StepOptionsOrId,
    options: AttemptOptions & Partial<RunRollback<T>>,
    fn: (context: StepRunContext) => T,
  ): Promise<JsonResult<Resolved<T>>>;
  <A extends readonly unknown[], T = any>(
    id: StepOptionsOrId,
    options: AttemptOptions & Partial<RunRollback<T>>,
    fn: (...input: A) => T,
    ...input: A
  ): Promise<JsonResult<Resolved<T>>>;
}

/**
 * The durable steps of a run. Each has an id; its result is recorded, and a replay of the handler gets the record.
 * `Events` are the events that the client declares.
 */
export interface StepTools<Events> {
  /**
   * Runs `fn` at least once and records what it returns, as JSON; it is retried on its own.
   * Further arguments are passed to `fn`, and shown with the step.
   */
  run: StepRun;

  transaction: StepTransaction;

  race: StepRace;

  /** Waits at least that long, up to 366 days. */
  sleep(id: StepOptionsOrId, time: Wait): Promise<void>;

  /** Waits until then; at once when it has passed. */
  sleepUntil(id: StepOptionsOrId, time: PointInTime): Promise<void>;

  /** The first matching event that is received after this step began, or null at the time-out. */
  waitForEvent<const N extends WaitName<Events>>(
    id: StepOptionsOrId,
    options: WaitForEventOptions<Events, N>,
  ): Promise<AwaitedEvent<Events, N> | null>;

  /** What is sent with the signal, or null at the time-out. One run waits for a signal at a time. */
  waitForSignal<TData = any>(
    id: StepOptionsOrId,
    options: WaitForSignalOptions,
  ): Promise<{ signal: string; data: Jsonify<TData> } | null>;

  sendSignal(id: StepOptionsOrId, options: SendSignalOptions): Promise<SendSignalResponse>;

  /** Runs another function and gives its result; its failure is a `StepError`. */
  invoke<F extends InvokeTarget>(id: StepOptionsOrId, options: InvokeOptions<F>): Promise<InvokeResult<F>>;

  /** Sends events, once. */
  sendEvent(id: StepOptionsOrId, payload: SendEventPayload<Events>): Promise<SendEventBaseOutput>;

  /** A request that the runtime makes, retries and remembers. */
  fetch: StepToolFetch;

  ai: AiTools;

  realtime: RealtimeTools;
}
