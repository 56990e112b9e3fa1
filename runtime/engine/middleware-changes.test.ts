/** What middleware can change; the order of its hooks is in middleware.test.ts. */
import { describe, expect, test } from "vitest";
import { applicationFromDefinitions } from "../codegen/application.js";
import { Inngest, InngestMiddleware, type Logger, Middleware } from "../define/index.js";
import type { MiddlewareInput } from "../define/middleware-input.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { TestEngine } from "../testing/test-engine.js";

type Handler = (context: any) => unknown;
type Hooks = Partial<Middleware.BaseMiddleware>;

/** A class with these hooks. */
const modern = (hooks: Hooks): Middleware.Class => {
  class Made extends Middleware.BaseMiddleware {
    readonly id = "made";
  }
  Object.assign(Made.prototype, hooks);
  return Made;
};

async function runOnce(middleware: readonly MiddlewareInput[], handler: Handler, options: { logger?: Logger } = {}) {
  const client = new Inngest({ id: "app", middleware, ...options });
  const child = client.createFunction({ id: "child", triggers: [{ event: "never" }] }, ({ event }) => event.data);
  const fn = client.createFunction({ id: "work", retries: 0, triggers: [{ event: "go" }] }, handler);
  const engine = await TestEngine.start({ app: applicationFromDefinitions([fn, child]), store: createMemoryStore() });
  await engine.send({ name: "go", data: { n: 1 } });
  return engine;
}

/** The run of `work`: its status, result, and steps with their results. */
async function outcome(engine: TestEngine) {
  await engine.advance("40 days");
  const { run, journal } = (await engine.runs()).find(({ run }) => run.functionId === "app-work")!;
  await engine.engine.stop();
  const steps = Object.fromEntries(journal.map(({ key, output }) => [key, JSON.parse(output)]));
  return { status: run.status, output: JSON.parse(run.output!), steps };
}

describe("SDK v4", () => {
  test("the input of functions and steps, the id of a step, and what is awaited", async () => {
    const middleware = modern({
      transformFunctionInput: (args) => ({ ...args, ctx: { ...args.ctx, extra: 5 } as typeof args.ctx }),
      transformStepInput: (args) => {
        if (args.stepInfo.stepType === "run") return { ...args, input: args.input.map((n) => Number(n) * 2) };
        if (args.stepInfo.stepType === "sleep") return { ...args, input: ["1d"] };
        return { ...args, stepOptions: { id: `my-${args.stepOptions.id}` } };
      },
    });
    const engine = await runOnce([middleware], async ({ step, extra }) => {
      const sum = await step.run("sum", (a: number, b: number) => a + b, 1, extra);
      await step.sleep("nap", "30 days");
      const { ids } = await step.sendEvent("tell", { name: "told" });
      return [sum, ids.length];
    });
    await engine.advance("1 day");
    const { status, output, steps } = await outcome(engine);
    expect([status, output, Object.keys(steps)]).toEqual(["completed", [12, 1], ["sum", "nap", "my-tell"]]);
  });

  test("results on their way to the journal and back, live and cold", async () => {
    const middleware = modern({
      wrapStepHandler: async ({ next }) => ({ packed: await next() }),
      wrapStep: async ({ next, stepInfo }) => {
        const value = await next();
        return stepInfo.stepType === "run" ? (value as { packed: unknown }).packed : value;
      },
      wrapFunctionHandler: async ({ next }) => ({ run: await next() }),
    });
    const seen: unknown[] = [];
    const engine = await runOnce([middleware], async ({ step }) => {
      seen.push(await step.run("one", () => 1));
      await step.sleep("nap", "30 days");
      return seen.length;
    });
    const { output, steps } = await outcome(await engine.crash());
    expect([seen, output, steps["one"]]).toEqual([[1, 1], { run: 2 }, { packed: 1 }]);
  });

  test("a rollback gets the result as the handler got it", async () => {
    const middleware = modern({
      wrapStepHandler: async ({ next }) => ({ packed: await next() }),
      wrapStep: async ({ next }) => ((await next()) as { packed: unknown }).packed,
    });
    const undone: unknown[] = [];
    const engine = await runOnce([middleware], async ({ step }) => {
      await step.run("charge", { rollback: (charge: unknown) => void undone.push(charge) }, () => ({ id: "ch_1" }));
      throw new Error("out of stock");
    });
    expect(await outcome(engine)).toMatchObject({ status: "failed", steps: { charge: { packed: { id: "ch_1" } } } });
    expect(undone).toEqual([{ id: "ch_1" }]);
  });

  test("steps that a wrapper adds before a step do not go through that wrapper again", async () => {
    const middleware = modern({
      wrapStep: async ({ next, stepInfo, ctx }) => {
        await ctx.step.run(`before ${stepInfo.options.id}`, () => "added");
        return next();
      },
    });
    const engine = await runOnce([middleware], async ({ step }) =>
      Promise.all([step.run("a", () => 1), step.run("b", () => 2)]),
    );
    const { status, output, steps } = await outcome(engine);
    expect([status, output]).toEqual(["completed", [1, 2]]);
    expect(Object.keys(steps).sort()).toEqual(["a", "b", "before a", "before b"]);
  });

  test("a step inside the handler's wrapper of a step is refused, as inside the step", async () => {
    const middleware = modern({
      wrapStepHandler: async ({ next, ctx }) => {
        await ctx.step.run("inner", () => 1);
        return next();
      },
    });
    const { status, output } = await outcome(
      await runOnce([middleware], async ({ step }) => step.run("outer", () => 1)),
    );
    expect([status, output.message]).toEqual(["failed", expect.stringContaining("nested-step")]);
  });

  test("errors of steps and of handlers are caught by their wrappers", async () => {
    const middleware = modern({
      wrapStepHandler: async ({ next }) => next().catch((error: Error) => `saved from ${error.message}`),
      wrapFunctionHandler: async ({ next }) => next().catch((error: Error) => `also ${error.message}`),
    });
    const engine = await runOnce([middleware], async ({ step }) => {
      const saved = await step.run("bad", () => {
        throw new Error("a");
      });
      throw new Error(saved);
    });
    expect(await outcome(engine)).toMatchObject({ status: "completed", output: "also saved from a" });
  });

  test("a hook that is only told of something may fail: that is logged, and nothing else", async () => {
    const lines: unknown[] = [];
    const say = (...args: unknown[]) => void lines.push(args);
    const logger = { info: say, warn: say, error: say, debug: say };
    const broken = () => {
      throw new Error("broken");
    };
    const middleware = modern({
      onRunStart: broken,
      onStepStart: broken,
      onStepComplete: broken,
      onRunComplete: broken,
    });
    const engine = await runOnce([middleware], async ({ step }) => step.run("one", () => 1), { logger });
    expect(await outcome(engine)).toMatchObject({ status: "completed", output: 1 });
    expect(lines.map((line) => (line as [{ hook: string }])[0].hook)).toEqual([
      "onRunStart",
      "onStepStart",
      "onStepComplete",
      "onRunComplete",
    ]);
  });

  test("a wrapper that does not call `next` refuses the request, or answers for the step", async () => {
    const refusing = modern({ wrapRequest: async () => ({ status: 401, headers: {}, body: "who are you?" }) });
    expect(await outcome(await runOnce([refusing], () => "done"))).toMatchObject({
      status: "failed",
      output: { message: expect.stringContaining("401: who are you?") },
    });
    const answering = modern({ wrapStep: async () => "from the cache" });
    const engine = await runOnce([answering], ({ step }) => step.run("one", () => "new"));
    expect(await outcome(engine)).toEqual({ status: "completed", output: "from the cache", steps: {} });
  });

  test("what is sent: changed, left out, or not sent at all where a wrapper throws", async () => {
    const middleware = modern({
      transformSendEvent: (args) => ({
        ...args,
        events: args.events.filter(({ name }) => name !== "secret").map((event) => ({ ...event, data: { by: "mw" } })),
      }),
      wrapSendEvent: async ({ next, events }) => {
        const answer = await next();
        if (events.some(({ name }) => name === "bad")) throw new Error("no");
        return answer;
      },
    });
    const engine = await runOnce([middleware], async ({ step }) => {
      const { ids } = await step.sendEvent("tell", [{ name: "never" }, { name: "secret" }]);
      const refused = await step.sendEvent("bad", [{ name: "bad" }, { name: "never" }]).catch((e: Error) => e.message);
      return [ids.length, refused];
    });
    const runs = await engine.runs();
    expect(await outcome(engine)).toMatchObject({ status: "completed", output: [1, "no"] });
    expect(runs.filter(({ run }) => run.functionId === "app-child").map(({ run }) => run.output)).toEqual([
      '{"by":"mw"}',
    ]);
  });
});

describe("SDK v3", () => {
  /** Packs what is recorded, unpacks what is read: as v3's own encryption does it. */
  const packing = new InngestMiddleware({
    name: "packing",
    init: () => ({
      onFunctionRun: () => ({
        transformInput: ({ ctx, steps }) => ({
          ctx: { more: `${ctx.event.data.n}!` },
          steps: steps.map((step) => ({ ...step, data: step.data?.packed ?? step.data })),
        }),
        transformOutput: ({ result }) => (result.error ? {} : { result: { data: { packed: result.data } } }),
      }),
      onSendEvent: () => ({
        transformInput: ({ payloads }) => ({
          payloads: payloads.map((event) => ({ ...event, data: { sent: event.data } })),
        }),
      }),
    }),
  });

  test("results are packed on their way to the journal; handlers get them plain, live and cold", async () => {
    const seen: unknown[] = [];
    const engine = await runOnce([packing], async ({ step, more }) => {
      const one = await step.run("one", () => ({ at: new Date(0) }));
      const child = await step.invoke("call", { function: "app-child", data: { x: 1 } });
      await step.sleep("nap", "30 days");
      seen.push([one, child, more]);
      return "done";
    });
    const { output, steps } = await outcome(engine);
    const one = { at: "1970-01-01T00:00:00.000Z" };
    expect(seen).toEqual([[one, { sent: { x: 1 } }, "1!"]]);
    expect([output, steps["one"], steps["call"]]).toEqual([
      { packed: "done" },
      { packed: one },
      { packed: { sent: { x: 1 } } },
    ]);
  });

  test("errors can be exchanged; a hook that fails makes the run fail", async () => {
    const exchanging = new InngestMiddleware({
      name: "exchanging",
      init: () => ({
        onFunctionRun: () => ({
          transformOutput: ({ result, step }) =>
            result.error && !step
              ? { result: { error: new Error(`exchanged: ${(result.error as Error).message}`) } }
              : {},
        }),
      }),
    });
    const failing = await runOnce([exchanging], () => {
      throw new Error("first");
    });
    expect(await outcome(failing)).toMatchObject({ status: "failed", output: { message: "exchanged: first" } });
    const broken = new InngestMiddleware({
      name: "broken",
      init: () => ({
        onFunctionRun: () => ({
          beforeExecution: () => {
            throw new Error("no execution");
          },
        }),
      }),
    });
    expect(await outcome(await runOnce([broken], () => "done"))).toMatchObject({
      status: "failed",
      output: { message: "no execution" },
    });
  });

  test("both forms together: the list's order is the order", async () => {
    const log: string[] = [];
    const old = (name: string) =>
      new InngestMiddleware({
        name,
        init: () => ({
          onFunctionRun: () => ({
            transformInput: () => void log.push(`${name} in`),
            transformOutput: ({ step }) => void (step || log.push(`${name} out`)),
          }),
        }),
      });
    const fresh = (name: string) =>
      modern({
        transformFunctionInput: (args) => (log.push(`${name} in`), args),
        wrapFunctionHandler: async ({ next }) => {
          const value = await next();
          log.push(`${name} out`);
          return value;
        },
      });
    await outcome(await runOnce([old("A"), fresh("B"), old("C")], () => 1));
    expect(log).toEqual(["A in", "B in", "C in", "C out", "B out", "A out"]);
  });
});
