/**
 * Middleware of both forms that writes down each call of each of its hooks, and functions that make all of them be
 * called; for the tests that compare libraries.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { RequestListener } from "node:http";

import type { Define, Library } from "./sdk-libraries.test.program.js";

/** What was called for one request, in order. */
export type HookLog = string[];

/** Keeps the calls of each request apart: requests for parallel steps overlap. */
export class HookRecorder {
  readonly #request = new AsyncLocalStorage<HookLog>();
  #requests: HookLog[] = [];
  /** What was called outside of requests. */
  outside: HookLog = [];

  say(line: string): void {
    (this.#request.getStore() ?? this.outside).push(line);
  }

  listener(listener: RequestListener): RequestListener {
    return (request, response) => {
      const log: HookLog = [];
      this.#requests.push(log);
      this.#request.run(log, () => listener(request, response));
    };
  }

  /** The requests since the last call, in the order in which they came. */
  takeRequests(): HookLog[] {
    const taken = this.#requests;
    this.#requests = [];
    return taken;
  }
}

/** Without what is new each time (ids, times, stacks), and keys in one order. */
function settle(key: string, value: unknown): unknown {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (key === "stack" || key === "__serialized") return undefined;
  if (key === "ts") return "<ts>";
  if (key === "timing") return "<timing>";
  if (value && typeof value === "object" && !Array.isArray(value)) {
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  }
  if (typeof value !== "string") return value;
  return value
    .replaceAll(/[0-9A-HJKMNP-TV-Z]{26}/g, "<id>")
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "<id>")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<date>");
}
const show = (value: unknown): string => JSON.stringify(value, settle) ?? "undefined";
const keys = (value: object): string => `{${Object.keys(value).sort().join()}}`;

/** How each argument of a hook is shown: those that hold the library's own objects by their keys alone. */
function showArgument(name: string, value: any): string {
  if (name === "ctx")
    return `ctx ${value.event.name} ${keys(value.event)} attempt=${value.attempt} added=${value.added}`;
  if (name === "fn") return value ? "fn" : "no fn";
  if (name === "client" || name === "next" || name === "reqArgs" || name === "requestArgs") return name;
  if (name === "requestInfo") return `requestInfo${keys(value)} ${value.method}`;
  return `${name}=${show(value)}`;
}
const showArguments = (args: Record<string, unknown> = {}): string =>
  Object.keys(args)
    .sort()
    .map((name) => showArgument(name, args[name]))
    .join("; ");

/** In the form of SDK v4; the first adds to the context, to inputs and to outputs. */
export function modernMiddleware(recorder: HookRecorder, { Middleware }: any, name: string): any {
  const say = (hook: string, args?: any) => recorder.say(`${name}.${hook}(${showArguments(args)})`);
  const around = async (hook: string, args: any, shown: (value: any) => string = show) => {
    say(hook, args);
    try {
      const value = await args.next();
      recorder.say(`${name}.${hook} gives ${shown(value)}`);
      return value;
    } catch (error) {
      recorder.say(`${name}.${hook} throws ${show(error)}`);
      throw error;
    }
  };
  const changes = name === "A";
  return class extends Middleware.BaseMiddleware {
    readonly id = name;
    static onRegister(args: any) {
      recorder.say(`${name}.onRegister(${showArguments(args)})`);
    }
    onMemoizationEnd(args: any) {
      say("onMemoizationEnd", args);
    }
    onRunStart(args: any) {
      say("onRunStart", args);
    }
    onRunComplete(args: any) {
      say("onRunComplete", args);
    }
    onRunError(args: any) {
      say("onRunError", args);
    }
    onStepStart(args: any) {
      say("onStepStart", args);
    }
    onStepComplete(args: any) {
      say("onStepComplete", args);
    }
    onStepError(args: any) {
      say("onStepError", args);
    }
    transformFunctionInput(args: any) {
      say("transformFunctionInput", args);
      return changes ? { ...args, ctx: { ...args.ctx, added: "by A" } } : args;
    }
    transformStepInput(args: any) {
      say("transformStepInput", args);
      if (!changes || args.input.length === 0 || args.stepInfo.stepType !== "run") return args;
      return { ...args, input: args.input.map((each: unknown) => `${each} through A`) };
    }
    transformSendEvent(args: any) {
      say("transformSendEvent", args);
      if (!changes) return args;
      return { ...args, events: args.events.map((each: any) => ({ ...each, data: { ...each.data, by: "A" } })) };
    }
    wrapRequest(args: any) {
      return around("wrapRequest", args, (response) => `${keys(response)} ${response.status}`);
    }
    async wrapFunctionHandler(args: any) {
      const value = await around("wrapFunctionHandler", args);
      return changes ? { wrapped: value } : value;
    }
    async wrapStep(args: any) {
      const value = await around("wrapStep", args);
      return changes && typeof value === "number" ? value + 100 : value;
    }
    async wrapStepHandler(args: any) {
      const value = await around("wrapStepHandler", args);
      return changes && typeof value === "number" ? value + 1_000 : value;
    }
    wrapSendEvent(args: any) {
      return around("wrapSendEvent", args);
    }
  };
}

/** What the SDK's documentation names. The SDK passes more of its own: the whole message about the step. */
function documented({ result, step }: any): Record<string, unknown> {
  const outcome = "error" in result ? { error: result.error } : { data: result.data };
  if (!step) return { result: outcome };
  const { id, op, name, displayName, opts } = step;
  return { result: outcome, step: { id, op, name, displayName, opts } };
}

/** In the form of SDK v3; the first adds to the context, to what is memoised, and to outputs. */
export function legacyMiddleware(recorder: HookRecorder, { InngestMiddleware }: any, name: string): any {
  const say = (hook: string, args?: any) => recorder.say(`${name}.${hook}(${showArguments(args)})`);
  const changes = name === "A";
  return new InngestMiddleware({
    name,
    init: (args: any) => {
      recorder.outside.push(`${name}.init(${showArguments(args)})`);
      return {
        onFunctionRun: (info: any) => {
          say("onFunctionRun", info);
          return {
            transformInput: (input: any) => {
              say("transformInput", input);
              if (!changes) return;
              const steps = input.steps.map(({ data }: any) => ({
                data: typeof data === "number" ? data + 100 : data,
              }));
              return { ctx: { added: "by A" }, steps };
            },
            beforeMemoization: (...given: any[]) => say("beforeMemoization", given[0]),
            afterMemoization: (...given: any[]) => say("afterMemoization", given[0]),
            beforeExecution: (...given: any[]) => say("beforeExecution", given[0]),
            afterExecution: (...given: any[]) => say("afterExecution", given[0]),
            transformOutput: (output: any) => {
              say("transformOutput", documented(output));
              if (!changes || typeof output.result.data !== "number") return;
              return { result: { data: output.result.data + 1_000 } };
            },
            finished: (ended: any) => say("finished", ended),
            beforeResponse: (...given: any[]) => say("beforeResponse", given[0]),
          };
        },
        onSendEvent: (...given: any[]) => {
          say("onSendEvent", given[0]);
          return {
            transformInput: (input: any) => {
              say("send.transformInput", input);
              if (!changes) return;
              return { payloads: input.payloads.map((each: any) => ({ ...each, data: { ...each.data, by: "A" } })) };
            },
            transformOutput: (output: any) => say("send.transformOutput", output),
          };
        },
      };
    },
  });
}

/** Attempts of one step, by run. */
const counts = new Map<string, number>();
const countOf = (id: string): number => {
  const count = (counts.get(id) ?? 0) + 1;
  counts.set(id, count);
  return count;
};

/** Each begins by the event `<id>/asked`. The handlers tell of themselves among the hooks. */
export function hookedFunctions(
  recorder: HookRecorder,
  client: any,
  define: Define,
  { NonRetriableError }: Library["errors"],
  own: any,
): any[] {
  const fn = (id: string, handler: (context: any) => unknown, config: object = {}) =>
    define({ id, retries: 1, middleware: [own], triggers: [{ event: `${id}/asked` }], ...config }, async (context) => {
      recorder.say("handler begins");
      const value = await handler(context);
      recorder.say("handler ends");
      return value;
    });
  const child = fn("child", async ({ event, step }) => step.run("double", () => event.data.n * 2));
  const bad = fn("bad-child", async () => {
    throw new NonRetriableError("the child broke");
  });
  const body = (text: string, value: unknown) => () => {
    recorder.say(`body of ${text}`);
    return value;
  };
  const fail = (error: Error) => () => {
    recorder.say(`body fails`);
    throw error;
  };
  return [
    child,
    bad,
    fn("no-steps", async ({ added }) => ({ added })),
    fn("plain", async ({ step }) => {
      const a = await step.run("a", body("a", 1));
      recorder.say(`handler has ${a}`);
      const b = await step.run({ id: "b", name: "The second" }, body("b", { text: "two" }));
      return [a, b];
    }),
    fn("loop", async ({ step }) => {
      const values = [];
      for (let i = 0; i < 2; i++) values.push(await step.run("same", body("same", i)));
      return values;
    }),
    fn("inputs", async ({ step }) => step.run("greet", (who: string) => `hello ${who}`, "you")),
    fn("retried", async ({ step, runId }) =>
      step.run("flaky", () => {
        if (countOf(runId) < 2) throw new TypeError("not yet");
        return "at last";
      }),
    ),
    fn("caught", async ({ step }) => {
      try {
        await step.run("bad", fail(new RangeError("always")));
      } catch (error: any) {
        recorder.say(`handler catches ${error.message}`);
      }
      return step.run("after", body("after", "went on"));
    }),
    fn("uncaught", async ({ step }) => step.run("bad", fail(new RangeError("always")))),
    fn("hopeless", async ({ step }) => step.run("bad", fail(new NonRetriableError("once")))),
    fn("throws", async () => {
      throw new Error("between steps");
    }),
    fn("throws-after-step", async ({ step }) => {
      await step.run("a", body("a", 1));
      throw new NonRetriableError("after a step");
    }),
    fn("parallel", async ({ step }) => {
      const values = await Promise.all([step.run("a", body("a", 1)), step.run("b", body("b", "two"))]);
      return [values, await step.run("end", body("end", "end"))];
    }),
    fn("naps", async ({ step }) => {
      await step.run("a", body("a", "one"));
      await step.sleep("nap", 1);
      return step.run("b", body("b", "two"));
    }),
    fn("sends", async ({ step }) => {
      await step.run("a", () => client.send({ name: "nobody/inside", data: { n: 1 } }).then(() => "sent"));
      const { ids } = await step.sendEvent("tell", { name: "nobody/told", data: { n: 2 } });
      return ids.length;
    }),
    fn("sends-outside", async () => {
      const { ids } = await client.send({ name: "nobody/outside", data: {} });
      return ids.length;
    }),
    fn("invokes", async ({ step }) => {
      const good = await step.invoke("good", { function: child, data: { n: 21 } });
      const failure = await step.invoke("bad", { function: bad, data: {} }).catch((error: Error) => error.name);
      return [good, failure];
    }),
    fn("waits", async ({ step }) => {
      const answer = await step.waitForEvent("wait", {
        event: "waits/answered",
        timeout: "1h",
        if: "async.data.n > 0",
      });
      return answer.data.n;
    }),
  ];
}

/** The functions that a test begins by themselves, in this order. */
export const begun = [
  "no-steps",
  "plain",
  "loop",
  "inputs",
  "retried",
  "caught",
  "uncaught",
  "hopeless",
  "throws",
  "throws-after-step",
  "parallel",
  "naps",
  "sends",
  "sends-outside",
  "invokes",
  "waits",
];
