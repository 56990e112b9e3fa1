import { AsyncLocalStorage } from "node:async_hooks";
import type { GroupTools } from "../define/group-tools.js";
import { type Logger, ProxyLogger } from "../define/logger.js";
import { StepUseError } from "./step-errors.js";
import { createStepTools } from "./step-tools.js";
import type { Transport } from "./transport.js";

type Tools = ReturnType<typeof createStepTools>;

/** What the code that runs now belongs to: a handler, or the body of one of its steps. */
interface Ambience {
  readonly step: Tools;
  /** The id of the step whose body this is; null in the handler itself. */
  readonly inStep: string | null;
}

const ambience = new AsyncLocalStorage<Ambience>();

/** The `step` of the handler that is running; undefined outside. */
export function currentStep(): Tools | undefined {
  return ambience.getStore()?.step;
}

/** The `group` of the handler that is running; undefined outside. */
export function currentGroup(): GroupTools | undefined {
  return ambience.getStore() ? group : undefined;
}

/** The handler runs in this process: its steps cost no hop. */
export function createInlineTransport(options: {
  readonly appId: string;
  readonly now: () => number;
  readonly logger: Logger;
}): Transport {
  return {
    execute(call) {
      const tools = createStepTools({
        host: call.host,
        appId: options.appId,
        now: options.now,
        attempt: call.attempt,
        get signal() {
          return call.signal;
        },
        within: (stepId, body) => () => ambience.run({ step: tools, inStep: stepId }, body),
        mayAsk: refuseNesting,
      });
      const logger = new ProxyLogger(options.logger);
      // What is logged before the first new step was logged when the journal was written.
      call.whenLive(() => logger.enable());
      const context = {
        event: call.events[0],
        events: call.events,
        runId: call.runId,
        attempt: call.attempt,
        maxAttempts: call.maxAttempts,
        step: tools,
        group,
        logger,
        get signal() {
          return call.signal;
        },
        error: call.error ?? undefined,
      };
      return ambience.run({ step: tools, inStep: null }, async () => call.handler(context as never));
    },
  };
}

/** A step asked for by the body of another one would be journalled before it, and missing from the next replay. */
function refuseNesting(stepId: string): void {
  const outer = ambience.getStore()?.inStep;
  if (outer) throw new StepUseError("nested-step", `step \`${stepId}\` is called inside step \`${outer}\``);
}

const group: GroupTools = {
  parallel: async (...given: unknown[]) => {
    const callback = given.at(-1);
    if (typeof callback !== "function") {
      throw new StepUseError("invalid-step-options", "`group.parallel` has no callback");
    }
    return callback();
  },
};
