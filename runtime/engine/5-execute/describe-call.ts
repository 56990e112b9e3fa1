import type { HandlerCall } from "../../transport/transport.js";
import type { Execution } from "./execution.js";
import { readLifecycleContext } from "./lifecycle-context.js";

/** What the transport needs to call the handler. */
export function describeCall(execution: Execution): HandlerCall {
  const { fn, run } = execution;
  return {
    handler: fn.handler,
    host: execution,
    definition: fn.definition,
    middleware: fn.middleware,
    runId: run.id,
    functionId: fn.fullId,
    events: run.payloads,
    attempt: attemptOf(execution),
    maxAttempts: fn.retries.limit + 1,
    // Made only when somebody asks: most handlers never do, and one costs more than a step's journal row.
    get signal() {
      return execution.signals.signal;
    },
    about: fn.kind === "function" ? null : readLifecycleContext(fn.kind, run.payloads[0]),
  };
}

/** That of the run, or of the step that is retried most. */
function attemptOf({ run, wakes }: Execution): number {
  let attempt = run.attempt;
  for (const wake of wakes.values()) if (wake.kind === "retry") attempt = Math.max(attempt, wake.failures.length);
  return attempt;
}
