import type { FunctionRunHooks } from "../../define/legacy-middleware.js";
import type { Middleware } from "../../define/middleware.js";

type MaybePromise<T> = T | Promise<T>;
type Outcome = Parameters<NonNullable<FunctionRunHooks["finished"]>>[0]["result"];

/**
 * One middleware in one execution of a handler. An instance of SDK v4's class is one as it is; the hooks of SDK v3 are
 * brought into this form, those that v4 has no counterpart for stand below.
 */
export interface Layer extends Pick<
  Middleware.BaseMiddleware,
  | "id"
  | "onMemoizationEnd"
  | "onRunStart"
  | "onRunComplete"
  | "onRunError"
  | "onStepStart"
  | "onStepComplete"
  | "onStepError"
  | "transformFunctionInput"
  | "transformStepInput"
  | "wrapRequest"
  | "wrapFunctionHandler"
  | "wrapStep"
  | "wrapStepHandler"
> {
  beforeMemoization?(): MaybePromise<void>;
  afterMemoization?(): MaybePromise<void>;
  beforeExecution?(): MaybePromise<void>;
  afterExecution?(): MaybePromise<void>;
  finished?(result: Outcome): MaybePromise<void>;
  beforeResponse?(): MaybePromise<void>;
  /** Begins an invocation; gives what changes its data. All begin before one changes. */
  openInvocation?(): Promise<(data: unknown) => Promise<unknown>>;
  /** A recorded result that came from outside while the handler was alive; on replay `transformFunctionInput` sees it. */
  receiveStep?(id: string, data: unknown): Promise<unknown>;
  /** `wrapStepHandler` changes only what is recorded: a live handler gets what the step returned. */
  readonly changesOnlyTheRecord?: boolean;
}
