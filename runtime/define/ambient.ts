import type { AsyncContext } from "./async-context.js";
import type { AnyEvents } from "./event-map.js";
import type { EventPayload, SendEventBaseOutput } from "./event-payload.js";
import type { GroupTools } from "./group-tools.js";
import type { PlacedNote } from "./note.js";
import type { Publication } from "./publication.js";
import type { Listener } from "./realtime-connection.js";
import type { StepTools } from "./step-tools.js";

/** An event that has been checked and completed: what leaves the client. */
export interface PreparedEvent extends EventPayload {
  id: string;
  ts: number;
  data: any;
}

export interface EndedRun {
  status: "completed" | "failed" | "cancelled" | "skipped";
  output: unknown;
}

export interface TopicName {
  readonly channel: string;
  readonly name: string;
}

/** Answers requests of a runtime for an application that is served. */
export type RequestHandler = (
  request: Request,
  platform: { env?: Record<string, string | undefined> | undefined; args: readonly unknown[]; url: URL },
) => Promise<Response>;

/**
 * What the runtime lends to definitions in its own process. The engine fills it; with `send` in place, `client.send`
 * makes no HTTP request.
 */
export interface Ambient {
  /** Takes events that are checked; resolves after the commit. `env` is the caller's, if any. */
  send?:
    | ((
        events: readonly (Omit<PreparedEvent, "id"> & { id: string | undefined })[],
        options?: { env?: string },
      ) => Promise<SendEventBaseOutput>)
    | undefined;
  /** Starts a run of a function by its full id. */
  invoke?: ((functionId: string, data: unknown) => Promise<{ runId: string }>) | undefined;
  /** Waits for the end of a run; null after `waitMs`. `output` is the result, or the error in JSON form. */
  result?: ((runId: string, waitMs: number) => Promise<EndedRun | null>) | undefined;
  /** Ends the wait for a signal; gives the run that waited. */
  sendSignal?: ((signal: string, data: unknown) => Promise<string | undefined>) | undefined;
  /** Notes something on a run or on a step of it. */
  annotate?: ((note: PlacedNote) => Promise<void>) | undefined;
  /** Brings a message to those who are subscribed at this moment. */
  publish?: ((publication: Publication, runId: string | undefined) => void) | undefined;
  /** From now on the listener gets what is published on the topics; the returned function takes it back. */
  subscribe?: ((topics: readonly TopicName[], listener: Listener) => () => void) | undefined;
  /** Allows to subscribe to the topics from outside. */
  subscriptionToken?: ((topics: readonly TopicName[]) => string) | undefined;
  /** The tools of the run that this code belongs to, if any. */
  currentStep?: (() => StepTools<AnyEvents> | undefined) | undefined;
  /** The code that runs now is the body of a step. */
  inStep?: (() => boolean) | undefined;
  /** What the handler that this code belongs to was called with. */
  currentContext?: (() => AsyncContext | undefined) | undefined;
  currentGroup?: (() => GroupTools | undefined) | undefined;
  /** There when an adapter of `serve` is loaded. @throws ServeError, ApplicationError when what is served is wrong */
  createEndpoint?: ((framework: string, served: any, options: object) => RequestHandler) | undefined;
}

const slot = Symbol.for("stepwright.ambient");

/** One object for all copies of the package in this process. */
export const ambient: Ambient = ((globalThis as { [slot]?: Ambient })[slot] ??= {});
