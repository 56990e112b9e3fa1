import type { HandlerCall } from "../../transport/transport.js";
import { readFailure } from "../json.js";
import type { Execution } from "./execution.js";

/** What the transport needs to call the handler. `attempt` is that of the run, or of the step that is retried most. */
export function describeCall(execution: Execution, attempt: number): HandlerCall {
  const { fn, run } = execution;
  return {
    handler: fn.handler,
    host: execution,
    definition: fn.definition,
    middleware: fn.middleware,
    runId: run.id,
    functionId: fn.fullId,
    events: run.payloads,
    attempt,
    maxAttempts: fn.retries.limit + 1,
    // Made only when somebody asks: most handlers never do, and one costs more than a step's journal row.
    get signal() {
      return execution.signal;
    },
    error: fn.kind === "failure" ? readFailure(run.payloads[0]) : null,
  };
}
