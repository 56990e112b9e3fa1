import type { Defer } from "../define/defer.js";
import type { GroupTools } from "../define/group-tools.js";
import type { Logger } from "../define/logger.js";
import { sessionsOf } from "../define/sessions.js";
import { type Ambience, ambience, scopeOfStep } from "./ambience.js";
import { createDeferTool } from "./defer-tool.js";
import { group } from "./group.js";
import { RunHooks } from "./middleware/run-hooks.js";
import { createRunLogger } from "./run-logger.js";
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
  return {
    execute(call) {
      const within =
        <A extends readonly unknown[]>(stepId: string, body: (...args: A) => unknown) =>
        (...args: A): unknown =>
          ambience.run({ ...own, inStep: stepId }, body, ...args);
      const hooks = call.middleware.length === 0 ? null : new RunHooks(call, within);
      const tools = createStepTools({
        host: hooks ?? call.host,
        appId: options.appId,
        call,
        now: options.now,
        attempt: call.attempt,
        within,
        branch: (body) => (scope) => ambience.run({ ...own, scope }, async () => body()),
        scopeOf: scopeOfStep,
      });
      const given = readLogger(call);
      const base = given ?? options.logger;
      let logger: Logger | null = null;
      let defer: Defer | null = null;
      const context = {
        event: call.events[0],
        events: call.events,
        runId: call.runId,
        attempt: call.attempt,
        maxAttempts: call.maxAttempts,
        step: tools,
        group,
        // Most handlers do not log.
        get logger() {
          return (logger ??= loggerOf(base, call));
        },
        get signal() {
          return call.signal;
        },
        get sessions() {
          return sessionsOf(call.events);
        },
        // Most handlers do not defer either.
        get defer(): Defer {
          return (defer ??= createDeferTool(call, () => (logger ??= loggerOf(base, call))));
        },
        ...call.about,
      };
      const own: Ambience = { host: call.host, call, context, step: tools, inStep: null, scope: null, calls: null };
      const result = ambience.run(own, async () => (hooks ? hooks.run(context) : call.handler(context as never)));
      // One that buffers is emptied before the run has ended.
      const flush = given && flushOf(given);
      return typeof flush === "function" ? result.finally(() => logger && flush.call(given)) : result;
    },
  };
}

function readLogger({ definition }: HandlerCall): Logger | undefined {
  const options: unknown = Reflect.get(definition.client, "options");
  return (options as { logger?: Logger } | undefined)?.logger;
}

const flushOf = (logger: Logger): (() => unknown) | undefined => (logger as { flush?: () => unknown }).flush;

function loggerOf(base: Logger, { runId, functionId, attempt, host }: HandlerCall): Logger {
  const place = {
    get prints() {
      // The body of a step is never repeated for a replay.
      return host.live || this.step !== null;
    },
    get step() {
      return ambience.getStore()?.inStep ?? null;
    },
  };
  return createRunLogger(base, { runId, functionId, attempt }, place);
}
