import type { JsonError } from "./internal-events.js";

/** An error in JSON form, with its causes to a depth of ten; whatever else was thrown is its message. */
export function serializeError(error: unknown, depth = 0): JsonError {
  if (typeof error !== "object" || error === null) return { name: "Error", message: String(error) };
  const { name, message, stack, cause } = error as Record<string, unknown>;
  return {
    name: typeof name === "string" && name !== "" ? name : "Error",
    message: typeof message === "string" ? message : describe(error),
    ...(typeof stack === "string" ? { stack } : {}),
    ...(cause === undefined || depth >= 10
      ? {}
      : { cause: cause instanceof Error ? serializeError(cause, depth + 1) : cause }),
  };
}

function describe(value: object): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
