import type { EventPayload, ReceivedEventMeta } from "./event-payload.js";

/** Names of the events that the runtime itself sends. */
export enum internalEvents {
  FunctionFailed = "inngest/function.failed",
  FunctionInvoked = "inngest/function.invoked",
  FunctionFinished = "inngest/function.finished",
  FunctionCancelled = "inngest/function.cancelled",
  ScheduledTimer = "inngest/scheduled.timer",
  DeferredSchedule = "inngest/deferred.schedule",
  HttpRequest = "inngest/http.request",
}

export type InvokedName = "inngest/function.invoked";
export type TimerName = "inngest/scheduled.timer";

/** An error in JSON form. */
export interface JsonError {
  name: string;
  message: string;
  error?: string;
  stack?: string;
  cause?: unknown;
}

interface SystemEvent<Name, Data> {
  name: Name;
  data: Data;
  id?: string;
  ts?: number;
  user?: any;
  v?: string;
  meta?: ReceivedEventMeta;
}

export interface FailureData<P> {
  function_id: string;
  run_id: string;
  error: JsonError;
  /** The event that started the failed run. */
  event: P;
  /** All of them, where the run had a batch. */
  events?: P[];
}

interface RunRef<P = EventPayload> {
  function_id: string;
  run_id: string;
  /** Only of an invoked run: the run and the step that wait for it. */
  correlation_id?: string;
  /** The event that started the run. */
  event: P;
  /** All of them, where the run had a batch. */
  events: P[];
}

/** Why a run was cancelled. */
export interface CancelledReason {
  /** `request`, `bulk`, `event` (`cancelOn`), `timeout` (`timeouts`), `parent` (`cancelChildren`), `singleton`. */
  kind: string;
  /** For people. */
  message: string;
}

/** Sent when a run has failed for good. */
export interface FailureEventPayload<P = EventPayload> extends SystemEvent<"inngest/function.failed", FailureData<P>> {}

/** Sent when a run has ended, with its result or its error. */
export interface FinishedEventPayload<P = EventPayload> extends SystemEvent<
  "inngest/function.finished",
  (RunRef<P> & { error: JsonError }) | (RunRef<P> & { result: unknown })
> {}

/** The same for a run that has completed. */
export interface CompletedEventPayload<P = EventPayload> extends SystemEvent<
  "inngest/function.finished",
  RunRef<P> & { result: unknown }
> {}

/** Sent when a run was cancelled. */
export interface CancelledEventPayload<P = EventPayload> extends SystemEvent<
  "inngest/function.cancelled",
  RunRef<P> & { error: JsonError; reason: CancelledReason }
> {}

/** What a function gets that was started with `step.invoke`. */
export interface InvokedEventPayload extends SystemEvent<InvokedName, any> {}

/** What a function gets that was started by its cron trigger. */
export interface ScheduledTimerEventPayload extends SystemEvent<TimerName, { cron: string }> {
  id: string;
}

/** What starts a deferred run. */
export interface DeferredEventPayload<Data = any> extends SystemEvent<"inngest/deferred.schedule", Data> {}

/** The runtime's own events by name, in the shape of an event map. */
export interface InternalEvents {
  "inngest/function.failed": FailureEventPayload;
  "inngest/function.finished": FinishedEventPayload;
  "inngest/function.cancelled": CancelledEventPayload;
  "inngest/function.invoked": InvokedEventPayload;
  "inngest/scheduled.timer": ScheduledTimerEventPayload;
  "inngest/deferred.schedule": DeferredEventPayload;
}

/** What `onFailure` gets on top of the context of its function. */
export interface FailureEventArgs<P = EventPayload> {
  event: FailureEventPayload<P>;
  /** What the last attempt threw. */
  error: Error;
}
