import { NonRetriableError, RetryAfterError } from "../../define/errors.js";

/** What an application says about trying again. */
export interface RetryAdvice {
  /** `x-inngest-no-retry: true`, or the step has failed for good. */
  readonly noRetry: boolean;
  /** The `Retry-After` header: seconds, or a date. */
  readonly retryAfter: string | null;
}

/** An error of the application, as the engine's retry rules read it. It keeps the name, the message and the stack that it has there. */
export function remoteError(described: unknown, { noRetry, retryAfter }: RetryAdvice): Error {
  const { name, message, stack, cause } = readError(described);
  let error = new Error(message, { cause });
  if (noRetry) error = new NonRetriableError(message, { cause });
  else if (retryAfter !== null) error = waitingError(message, retryAfter, cause) ?? error;
  // Only the application knows what has thrown it; our own stack would say where it was read.
  Object.defineProperty(error, "name", { value: name, configurable: true });
  if (stack === undefined) delete error.stack;
  else error.stack = stack;
  if (cause === undefined) delete error.cause;
  return error;
}

function waitingError(message: string, retryAfter: string, cause: unknown): Error | null {
  const seconds = Number(retryAfter);
  const at = Number.isNaN(seconds) ? new Date(retryAfter) : seconds * 1_000;
  if (typeof at === "number" ? at < 0 : Number.isNaN(at.getTime())) return null;
  return new RetryAfterError(message, at, { cause });
}

interface ErrorFields {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: unknown;
}

/** SDKs send an error as an object, as JSON text of one, or as plain text. */
function readError(described: unknown): ErrorFields {
  if (typeof described === "string") {
    const parsed = parseObject(described);
    return parsed === null ? { name: "Error", message: described } : readError(parsed);
  }
  if (typeof described !== "object" || described === null) return { name: "Error", message: "the application failed" };
  const { name, message, error, stack, cause } = described as Readonly<Record<string, unknown>>;
  const said = [message, error].find((text) => typeof text === "string" && text !== "");
  return {
    name: typeof name === "string" && name !== "" ? name : "Error",
    message: typeof said === "string" ? said : JSON.stringify(described),
    ...(typeof stack === "string" && { stack }),
    ...(cause !== undefined && cause !== null && { cause }),
  };
}

function parseObject(text: string): object | null {
  if (!text.trimStart().startsWith("{")) return null;
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" ? parsed : null;
  } catch {
    return null;
  }
}
