/** Values as the store keeps them: JSON text, made once. */
import { readRich, writeRich } from "../define/rich-json.js";
import { StepUseError } from "../transport/step-errors.js";

/** A value as the store has it, rich or not. */
export const readJson = readRich;

/**
 * A result of at most `limit` bytes. `undefined` is null. `rich` keeps what JSON cannot say. `what` names it in messages.
 *
 * @throws StepUseError `step-not-serializable`, `step-result-too-large`
 */
export function writeJson(value: unknown, what: string, limit: number, rich: boolean): string {
  let text: string;
  try {
    text = rich ? writeRich(value) : (JSON.stringify(value) ?? "null");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StepUseError("step-not-serializable", `${what} cannot be written as JSON: ${reason}`);
  }
  // A character has at most three bytes: most results need no second look.
  if (text.length * 3 > limit) {
    const bytes = Buffer.byteLength(text);
    if (bytes > limit)
      throw new StepUseError("step-result-too-large", `${what} has ${bytes} bytes, the limit is ${limit}`);
  }
  return text;
}

/** An error in JSON form, as `StepError` reads it. */
export interface ErrorJson {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: unknown;
  readonly code?: string;
  /** The rollbacks that failed after the run did. */
  readonly rollbackErrors?: readonly { readonly step: string; readonly error: ErrorJson }[];
}

const deepestCause = 10;
/** A message, a stack or a cause is no place for data: what is longer is cut, so that every error can be stored. */
const longestText = 64 * 1024;

/** Whatever was thrown, as JSON text. Never throws. */
export function errorText(thrown: unknown): string {
  return JSON.stringify(describeError(thrown, 0));
}

/** The same as data, for events. */
export function errorJson(thrown: unknown): ErrorJson {
  return describeError(thrown, 0);
}

function describeError(thrown: unknown, depth: number): ErrorJson {
  if (typeof thrown !== "object" || thrown === null) return { name: "Error", message: clip(safeText(thrown)) };
  const { name, message, stack, cause, code } = thrown as Partial<Record<keyof ErrorJson, unknown>>;
  return {
    name: typeof name === "string" && name !== "" ? name : "Error",
    message: clip(typeof message === "string" ? message : safeText(thrown)),
    ...(typeof stack === "string" ? { stack: clip(stack) } : {}),
    ...(cause === undefined || depth >= deepestCause ? {} : { cause: describeCause(cause, depth) }),
    ...(typeof code === "string" ? { code } : {}),
  };
}

/** An error stays one; another value stays what it is where JSON can say it. */
function describeCause(cause: unknown, depth: number): unknown {
  if (cause instanceof Error) return describeError(cause, depth + 1);
  try {
    const text = JSON.stringify(cause) ?? "null";
    return text.length > longestText ? clip(text) : JSON.parse(text);
  } catch {
    return safeText(cause);
  }
}

function clip(text: string): string {
  return text.length <= longestText ? text : `${text.slice(0, longestText)}… (${text.length} characters)`;
}

function safeText(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
