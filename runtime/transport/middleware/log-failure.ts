import { ConsoleLogger, type Logger } from "../../define/logger.js";
import type { FunctionDefinition } from "../../define/function-definition.js";

/** A hook that is only told of something has thrown: the run goes on, and somebody should know. */
export function logFailure(fn: FunctionDefinition, hook: string, middleware: string, error: unknown): void {
  const options: unknown = Reflect.get(fn.client, "options");
  const { internalLogger, logger } = (options ?? {}) as { internalLogger?: Logger; logger?: Logger };
  (internalLogger ?? logger ?? new ConsoleLogger()).error({ err: error, hook, mw: middleware }, "middleware error");
}
