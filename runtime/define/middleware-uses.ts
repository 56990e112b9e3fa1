import type { FunctionDefinition } from "./function-definition.js";
import type { MiddlewareInput } from "./middleware-input.js";

/** Middleware where it was given: to the client (`fn` is null), or to one function. */
export interface MiddlewareUse {
  readonly middleware: MiddlewareInput;
  readonly fn: FunctionDefinition | null;
}

// Most applications have none, and pay nothing for it.
const none: readonly MiddlewareUse[] = [];

/** The middleware of a client, then that of the function. */
export function middlewareOf(client: object, fn: FunctionDefinition | null): readonly MiddlewareUse[] {
  const options: unknown = Reflect.get(client, "options");
  const own = fn ? listOf(fn.config) : [];
  const all = listOf(options);
  if (all.length === 0 && own.length === 0) return none;
  return [...all.map((middleware) => ({ middleware, fn: null })), ...own.map((middleware) => ({ middleware, fn }))];
}

function listOf(options: unknown): readonly MiddlewareInput[] {
  if (typeof options !== "object" || options === null) return [];
  const list: unknown = Reflect.get(options, "middleware");
  return Array.isArray(list) ? (list.filter(Boolean) as MiddlewareInput[]) : [];
}
