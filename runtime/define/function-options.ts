import type { MiddlewareInput } from "./middleware-input.js";
import type { Serialization } from "./rich.js";
import type { TimeStr } from "./time.js";

/** A limit on steps that execute at one time. */
export interface ConcurrencyOption {
  limit: number;
  /** CEL over `event`: a limit for each value. */
  key?: string;
  /** `env` and `account` need a key. */
  scope?: "fn" | "env" | "account";
  /** `run` holds the slot for the whole run instead of while a step executes. */
  unit?: "step" | "run";
}

/** Cancels runs on an event that is received after they began. `match` and `if` exclude each other. */
export interface Cancellation {
  event: string | { readonly event: string };
  match?: string;
  if?: string;
  timeout?: number | TimeStr | Date;
}

/** When a failed attempt is made again. All times are durations: ms or text such as "30s", up to 366 days. */
export interface RetryOptions {
  /** Retries after the first attempt, 0 to 20. */
  attempts?: number;
  /** How the delays grow, or the delay before each retry, of which the last repeats. By default 15 s, 30 s, 1 m, … 2 h. */
  backoff?: "exponential" | "linear" | "constant" | readonly (number | string)[];
  /** The first delay; 15 s by default. */
  base?: number | string;
  /** No delay is longer; 2 h by default. */
  max?: number | string;
  /** Up to so much is added at random; nothing by default. */
  jitter?: number | string;
}

/**
 * What the three lifecycle handlers get. An interface, so that the compiler works a context out only where a function has
 * the handler.
 */
export interface LifecycleContexts {
  failure: any;
  cancel: any;
  complete: any;
}

/** A function's configuration: what it is called and how its runs are controlled. */
export interface FunctionOptions<
  Contexts extends LifecycleContexts = LifecycleContexts,
  Middleware = readonly MiddlewareInput[],
  Kept = Serialization,
> {
  /** Unique in the application; runs are known by it, so it stays when the code moves. */
  id: string;
  name?: string;
  description?: string;
  /** Retries for each step, 0 to 20, by default 4. */
  retries?: number | RetryOptions;
  /** Up to two limits. */
  concurrency?: number | ConcurrencyOption | readonly ConcurrencyOption[];
  /** Delays run starts: `limit + burst` at once, then one each `period / limit`. */
  throttle?: { limit: number; period: TimeStr; burst?: number; key?: string };
  /** Skips run starts beyond `limit` in any window of `period`. */
  rateLimit?: { limit: number; period: TimeStr; key?: string };
  /** One run, `period` after the last event, at the latest `timeout` after the first. */
  debounce?: { period: TimeStr; key?: string; timeout?: TimeStr; collect?: boolean };
  /** One run for many events. */
  batchEvents?: { maxSize: number; timeout: TimeStr; key?: string; if?: string };
  /** One run at a time. */
  singleton?: { key?: string; mode: "skip" | "cancel" };
  /** Seconds of head start, −600 to 600, as CEL over `event`. */
  priority?: { run?: string };
  /** One run for each value of this CEL expression in 24 hours. */
  idempotency?: string | { key: string; period?: TimeStr };
  /**
   * `start` and `finish` cancel a run that has not started or ended in time; `step` is how long one attempt at a step may
   * take, 2 hours by default.
   */
  timeouts?: { start?: TimeStr; finish?: TimeStr; step?: TimeStr };
  /** Up to five. */
  cancelOn?: readonly Cancellation[];
  middleware?: Middleware;
  /** Runs once when a run has failed for good, as a function of its own. */
  onFailure?: (context: NoInfer<Contexts["failure"]>) => unknown;
  /** Runs once when a run was cancelled, as a function of its own: `<id>-cancel`. */
  onCancel?: (context: NoInfer<Contexts["cancel"]>) => unknown;
  /** Runs once when a run has completed, as a function of its own: `<id>-complete`. */
  onComplete?: (context: NoInfer<Contexts["complete"]>) => unknown;
  /** How results of its steps and its own are kept; by default as the client says. */
  serialization?: Kept;
  optimizeParallelism?: boolean;
  checkpointing?: unknown;
  experimentalCheckpointing?: unknown;
}

/** The form of SDK v4, with the triggers inside. */
export interface FunctionOptionsWithTriggers<
  Triggers,
  Contexts extends LifecycleContexts = LifecycleContexts,
  Middleware = readonly MiddlewareInput[],
  Kept = Serialization,
> extends FunctionOptions<Contexts, Middleware, Kept> {
  triggers?: Triggers;
}
