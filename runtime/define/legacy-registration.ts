import type { InngestMiddleware, MiddlewareRegisterReturn } from "./legacy-middleware.js";
import type { MiddlewareUse } from "./middleware-uses.js";

/** By the middleware, then by the client or the function that it was given to. */
const registered = new WeakMap<object, WeakMap<object, Promise<MiddlewareRegisterReturn>>>();

/**
 * What `init` of SDK v3's middleware returns. It is called once for the client, and once for each function that lists
 * the middleware, when it is first needed; one that fails is called again the next time.
 */
export function registerLegacy(
  middleware: InngestMiddleware,
  client: object,
  fn: MiddlewareUse["fn"],
): Promise<MiddlewareRegisterReturn> {
  let byOwner = registered.get(middleware);
  if (!byOwner) registered.set(middleware, (byOwner = new WeakMap()));
  const owner = fn ?? client;
  const known = byOwner.get(owner);
  if (known) return known;
  const made = Promise.resolve().then(() => middleware.init(fn ? { client, fn } : { client }));
  byOwner.set(owner, made);
  made.catch(() => byOwner.delete(owner));
  return made;
}

/** SDK v3's form: an object with `init`. */
export function isLegacy(middleware: MiddlewareUse["middleware"]): middleware is InngestMiddleware {
  return typeof middleware === "object" && typeof (middleware as Partial<InngestMiddleware>).init === "function";
}
