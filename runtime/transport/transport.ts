import type { FunctionDefinition } from "../define/function-definition.js";
import type { Middleware } from "../define/middleware.js";
import type { MiddlewareUse } from "../define/middleware-uses.js";
import type { DeferralHost } from "./deferral-request.js";
import type { StepHost } from "./step-op.js";

/** A recorded result: JSON text of what the step returned, or of its error. */
export interface RecordedStep {
  readonly key: string;
  /** The wire form of the key, where that alone is known. */
  readonly hashedId?: string;
  /** Of the step's tool, as in `StepOp`. */
  readonly kind: string;
  readonly status: "completed" | "failed";
  readonly output: string;
}

/** What middleware and loggers ask of the execution; nobody else does, so nothing of it is made before. */
export interface ExecutionHost extends StepHost {
  /** The results with which this execution began. */
  readonly journal: readonly RecordedStep[];
  /** The handler is where no execution of the run has been before. */
  readonly live: boolean;
  /** This is the first time that the handler of the run is called. */
  readonly fresh: boolean;
  /** Some of its steps wait for a time or for somebody else: those that were found, and those that came since. */
  readonly hasWaitingSteps: boolean;
  readonly deferrals: DeferralHost;
  /** While the work goes on, the run is not let go: what comes of it can be handed to `perform`. None begins any more when it is to be let go. */
  busy<T>(work: () => Promise<T>): Promise<T>;
  /** What the next step of that id would be: its key, and whether its result is recorded. */
  foresee(id: string): { readonly key: string; readonly recorded: boolean };
  /** Whether the run fails for good when the handler throws that. */
  endsRun(error: unknown): boolean;
  /** Calls back once, when the handler has come to where no execution has been before. */
  whenLive(callback: () => void): void;
  /** Code of the handler, or of the body of the step `inStep`, has rejected a promise that nobody handles. */
  rejectionUnhandled(reason: unknown, inStep: string | null): void;
  /** Calls back once, when the handler is let go before its end. */
  whenGone(callback: () => void): void;
}

/** One execution of a handler, from its start or from its journal. */
export interface HandlerCall {
  readonly handler: (context: never) => unknown;
  readonly host: ExecutionHost;
  readonly definition: FunctionDefinition;
  readonly middleware: readonly MiddlewareUse[];
  readonly runId: string;
  readonly functionId: string;
  /** Parsed, as the handler sees them; the first is `event`. */
  readonly events: readonly unknown[];
  /** Zero-based: of the run, or of the step that is retried most. */
  readonly attempt: number;
  /** Of the run alone: what a failure outside of steps counts as. */
  readonly runAttempt: number;
  readonly maxAttempts: number;
  readonly signal: AbortSignal;
  /** What a lifecycle handler gets besides its event: `error`, `reason` or `result`. */
  readonly about: Readonly<Record<string, unknown>> | null;
  /** The HTTP request that asks for it, where there is one. */
  readonly request?: CallingRequest;
}

/** What became of the handler: its end, or that it was let go before. */
export type HandlerEnd =
  | { readonly kind: "returned"; readonly value: unknown }
  | { readonly kind: "threw"; readonly error: unknown }
  | { readonly kind: "gone" };

/** What middleware sees of the request and changes of its answer. */
export interface CallingRequest {
  readonly info: Middleware.Request;
  /** What the framework handed over. */
  readonly args: readonly unknown[];
  /** The answer to what became of the handler. */
  answer(end: HandlerEnd): Promise<Middleware.Response>;
  /** Takes the answer as the middleware has left it. */
  answered(response: Middleware.Response): void;
}

/** How a handler is reached. The result is what the handler returns; it rejects with what the handler throws. */
export interface Transport {
  execute(call: HandlerCall): Promise<unknown>;
}
