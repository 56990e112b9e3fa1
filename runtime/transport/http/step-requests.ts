import type { HandlerCall } from "../transport.js";
import { writeDefers } from "./lazy-ops.js";
import type { Memo } from "./memo.js";
import type { Answer } from "./read-answer.js";
import type { RemoteApp } from "./remote-app.js";
import { traceParentOf } from "./trace-parent.js";
import { toWireEvent } from "./wire-event.js";

/** SDKs and their platforms take no larger requests; beyond, they fetch events and results themselves. */
const largestBody = 4 * 1024 * 1024 - 1024;

/** The application chooses the version of the protocol. */
const anyVersion = -1;

export interface Sending {
  /** The hash of the step to be executed; `step` for whatever comes next. */
  readonly stepId: string;
  readonly attempt: number;
  readonly signal: AbortSignal;
  /** The application names the steps that it finds and executes none. */
  readonly plansOnly: boolean;
  /** Names the request in checkpoints; without it, the application posts none. */
  readonly checkpointId?: string | undefined;
}

/** The requests by which one run is executed. */
export interface RunRequests {
  /** All following requests have the result. */
  remember(memo: Memo): void;
  send(sending: Sending): Promise<Answer>;
}

/** Those of a function: what is the same in all of them is written once. */
export class StepRequests implements RunRequests {
  readonly #events: string;
  readonly #event: string;
  #steps = "";
  #stack = "";
  #count = 0;
  readonly #traceparent: string;

  constructor(
    readonly call: HandlerCall,
    readonly url: string,
    readonly app: RemoteApp,
  ) {
    this.#traceparent = traceParentOf(call.events[0], call.runId);
    const events = call.events.map((event) => toWireEvent(event, call.functionId));
    this.#event = JSON.stringify(events[0] ?? {});
    this.#events = events.length === 1 ? `[${this.#event}]` : JSON.stringify(events);
  }

  remember({ hash, text }: Memo): void {
    const comma = this.#count === 0 ? "" : ",";
    this.#steps += `${comma}"${hash}":${text}`;
    this.#stack += `${comma}"${hash}"`;
    this.#count++;
  }

  send({ stepId, attempt, signal, plansOnly, checkpointId }: Sending): Promise<Answer> {
    const { runId, maxAttempts } = this.call;
    const large = this.#events.length + this.#event.length + this.#steps.length > largestBody;
    const context = JSON.stringify({
      run_id: runId,
      step_id: stepId,
      env: "",
      attempt,
      max_attempts: maxAttempts,
      disable_immediate_execution: plansOnly,
      use_api: large,
      ...(checkpointId !== undefined && { fn_id: this.call.functionId, qi_id: checkpointId }),
    });
    const stack = `"stack":{"stack":[${this.#stack}],"current":${this.#count}}`;
    const state = large ? `"events":[],"steps":{}` : `"events":${this.#events},"steps":{${this.#steps}}`;
    const defers = writeDefers(this.call.host.deferrals);
    const told = defers === null ? state : `${state},"defers":${defers}`;
    const body = `{"version":${anyVersion},"event":${this.#event},${told},"ctx":${context.slice(0, -1)},${stack}},"use_api":${large}}`;
    return this.app.call({ url: this.url, stepId, runId, traceparent: this.#traceparent, body, signal });
  }
}
