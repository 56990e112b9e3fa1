import ms from "ms";
import { brandClass, readBrand } from "./brand.js";

/** Every mistake that the authoring API reports: stable code → what is wrong, what to do. */
export const errorTable = {
  "missing-client-id": {
    message: "a client needs an `id`",
    help: 'give the application a name: `new Stepwright({ id: "shop" })`',
  },
  "missing-function-id": {
    message: "a function needs an `id`",
    help: 'name it: `createFunction({ id: "process-order", … }, …)`',
  },
  "missing-function-handler": {
    message: "a function needs a handler",
    help: "pass the handler last: `createFunction(config, handler)` or `createFunction(config, trigger, handler)`",
  },
  "conflicting-triggers": {
    message: "triggers are given in the configuration and as an argument",
    help: "keep them in one place",
  },
  "invalid-middleware": {
    message: "this is not middleware",
    help: "pass a class that extends `Middleware.BaseMiddleware`, or `new InngestMiddleware({ name, init })`",
  },
  "missing-event-name": { message: "an event needs a `name`", help: 'a non-empty string such as "order/placed"' },
  "invalid-event": {
    message: "this is not an event",
    help: "an event is `{ name, data?, id?, ts? }`: `name` 1 to 512 characters, `ts` in milliseconds, `id` a string",
  },
  "invalid-event-data": {
    message: "the event's data does not fit its schema",
    help: "correct the fields above, or the schema",
  },
  "event-too-large": {
    message: "the event is too large",
    help: "store the large part elsewhere and send a reference to it, or raise the limit on server and client",
  },
  "too-many-events": { message: "too many events in one request", help: "send at most 5,000 events at a time" },
  "event-not-serializable": {
    message: "the event cannot be written as JSON",
    help: "leave out bigint values and circular references",
  },
  "send-failed": {
    message: "the events could not be sent",
    help: "start the runtime (`stepwright dev` or `stepwright start`), or set STEPWRIGHT_BASE_URL to where it is",
  },
  "send-refused": { message: "the server refused the events", help: "see the server's message above" },
  "invalid-retry-after": {
    message: "this is not a time to wait",
    help: 'give milliseconds, a string such as "10m", or a Date',
  },
  "outside-a-run": {
    message: "`step` and `group` work only while a function runs",
    help: "call them from a handler, or use the `step` of the handler's argument",
  },
  "invalid-experiment": {
    message: "these are not the weights of an experiment",
    help: "give each variant a number that is not negative, and one of them a positive one",
  },
  "note-without-run": {
    message: "there is no run to note this on",
    help: "name the run (`runId`, `metadata.run(id)`), or call it while a function runs",
  },
  "invalid-score": {
    message: "this is not a score",
    help: 'give `{ name: "helpful", value: 0.9 }`: a name of 1 to 128 bytes without quotes, and a finite number or a boolean',
  },
  "handler-without-serve": {
    message: "what answers requests is not loaded",
    help: 'import an adapter, too, which brings it: `import "stepwright/edge"`',
  },
  "invalid-message": {
    message: "this cannot be published or subscribed to",
    help: "see what is wrong with channel, topic or data above; the topic's schema says what its data is",
  },
  "message-too-large": {
    message: "the message is too large",
    help: "store the large part elsewhere and publish where it is",
  },
  "subscribe-failed": {
    message: "the subscription could not be begun",
    help: "see that the runtime can be reached from here, and take a new token: one is valid for a minute",
  },
  "subscription-lost": {
    message: "the subscription has ended before its time",
    help: "subscribe again; what was published meanwhile is not repeated",
  },
  "slow-subscriber": {
    message: "the messages were not read as fast as they came",
    help: "read them without waiting for what takes long, and subscribe again",
  },
  "unsupported-call": {
    message: "this version of the runtime does not have this",
    help: "record what is to be shown in a step, and read it from the run (`/v1/runs/<id>`)",
  },
  "unknown-export": {
    message: "this part of the SDK is not available here",
    help: "see the documentation for what replaces it",
  },
} as const satisfies Record<string, { message: string; help: string }>;

export type StepwrightErrorCode = keyof typeof errorTable;

/** An error of the library itself. `code` is stable and `help` says what to do. */
export class StepwrightError extends Error {
  override readonly name = "StepwrightError";
  readonly help: string;

  constructor(
    readonly code: StepwrightErrorCode,
    detail?: string,
    options?: { cause?: unknown; help?: string },
  ) {
    const { message, help } = errorTable[code];
    const chosen = options?.help ?? help;
    super(`${message}${detail ? `: ${detail}` : ""} (${code}; ${chosen})`, options);
    this.help = chosen;
  }
}
brandClass(StepwrightError, "error", "StepwrightError");

/** Thrown by a step or handler: no more attempts. */
export class NonRetriableError extends Error {
  override readonly cause?: unknown;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message);
    this.name = "NonRetriableError";
    if (options && "cause" in options) this.cause = options.cause;
  }
}
brandClass(NonRetriableError, "error", "NonRetriableError");

/** Thrown by a step or handler: the next attempt is at that time, clamped by the runtime to 1 s–24 h. */
export class RetryAfterError extends Error {
  override readonly cause?: unknown;
  /** Seconds as a decimal string, rounded up, or an ISO 8601 date: the form of the Retry-After header. */
  readonly retryAfter: string;

  /** @throws StepwrightError `invalid-retry-after` */
  constructor(message: string, retryAfter: number | string | Date, options?: { cause?: unknown }) {
    super(message);
    this.name = "RetryAfterError";
    this.retryAfter = readRetryAfter(retryAfter);
    if (options && "cause" in options) this.cause = options.cause;
  }
}
brandClass(RetryAfterError, "error", "RetryAfterError");

function readRetryAfter(value: number | string | Date): string {
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new StepwrightError("invalid-retry-after", "an invalid Date");
    return value.toISOString();
  }
  let millis: number | undefined = typeof value === "number" ? value : undefined;
  // ms throws on an empty or very long string
  if (typeof value === "string" && value.length > 0 && value.length <= 100) millis = ms(value as ms.StringValue);
  if (millis === undefined || !Number.isFinite(millis)) throw new StepwrightError("invalid-retry-after", String(value));
  return String(Math.max(0, Math.ceil(millis / 1000)));
}

/** What a handler catches when a step has used up its attempts: the step's own error, with the step's id. */
export class StepError extends Error {
  override cause?: unknown;

  /** `error` is an Error or one in JSON form. */
  constructor(
    readonly stepId: string,
    error: unknown,
  ) {
    const from = readErrorFields(error);
    super(from.message);
    this.name = from.name;
    // not our own stack: it would show where the run was replayed, not what went wrong
    if (from.stack === undefined) delete this.stack;
    else this.stack = from.stack;
    if (from.cause !== undefined) this.cause = reviveCause(from.cause);
  }
}
brandClass(StepError, "error", "StepError");

interface ErrorFields {
  name: string;
  message: string;
  stack?: string;
  cause?: unknown;
}

function readErrorFields(error: unknown): ErrorFields {
  if (typeof error !== "object" || error === null) {
    return { name: "Error", message: error === undefined || error === null ? "Unknown error" : String(error) };
  }
  const source = error as Record<string, unknown>;
  const text = (key: string) => (typeof source[key] === "string" && source[key] !== "" ? source[key] : undefined);
  const stack = text("stack");
  return {
    name: text("name") ?? "Error",
    message: text("message") ?? text("error") ?? "Unknown error",
    ...(stack === undefined ? {} : { stack }),
    ...(source["cause"] === undefined || source["cause"] === null ? {} : { cause: source["cause"] }),
  };
}

/** A cause that was an error before it became JSON is one again; anything else stays what it is. */
function reviveCause(cause: unknown, depth = 0): unknown {
  if (typeof cause !== "object" || cause === null || cause instanceof Error || depth > 10) return cause;
  const { name, message } = cause as Record<string, unknown>;
  if (typeof name !== "string" || typeof message !== "string") return cause;
  const fields = readErrorFields(cause);
  const revived = new Error(fields.message);
  revived.name = fields.name;
  if (fields.stack === undefined) delete revived.stack;
  else revived.stack = fields.stack;
  if (fields.cause !== undefined) revived.cause = reviveCause(fields.cause, depth + 1);
  return revived;
}

/** Recognises one of the error classes by mark or name, so that another copy's, or one from JSON, counts too. */
function isOurs(error: unknown, className: string): boolean {
  if (readBrand(error, "error") === className) return true;
  return typeof error === "object" && error !== null && (error as { name?: unknown }).name === className;
}

export const isNonRetriableError = (error: unknown): error is NonRetriableError => isOurs(error, "NonRetriableError");

export const isRetryAfterError = (error: unknown): error is RetryAfterError =>
  isOurs(error, "RetryAfterError") && typeof (error as { retryAfter?: unknown }).retryAfter === "string";

/** By mark alone: a StepError bears the name of the error it wraps. */
export const isStepError = (error: unknown): error is StepError => readBrand(error, "error") === "StepError";

export const isStepwrightError = (error: unknown): error is StepwrightError => isOurs(error, "StepwrightError");
