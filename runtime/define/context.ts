import type { Defer } from "./defer.js";
import type { GroupTools } from "./group-tools.js";
import type {
  CancelledEventPayload,
  CancelledReason,
  CompletedEventPayload,
  FailureEventPayload,
} from "./internal-events.js";
import type { Logger } from "./logger.js";

/** What a handler gets, apart from its events and from what middleware adds. */
export interface RunContext<Step> {
  runId: string;
  step: Step;
  group: GroupTools;
  /** Has a run of another function begin when this one has ended. */
  defer: Defer;
  /** Counts from 0. */
  attempt: number;
  maxAttempts?: number;
  /** Logs each line once, however often the handler is replayed. */
  logger: Logger;
  /** Aborted when the run is cancelled or this process may no longer execute it. */
  signal: AbortSignal;
  /** That all events of the run are in (`meta.sessions`). */
  sessions?: Record<string, string>;
  requestId?: string;
  jobId?: string;
}

/** What a handler gets: `Event` is the union of its triggers' events. */
export interface FunctionContext<Event, Step> extends RunContext<Step> {
  /** The event that started the run; the first one of a batch. */
  event: Event;
  /** All events of the run: more than one where `batchEvents` collects them. */
  events: [Event, ...Event[]];
}

/** What `onCancel` gets: the original event is `event.data.event`. */
export interface CancelContext<Event, Step> extends RunContext<Step> {
  event: CancelledEventPayload<Event>;
  events: [CancelledEventPayload<Event>, ...CancelledEventPayload<Event>[]];
  /** Why the run was cancelled. */
  reason: CancelledReason;
}

/** What `onComplete` gets: the original event is `event.data.event`. */
export interface CompleteContext<Event, Step> extends RunContext<Step> {
  event: CompletedEventPayload<Event>;
  events: [CompletedEventPayload<Event>, ...CompletedEventPayload<Event>[]];
  /** What the handler returned, as JSON. */
  result: unknown;
}

/** What `onFailure` gets: the original event is `event.data.event`. */
export interface FailureContext<Event, Step> extends RunContext<Step> {
  event: FailureEventPayload<Event>;
  events: [FailureEventPayload<Event>, ...FailureEventPayload<Event>[]];
  /** What the last attempt threw. */
  error: Error;
}
