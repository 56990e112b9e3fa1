import { StepwrightError } from "./errors.js";
import type { FunctionDefinition } from "./function-definition.js";
import { isLegacy } from "./legacy-registration.js";
import type { Middleware } from "./middleware.js";
import { middlewareOf } from "./middleware-uses.js";

/**
 * Tells middleware of SDK v4's form that it was given to a client, or to a function.
 * @throws StepwrightError `invalid-middleware`, and what `onRegister` throws
 */
export function announceMiddleware(client: object, fn: FunctionDefinition | null): void {
  for (const use of middlewareOf(client, fn)) {
    if (use.fn !== fn) continue;
    if (isLegacy(use.middleware)) continue;
    if (typeof use.middleware !== "function") throw new StepwrightError("invalid-middleware", describeOwner(fn));
    (use.middleware as Middleware.Class).onRegister?.({ client, fn });
  }
}

const describeOwner = (fn: FunctionDefinition | null): string => (fn ? `function \`${fn.id}\`` : "the client");
