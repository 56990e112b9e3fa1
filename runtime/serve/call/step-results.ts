import { ServeError } from "../serve-error.js";

/** What the runtime recorded of a step; `input`: it is to be executed with another input. */
export type StepResult =
  | { readonly type: "data"; readonly data: unknown }
  | { readonly type: "error"; readonly error: unknown }
  | { readonly type: "input"; readonly input: unknown };

/**
 * Recorded results, wrapped as `{ data }`, `{ error }` or `{ input }`, with or without `type`, or bare as those of sleeps
 * and waits are.
 *
 * @throws ServeError `malformed-body`
 */
export function readResults(steps: unknown): ReadonlyMap<string, StepResult> {
  if (steps === undefined || steps === null) return new Map();
  if (typeof steps !== "object" || Array.isArray(steps)) {
    throw new ServeError("malformed-body", "`steps` is not an object");
  }
  return new Map(Object.entries(steps).map(([id, value]) => [id, readResult(value)]));
}

function readResult(value: unknown): StepResult {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { type: "data", data: value };
  const { type, ...rest } = value as Readonly<Record<string, unknown>>;
  const [name, ...others] = Object.keys(rest);
  if (others.length === 0 && (type === undefined || type === name)) {
    if (name === "data") return { type: "data", data: rest["data"] };
    if (name === "error") return { type: "error", error: rest["error"] };
    if (name === "input") return { type: "input", input: rest["input"] };
  }
  return { type: "data", data: value };
}
