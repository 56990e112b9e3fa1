import { describe, expect, it } from "vitest";
import { createClient, hash, openEndpoint, type Sent } from "../serve-fixture.js";

const ctx = { fn_id: "fn-uuid", qi_id: "queue-item" };

function serving(handler: (context: any) => unknown, checkpointing?: unknown) {
  const client = createClient({ checkpointing });
  const fn = client.createFunction({ id: "f", triggers: [{ event: "order/placed" }] }, handler);
  const open = openEndpoint({ client, functions: [fn] });
  const posted = () =>
    open.runtime.requests.map(({ path, body }: Sent) => [path, body.steps.map((op: any) => op.name)]);
  return { ...open, posted, run: (more: object = {}) => open.call("f", {}, { ctx: { ...ctx, ...more } }) };
}

const three = async ({ step }: any) => {
  const a = await step.run("a", () => 1);
  const b = await step.run("b", () => a + 1);
  return step.run("c", () => b + 1);
};
const path = "/v1/checkpoint/run-1/async";
const complete = { op: "RunComplete", id: hash("complete") };

describe("checkpointing", () => {
  it("executes all steps in one request and posts each result as it comes", async () => {
    const { run, posted, runtime } = serving(three);
    const { status, json } = await run();
    expect([status, json]).toEqual([206, [{ ...complete, data: 3 }]]);
    expect(posted()).toEqual([
      [path, ["a"]],
      [path, ["b"]],
      [path, ["c"]],
    ]);
    expect(runtime.requests[0]?.body).toMatchObject({
      run_id: "run-1",
      fn_id: "fn-uuid",
      qi_id: "queue-item",
      steps: [{ op: "StepRun", id: hash("a"), data: 1 }],
    });
  });

  it("posts several results together, and what is left with the end", async () => {
    const { run, posted } = serving(three, { bufferedSteps: 2 });
    expect((await run()).json).toMatchObject([
      { name: "c", data: 3 },
      { ...complete, data: 3 },
    ]);
    expect(posted()).toEqual([[path, ["a", "b"]]]);
  });

  it("is not done where it is off, where a step is named, or where the runtime does not say under which ids", async () => {
    for (const { run } of [serving(three, false), serving(three)]) {
      const ids = run === undefined ? {} : { fn_id: null };
      expect((await run(ids)).json).toMatchObject([{ op: "StepRun", name: "a" }]);
    }
    const named = serving(three);
    expect((await named.call("f", {}, { ctx, step: "a" })).json).toMatchObject([{ op: "StepRun", name: "a" }]);
    expect(named.posted()).toEqual([]);
  });

  it("ends where the runtime has to do something, after the results are posted", async () => {
    const { run, posted } = serving(
      async ({ step }) => {
        await step.run("a", () => 1);
        await step.sleep("nap", "1h");
      },
      { bufferedSteps: 10 },
    );
    expect((await run()).json).toMatchObject([{ op: "Sleep" }]);
    expect(posted()).toEqual([[path, ["a"]]]);
  });

  it("leaves the retries to the runtime", async () => {
    const failing = async ({ step }: any) => {
      await step.run("a", () => 1);
      await step.run("bad", () => Promise.reject(new Error("boom")));
    };
    const { run, posted } = serving(failing, { bufferedSteps: 10 });
    const { json, headers } = await run();
    expect(json).toMatchObject([{ op: "StepError", name: "bad" }]);
    expect(headers.get("x-inngest-no-retry")).toBe("false");
    expect(posted()).toEqual([[path, ["a"]]]);
    // The next step's attempts are counted anew.
    expect((await serving(three).run({ attempt: 1 })).json).toMatchObject([{ op: "StepRun", name: "a" }]);
  });

  it("loses no result where the runtime does not take it", async () => {
    const { run, runtime } = serving(three);
    runtime.answer = () => new Response("no", { status: 400 });
    expect((await run()).json).toMatchObject([{ op: "StepRun", name: "a", data: 1 }]);
  });

  it("tries again where the runtime is not reached", async () => {
    const { run, runtime, clock } = serving(three);
    runtime.answer = () => {
      if (runtime.requests.length > 2) return Response.json({});
      setImmediate(() => clock.advance(10_000));
      return runtime.requests.length === 1 ? Promise.reject(new Error("down")) : new Response("", { status: 503 });
    };
    const { json } = await run();
    expect(runtime.requests.map(({ body }) => body.steps[0].name).slice(0, 3)).toEqual(["a", "a", "a"]);
    // The time has run out meanwhile.
    expect(json).toMatchObject([{ op: "StepPlanned", name: "b" }]);
  });

  it("stops at once when another request has the run", async () => {
    const { run, runtime } = serving(three);
    runtime.answer = () => new Response("stale", { status: 409 });
    const { status, headers } = await run();
    expect([status, headers.get("x-inngest-no-retry")]).toEqual([400, "true"]);
    expect(runtime.requests).toHaveLength(1);
  });

  it("begins no step any more when the request has lasted long enough", async () => {
    const { run, clock } = serving(
      async ({ step }) => {
        await step.run("a", () => clock.advance(60_000));
        await step.run("b", () => 2);
      },
      { maxRuntime: "1m" },
    );
    expect((await run()).json).toMatchObject([{ op: "StepPlanned", name: "b" }]);
  });

  it("goes on after a race that is decided here", async () => {
    const { run, posted } = serving(async ({ step }) => {
      const { winner } = await step.race("who", {
        one: async () => step.run("a", () => 1),
        two: () => new Promise(() => {}),
      });
      return step.run("b", () => winner);
    });
    expect((await run()).json).toEqual([{ ...complete, data: "one" }]);
    expect(posted().map(([, names]) => names)).toEqual([["a"], ["who"], ["b"]]);
  });
});
