import type { GroupTools } from "../define/group-tools.js";
import type { Logger } from "../define/logger.js";
import { type Ambience, ambience, scopeOfStep } from "./ambience.js";
import { group } from "./group.js";
import { HandlerContext } from "./handler-context.js";
import { RunHooks } from "./middleware/run-hooks.js";
import { createStepTools } from "./step-tools.js";
import type { HandlerCall, Transport } from "./transport.js";

/** The `group` of the handler that is running; undefined outside. */
export function currentGroup(): GroupTools | undefined {
  return ambience.getStore() ? group : undefined;
}

/** The handler runs in this process: its steps cost no hop. */
export function createInlineTransport(options: {
  readonly appId: string;
  readonly now: () => number;
  /** For handlers whose client has none. */
  readonly logger: Logger;
}): Transport {
  const { appId, now } = options;
  return {
    execute(call) {
      const { host } = call;
      const within =
        <A extends readonly unknown[]>(stepId: string, body: (...args: A) => unknown) =>
        (...args: A): unknown =>
          ambience.run({ host, call, context, step: tools, inStep: stepId, scope: null, calls: null }, body, ...args);
      const hooks = call.middleware.length === 0 ? null : new RunHooks(call, within);
      const tools = createStepTools({
        host: hooks ?? host,
        appId,
        call,
        now,
        attempt: call.attempt,
        within,
        branch: (body) => (scope) =>
          ambience.run({ host, call, context, step: tools, inStep: null, scope, calls: null }, async () => body()),
        scopeOf: scopeOfStep,
      });
      const given = readLogger(call);
      const context = new HandlerContext(call, tools, given ?? options.logger, currentStepId);
      const own: Ambience = { host, call, context, step: tools, inStep: null, scope: null, calls: null };
      const result = ambience.run(own, async () => (hooks ? hooks.run(context) : call.handler(context as never)));
      // One that buffers is emptied before the run has ended.
      const flush = given && flushOf(given);
      return typeof flush === "function"
        ? result.finally(() => HandlerContext.hasLogged(context) && flush.call(given))
        : result;
    },
  };
}

const currentStepId = (): string | null => ambience.getStore()?.inStep ?? null;

function readLogger({ definition }: HandlerCall): Logger | undefined {
  const options: unknown = Reflect.get(definition.client, "options");
  return (options as { logger?: Logger } | undefined)?.logger;
}

const flushOf = (logger: Logger): (() => unknown) | undefined => (logger as { flush?: () => unknown }).flush;
