/** What a runtime is told of each kind of step and of each end. The shapes were taken down from the SDK's answers (4.24). */
import { describe, expect, it } from "vitest";
import { Middleware } from "../../define/index.js";
import {
  createClient,
  hash,
  NonRetriableError,
  openEndpoint,
  RetryAfterError,
  type CallOptions,
} from "../serve-fixture.js";

const triggers = [{ event: "order/placed" }];
const planned = (key: string, more: object = {}) => {
  const id = key.replace(/:\d+$/, "");
  return {
    op: "StepPlanned",
    id: hash(key),
    name: id,
    displayName: id,
    opts: {},
    userland: { id },
    data: null,
    ...more,
  };
};

/** Serves one function `f` and calls it. */
function serving(handler: (context: any) => unknown, config: object = {}) {
  const client = createClient();
  const fn = client.createFunction({ id: "f", triggers, ...config }, handler);
  const open = openEndpoint({ client, functions: [fn] });
  return {
    ...open,
    run: (steps: Record<string, unknown> = {}, more: CallOptions = {}) => open.call("f", steps, more),
  };
}

describe("a step", () => {
  const sequence = serving(async ({ step }) => {
    const a = await step.run("a", () => ({ n: 1 }));
    return step.run({ id: "b", name: "Bee" }, (n: number) => n + 1, a.n);
  });

  it("that stands alone is executed at once", async () => {
    const { status, json, headers } = await sequence.run();
    expect(status).toBe(206);
    expect(json).toEqual([{ ...planned("a"), op: "StepRun", data: { n: 1 }, timing: { a: expect.any(Number), b: 0 } }]);
    expect(headers.get("x-inngest-req-version")).toBe("2");
    expect(headers.get("server-timing")).toMatch(/call;dur=0, action;dur=0/);
  });

  it("gives its recorded result", async () => {
    const { json } = await sequence.run({ a: { type: "data", data: { n: 41 } } });
    expect(json).toMatchObject([{ op: "StepRun", name: "b", displayName: "Bee", opts: { input: [41] }, data: 42 }]);
    const end = await sequence.run({ a: { data: { n: 41 } }, b: 42 });
    expect([end.status, end.json]).toEqual([200, 42]);
  });

  it("is only planned where the runtime says so", async () => {
    const { json } = await sequence.run({}, { ctx: { disable_immediate_execution: true } });
    expect(json).toEqual([planned("a")]);
  });

  it("has keys of its own when it is repeated", async () => {
    const { run } = serving(async ({ step }) => {
      for (let i = 0; i < 3; i++) await step.run("each", () => i);
      return "done";
    });
    const { json } = await run({ each: 0, "each:1": 1 });
    expect(json).toMatchObject([{ op: "StepRun", id: hash("each:2"), userland: { id: "each", index: 2 }, data: 2 }]);
  });

  it("is executed with another input where somebody has changed it", async () => {
    const { run } = serving(async ({ step }) => step.run("add", (a: number, b: number) => a + b, 1, 2));
    const { json } = await run({ add: { type: "input", input: [3, 4] } });
    expect(json).toMatchObject([{ op: "StepRun", data: 7, opts: { input: [3, 4] } }]);
  });

  it("that fails is tried again by the runtime, as long as it says", async () => {
    const { run } = serving(async ({ step }) => step.run("bad", () => Promise.reject(new TypeError("boom"))));
    const again = await run({}, { ctx: { attempt: 1, max_attempts: 3 } });
    expect(again.json).toMatchObject([
      { op: "StepError", error: { name: "TypeError", message: "boom", __serialized: true } },
    ]);
    expect(again.headers.get("x-inngest-no-retry")).toBe("false");
    const last = await run({}, { ctx: { attempt: 2, max_attempts: 3 } });
    expect(last.json).toMatchObject([
      { op: "StepFailed", error: { message: "boom" }, data: { message: "boom", stack: "" } },
    ]);
    expect(last.headers.get("x-inngest-no-retry")).toBe("true");
  });

  it("may say itself whether and when it is tried again", async () => {
    const never = serving(async ({ step }) => step.run("bad", () => Promise.reject(new NonRetriableError("no"))));
    expect((await never.run()).json).toMatchObject([{ op: "StepFailed" }]);
    const later = serving(async ({ step }) =>
      step.run("bad", () => Promise.reject(new RetryAfterError("wait", "10m"))),
    );
    const { json, headers } = await later.run();
    expect(json).toMatchObject([{ op: "StepError" }]);
    expect(headers.get("retry-after")).toBe("600");
    const once = serving(async ({ step }) => step.run({ id: "bad", retries: 0 }, () => Promise.reject(new Error("x"))));
    expect((await once.run()).json).toMatchObject([{ op: "StepFailed" }]);
  });

  it("whose result is no JSON fails for good", async () => {
    const { run } = serving(async ({ step }) => step.run("big", () => 1n));
    expect((await run()).json).toMatchObject([{ op: "StepFailed", error: { code: "step-not-serializable" } }]);
  });

  it("that takes longer than it may is given up", async () => {
    const { run, clock } = serving(async ({ step }) =>
      step.run({ id: "slow", timeout: "10s" }, ({ signal }: { signal: AbortSignal }) => {
        queueMicrotask(() => clock.advance(10_000));
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
      }),
    );
    expect((await run()).json).toMatchObject([
      { op: "StepError", error: { name: "StepTimeoutError", code: "step-timeout" } },
    ]);
  });

  it("that has failed for good reaches the handler as a StepError", async () => {
    const { run } = serving(async ({ step }) => {
      try {
        await step.run("bad", () => 1);
      } catch (error) {
        return `${(error as Error).name}: ${(error as Error).message}`;
      }
      return "";
    });
    const error = { name: "TypeError", message: "boom", stack: "s" };
    expect((await run({ bad: { type: "error", error } })).json).toBe("TypeError: boom");
  });

  it("inside of a step, and one that is asked for twice at a time, are mistakes", async () => {
    const nested = serving(async ({ step }) => step.run("outer", () => step.run("inner", () => 1)));
    expect((await nested.run()).json).toMatchObject([{ op: "StepFailed", error: { code: "nested-step" } }]);
    const twice = serving(async ({ step }) => Promise.all([step.run("x", () => 1), step.run("x", () => 2)]));
    const { status, json } = await twice.run();
    expect([status, json.code]).toEqual([400, "duplicate-step-id"]);
  });
});

describe("steps side by side", () => {
  const parallel = serving(async ({ step }) => Promise.all([step.run("x", () => 1), step.run("y", () => 2)]));

  it("are planned, and executed one by one when the runtime names them", async () => {
    expect((await parallel.run()).json).toEqual([planned("x"), planned("y")]);
    const y = await parallel.run({}, { step: "y" });
    expect(y.json).toMatchObject([{ op: "StepRun", id: hash("y"), data: 2 }]);
    expect((await parallel.run({ x: 1, y: 2 })).json).toEqual([1, 2]);
  });

  it("continue in the order in which they ended", async () => {
    const { run } = serving(async ({ step }) => {
      const order: string[] = [];
      const one = async (id: string) => {
        await step.run(id, () => 1);
        order.push(id);
      };
      await Promise.all([one("x"), one("y"), one("z")]);
      return order;
    });
    expect((await run({ z: 1, x: 1, y: 1 })).json).toEqual(["z", "x", "y"]);
  });

  it("race: the run lasts until the slower one is known to the runtime", async () => {
    const { run } = serving(async ({ step }) => Promise.race([step.run("x", () => 1), step.sleep("nap", "1h")]));
    expect((await run({ x: 1 })).json).toMatchObject([{ op: "Sleep", name: "1h" }]);
    expect((await run({ x: 1, nap: null })).json).toBe(1);
  });

  it("a durable race has one winner, whose losers are not asked for", async () => {
    const { run } = serving(async ({ step }) =>
      step.race("who", {
        quick: async () => `${await step.run("x", () => "x")}!`,
        slow: () => step.sleep("nap", "1h"),
      }),
    );
    const both = await run();
    expect(both.json).toMatchObject([
      { op: "StepPlanned", name: "x", opts: { parallelMode: "race" } },
      { op: "Sleep", opts: { parallelMode: "race" } },
    ]);
    expect((await run({ x: "x" })).json).toMatchObject([
      { op: "StepRun", id: hash("who"), data: { winner: "quick", value: "x!" } },
    ]);
    expect((await run({ x: "x", who: { winner: "quick", value: "x!" } })).json).toEqual({
      winner: "quick",
      value: "x!",
    });
  });

  it("a step that is named and not asked for is told with those that are", async () => {
    const { run, clock } = serving(async ({ step }) => {
      setImmediate(() => setImmediate(() => clock.advance(10_000)));
      await Promise.all([step.run("x", () => 1), step.run("y", () => 2)]);
    });
    const { status, json, headers } = await run({}, { step: "gone" });
    expect(status).toBe(500);
    expect(headers.get("x-inngest-no-retry")).toBe("false");
    expect(json).toMatchObject({
      requestedStep: hash("gone"),
      totalFoundSteps: 2,
      foundSteps: [{ displayName: "x" }, {}],
    });
  });
});

describe("a step that the runtime performs is described", () => {
  const describeStep = async (ask: (step: any) => unknown) => (await serving(({ step }) => ask(step)).run()).json[0];

  it.each([
    ["sleep", (step: any) => step.sleep("s", "90m"), { op: "Sleep", name: "1h30m", opts: {} }],
    ["a short sleep", (step: any) => step.sleep("s", 1_500), { op: "Sleep", name: "1s500ms" }],
    [
      "sleepUntil",
      (step: any) => step.sleepUntil("s", new Date(1e12)),
      { op: "Sleep", name: "2001-09-09T01:46:40.000Z" },
    ],
    [
      "waitForEvent",
      (step: any) => step.waitForEvent("s", { event: "x/y", timeout: "2d", match: "data.id" }),
      { op: "WaitForEvent", name: "x/y", opts: { timeout: "2d", if: "event.data.id == async.data.id" } },
    ],
    [
      "waitForSignal",
      (step: any) => step.waitForSignal("s", { signal: "sig", timeout: "1m", onConflict: "replace" }),
      { op: "WaitForSignal", name: "sig", opts: { signal: "sig", timeout: "1m", conflict: "replace" } },
    ],
    [
      "invoke",
      (step: any) => step.invoke("s", { function: "shop-other", data: { q: 1 }, timeout: "1h" }),
      { op: "InvokeFunction", opts: { function_id: "shop-other", payload: { data: { q: 1 } }, timeout: "1h" } },
    ],
    [
      "fetch",
      (step: any) => step.fetch("https://example.com/x", { method: "POST", headers: { a: "b" }, body: "hi" }),
      { op: "Gateway", opts: { url: "https://example.com/x", method: "POST", headers: { a: "b" }, body: "hi" } },
    ],
    [
      "ai.infer",
      (step: any) =>
        step.ai.infer("s", { model: step.ai.models.openai({ model: "gpt", apiKey: "k" }), body: { messages: [] } }),
      { op: "AIGateway", opts: { auth_key: "k", format: "openai-chat", body: { messages: [], model: "gpt" } } },
    ],
  ])("%s", async (_, ask, expected) => {
    const op = await describeStep(ask);
    expect(op).toMatchObject(expected);
    expect(JSON.stringify(op)).not.toContain("Bearer");
  });

  it("and what it gives is read: a response of a gateway, an event, the time that has passed", async () => {
    const { run } = serving(async ({ step }) => {
      const response = await step.fetch("get", "https://example.com/x");
      const event = await step.waitForEvent("wait", { event: "x/y", timeout: "1d" });
      return [
        response.status,
        response.url,
        response.headers.get("a"),
        await response.json(),
        event,
        await step.sleep("s", 1),
      ];
    });
    const { json } = await run({
      get: { data: { status_code: 201, headers: { a: "b", "content-encoding": "gzip" }, body: '{"n":1}' } },
      wait: { data: { name: "x/y", data: {} } },
      s: null,
    });
    expect(json).toEqual([201, "https://example.com/x", "b", { n: 1 }, { name: "x/y", data: {} }, null]);
  });

  it("one that needs the runtime's own process is refused", async () => {
    const tx = serving(({ step }) => step.transaction("t", () => 1));
    expect((await tx.run()).json).toMatchObject({ code: "unsupported-step" });
    const rollback = serving(({ step }) => step.run("r", { rollback: () => {} }, () => 1));
    expect(await rollback.run()).toMatchObject({ status: 400, json: { code: "unsupported-step" } });
    const limited = serving(({ step }) => step.run("r", { limit: { concurrency: 1 } }, () => 1));
    expect((await limited.run()).json.message).toMatch(
      /`r` has a `limit`, which needs the runtime in the same process/,
    );
    const wait = { event: "x/y", timeout: "1d", lookback: "5m" };
    const looking = serving(({ step }) => step.waitForEvent("w", wait));
    expect((await looking.run()).json.message).toMatch(/`w` has a `lookback`, which needs the runtime/);
  });
});

it("signals are sent by the step, over HTTP", async () => {
  const { run, runtime } = serving(async ({ step }) => step.sendSignal("tell", { signal: "sig", data: 1 }));
  runtime.answer = () => Response.json({ data: { run_id: "other" } });
  expect((await run()).json).toMatchObject([
    { op: "StepRun", name: "sendSignal", opts: { type: "step.sendSignal", signal: "sig" }, data: { runId: "other" } },
  ]);
  expect(runtime.requests).toMatchObject([{ path: "/v1/signals", body: { signal: "sig", data: 1 } }]);
});

describe("sent events", () => {
  it("are sent by the step, over HTTP", async () => {
    const { run, runtime } = serving(async ({ step }) => step.sendEvent("tell", { name: "a/b", data: { n: 1 } }));
    runtime.answer = () => Response.json({ ids: ["id-1"], status: 200 });
    const { json } = await run();
    expect(json).toMatchObject([
      { op: "StepRun", name: "sendEvent", opts: { type: "step.sendEvent" }, data: { ids: ["id-1"] } },
    ]);
    expect(runtime.requests).toMatchObject([{ path: "/e/local", body: [{ name: "a/b", data: { n: 1 } }] }]);
  });
});

describe("the end", () => {
  it.each([
    ["a result", () => ({ ok: true }), 200, { ok: true }, null],
    ["none", () => undefined, 200, null, null],
    ["an error", () => Promise.reject(new RangeError("out")), 500, { name: "RangeError", message: "out" }, "false"],
    ["a last error", () => Promise.reject(new NonRetriableError("no")), 400, { name: "NonRetriableError" }, "true"],
    ["what is no error", () => Promise.reject("text"), 500, { name: "Error", message: "text" }, "false"],
    ["what is no JSON", () => 1n, 400, { code: "step-not-serializable" }, "true"],
  ])("with %s", async (_, handler, status, body, noRetry) => {
    const answer = await serving(async () => handler()).run();
    expect(answer.status).toBe(status);
    if (body === null) expect(answer.json).toBeNull();
    else expect(answer.json).toMatchObject(body);
    expect(answer.headers.get("x-inngest-no-retry")).toBe(noRetry);
  });

  it("after the last attempt is for good", async () => {
    const { run } = serving(() => Promise.reject(new Error("x")));
    expect((await run({}, { ctx: { attempt: 3, max_attempts: 4 } })).status).toBe(400);
  });

  it("of a step that nobody catches is the run's", async () => {
    const { run } = serving(async ({ step }) => step.run("bad", () => 1));
    const { status, headers } = await run({ bad: { error: { name: "Error", message: "boom" } } });
    expect([status, headers.get("x-inngest-no-retry")]).toEqual([400, "true"]);
  });

  it("of a function that failed is told to its onFailure, with the error", async () => {
    const { ask, call } = serving(() => 1, { onFailure: async ({ error }: any) => `${error.name}: ${error.message}` });
    const event = {
      name: "inngest/function.failed",
      data: { error: { name: "E", message: "why" }, function_id: "shop-f" },
    };
    expect((await call("f-failure", {}, { event })).json).toBe("E: why");
    const { json } = await ask("PUT", "", { url: "http://shop.test/x" }, { "x-inngest-sync-kind": "in_band" });
    expect(json.functions.map(({ id }: { id: string }) => id)).toEqual(["shop-f", "shop-f-failure"]);
  });
});

describe("a call", () => {
  it("brings the context", async () => {
    const { run } = serving(({ event, events, runId, attempt, maxAttempts }) => [
      event.data,
      events.length,
      runId,
      attempt,
      maxAttempts,
    ]);
    const event = { name: "order/placed", data: { id: 1 } };
    const { json } = await run({}, { events: [event, event], event, ctx: { attempt: 1, max_attempts: 5 } });
    expect(json).toEqual([{ id: 1 }, 2, "run-1", 1, 5]);
  });

  it("that was too large for a request is fetched", async () => {
    const { run, runtime } = serving(async ({ events, step }) => [events.length, await step.run("a", () => 0)]);
    runtime.answer = ({ path }) =>
      path.endsWith("/batch")
        ? Response.json([
            { name: "order/placed", data: {} },
            { name: "order/placed", data: {} },
          ])
        : Response.json({ [hash("a")]: { type: "data", data: 5 } });
    const { json } = await run({}, { ctx: { use_api: true, stack: { stack: [], current: 0 } } });
    expect(json).toEqual([2, 5]);
    expect(runtime.requests.map(({ path }) => path).sort()).toEqual(["/v0/runs/run-1/actions", "/v0/runs/run-1/batch"]);
  });

  it("whose state cannot be fetched is tried again", async () => {
    const { run, runtime } = serving(() => 1);
    runtime.answer = () => new Response("<html>", { status: 502 });
    expect(await run({}, { ctx: { use_api: true } })).toMatchObject({
      status: 500,
      json: { code: "state-unavailable" },
    });
  });

  it("with data that does not fit the schema fails for good", async () => {
    const schema = {
      "~standard": {
        version: 1 as const,
        vendor: "test",
        validate: (value: any) => (value.id === 1 ? { value } : { issues: [{ message: "not 1" }] }),
      },
    };
    const { run } = serving(() => "ran", { triggers: [{ event: "order/placed", schema }] });
    expect(await run()).toMatchObject({ status: 400, json: { name: "NonRetriableError" } });
    expect((await run({}, { event: { name: "order/placed", data: { id: 1 } } })).json).toBe("ran");
  });

  it("cannot reach a prototype", async () => {
    const { ask } = serving(async ({ event, step }) => [event.data, await step.run("a", () => 1)]);
    const body = `{"event":{"name":"order/placed","data":{"\\u005f_proto__":{"polluted":1},"ok":1}},"steps":{"__proto__":{"polluted":1},"${hash("a")}":{"data":2}},"ctx":{"run_id":"r","attempt":0}}`;
    const { json } = await ask("POST", "?fnId=shop-f&stepId=step", body);
    expect(json).toEqual([{ ok: 1 }, 2]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

it("rich results come back as what they were", async () => {
  const { run } = serving(
    async ({ step }) => {
      const at: Date = await step.run("at", () => new Date(5));
      return { next: new Date(at.getTime() + 1) };
    },
    { serialization: "rich" },
  );
  const [op] = (await run()).json;
  expect(op.data).toEqual({ $rich: { $date: "1970-01-01T00:00:00.005Z" } });
  expect((await run({ at: { type: "data", data: op.data } })).json).toEqual({
    $rich: { next: { $date: "1970-01-01T00:00:00.006Z" } },
  });
});

describe("middleware", () => {
  it("sees the request, the steps and the answer of a served function", async () => {
    const seen: string[] = [];
    class Spy extends Middleware.BaseMiddleware {
      readonly id = "spy";
      override async wrapRequest({ next, requestInfo, runId }: Middleware.WrapRequestArgs) {
        seen.push(`${requestInfo.method} ${requestInfo.url.searchParams.get("fnId")} ${runId}`);
        const response = await next();
        seen.push(String(response.status));
        return { ...response, headers: { ...response.headers, "x-mine": "1" } };
      }
      override async wrapStepHandler({ next, stepInfo }: Middleware.WrapStepHandlerArgs) {
        seen.push(`step ${stepInfo.options.id}`);
        return { wrapped: await next() };
      }
      override transformFunctionInput(args: Middleware.TransformFunctionInputArgs) {
        return { ...args, ctx: { ...args.ctx, extra: "more" } as never };
      }
      override onRunComplete({ output }: Middleware.OnRunCompleteArgs) {
        seen.push(`complete ${JSON.stringify(output)}`);
      }
    }
    const client = createClient({ middleware: [Spy] });
    const fn = client.createFunction({ id: "f", triggers }, async ({ step, extra }: any) => [
      extra,
      await step.run("a", () => 1),
    ]);
    const { call } = openEndpoint({ client, functions: [fn] });
    const first = await call("f");
    expect(first.json).toMatchObject([{ op: "StepRun", data: { wrapped: 1 } }]);
    expect(first.headers.get("x-mine")).toBe("1");
    expect(seen).toEqual(["POST shop-f run-1", "step a", "206"]);
    seen.length = 0;
    expect((await call("f", { a: { wrapped: 1 } })).json).toEqual(["more", { wrapped: 1 }]);
    expect(seen).toEqual(["POST shop-f run-1", 'complete ["more",{"wrapped":1}]', "200"]);
  });

  it("that fails fails the call", async () => {
    class Broken extends Middleware.BaseMiddleware {
      readonly id = "broken";
      override transformFunctionInput(): never {
        throw new Error("broken");
      }
    }
    const client = createClient({ middleware: [Broken] });
    const fn = client.createFunction({ id: "f", triggers }, async () => 1);
    const { status, json } = await openEndpoint({ client, functions: [fn] }).call("f");
    expect([status, json.message]).toEqual([500, "broken"]);
  });
});
