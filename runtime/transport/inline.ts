import { AsyncLocalStorage } from "node:async_hooks";
import { type Logger, ProxyLogger } from "../define/logger.js";
import { StepUseError } from "./step-errors.js";
import type { StepHost, StepOp } from "./step-op.js";
import { createStepTools } from "./step-tools.js";
import type { HandlerCall, Transport } from "./transport.js";

/** What the code that runs now belongs to: a handler, or the body of one of its steps. */
interface Ambience {
  readonly step: object;
  /** The id of the step whose body this is; null in the handler itself. */
  readonly inStep: string | null;
}

const ambience = new AsyncLocalStorage<Ambience>();

/** The `step` of the handler that is running; undefined outside. */
export function currentStep(): object | undefined {
  return ambience.getStore()?.step;
}

/** The handler runs in this process: its steps cost no hop. */
export function createInlineTransport(options: {
  readonly appId: string;
  readonly now: () => number;
  readonly logger: Logger;
}): Transport {
  return {
    execute(call) {
      const host = guardNesting(call.host);
      const { signal, attempt } = call;
      const step = createStepTools({ host, appId: options.appId, now: options.now, signal, attempt });
      const logger = new ProxyLogger(options.logger);
      // What is logged before the first new step was logged when the journal was written.
      call.whenLive(() => logger.enable());
      const context = {
        event: call.events[0],
        events: call.events,
        runId: call.runId,
        attempt,
        maxAttempts: call.maxAttempts,
        step,
        group,
        logger,
        signal,
        ...(call.error ? { error: call.error } : {}),
      };
      return ambience.run({ step, inStep: null }, async () => call.handler(context as never));
    },
  };
}

const group = {
  parallel: async (...given: unknown[]): Promise<unknown> => {
    const callback = given.at(-1);
    if (typeof callback !== "function")
      throw new StepUseError("invalid-step-options", "`group.parallel` has no callback");
    return callback();
  },
};

/** A step asked for by the body of another one would be journalled before it, and missing from the next replay. */
function guardNesting(host: StepHost): StepHost {
  return {
    perform(op) {
      const outer = ambience.getStore();
      if (outer?.inStep) {
        throw new StepUseError("nested-step", `step \`${op.id}\` is called inside step \`${outer.inStep}\``);
      }
      return host.perform(op.kind === "run" && outer ? { ...op, body: within(outer, op) } : op);
    },
  };
}

function within(outer: Ambience, op: StepOp & { kind: "run" }): () => unknown {
  return () => ambience.run({ step: outer.step, inStep: op.id }, op.body);
}
