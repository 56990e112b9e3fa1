import type { HandlerCall } from "../../transport/transport.js";
import type { Execution } from "./execution.js";
import { readLifecycleContext } from "./lifecycle-context.js";

/** What the transport needs to call the handler. */
export class DescribedCall implements HandlerCall {
  readonly handler: HandlerCall["handler"];
  readonly definition: HandlerCall["definition"];
  readonly middleware: HandlerCall["middleware"];
  readonly runId: string;
  readonly functionId: string;
  readonly events: readonly unknown[];
  readonly attempt: number;
  readonly runAttempt: number;
  readonly maxAttempts: number;
  readonly about: HandlerCall["about"];

  constructor(readonly host: Execution) {
    const { fn, run } = host;
    this.handler = fn.handler;
    this.definition = fn.definition;
    this.middleware = fn.middleware;
    this.runId = run.id;
    this.functionId = fn.fullId;
    this.events = run.payloads;
    this.attempt = attemptOf(host);
    this.runAttempt = run.attempt;
    this.maxAttempts = fn.retries.limit + 1;
    this.about = fn.kind === "function" ? null : readLifecycleContext(fn.kind, run.payloads[0]);
  }

  /** Made only when somebody asks: most handlers never do, and one costs more than a step's journal row. */
  get signal(): AbortSignal {
    return this.host.signals.signal;
  }
}

/** That of the run, or of the step that is retried most. */
function attemptOf({ run, wakes }: Execution): number {
  let attempt = run.attempt;
  for (const wake of wakes.values()) if (wake.kind === "retry") attempt = Math.max(attempt, wake.failures.length);
  return attempt;
}
