import { internalEvents } from "../../define/internal-events.js";

/**
 * An event as the protocol has it: with `user`, and in what an invoked function gets, with whom it is for. In this process it is what the
 * caller gave.
 */
export function toWireEvent(event: unknown, functionId: string): unknown {
  if (typeof event !== "object" || event === null) return event;
  const { name, data } = event as { readonly name?: unknown; readonly data?: unknown };
  const invoked = name === internalEvents.FunctionInvoked && typeof data === "object" && data !== null;
  return { user: {}, ...event, ...(invoked && { data: { ...data, _inngest: { fn_id: functionId } } }) };
}
