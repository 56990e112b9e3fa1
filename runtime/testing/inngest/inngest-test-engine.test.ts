import { describe, expect, test } from "vitest";
import { type FunctionDefinition, Stepwright } from "../../define/index.js";
import { InngestTestEngine, mockCtx } from "./inngest-test-engine.js";

const client = new Stepwright({ id: "app" });
let count = 0;
const define = (handler: (context: any) => unknown): FunctionDefinition =>
  client.createFunction({ id: `fn-${++count}`, triggers: [{ event: "test/event" }] }, handler as never);

const two = define(async ({ step }) => {
  const a = await step.run("a", () => "real a");
  return step.run("b", () => `b after ${a}`);
});
const throwing = define(async ({ step }) => {
  await step.run("bad", () => {
    throw new TypeError("exploded");
  });
});

describe("execute", () => {
  test("gives the result, the context with spies, and the state", async () => {
    const { result, error, ctx, state } = await new InngestTestEngine({ function: two }).execute();
    expect(result).toBe("b after real a");
    expect(error).toBeUndefined();
    expect(ctx.step.run).toHaveBeenCalledWith("a", expect.any(Function));
    expect(ctx.step.run).toHaveBeenCalledTimes(2);
    expect(ctx.step.run.mock.calls[1][0]).toBe("b");
    expect(ctx.step.sleep).not.toHaveBeenCalled();
    await expect(ctx.step.run.mock.results[0].value).resolves.toBe("real a");
    await expect(state["a"]).resolves.toBe("real a");
    expect(Object.keys(state)).toEqual(["a", "b"]);
  });

  test("a function or a step that throws is an error, not an exception", async () => {
    const exploding = define(() => {
      throw new Error("function exploded");
    });
    const output = await new InngestTestEngine({ function: exploding }).execute();
    expect(output.error).toMatchObject({ name: "Error", message: "function exploded" });
    expect(output.result).toBeUndefined();
    const ofStep = await new InngestTestEngine({ function: throwing }).execute();
    expect(ofStep.error).toMatchObject({ name: "TypeError", message: "exploded" });
  });

  test("events are those given, completed; without any it is an invocation", async () => {
    const echo = define(({ event, events }) => [event.name, event.data, typeof event.ts, events.length]);
    const t = new InngestTestEngine({ function: echo });
    expect((await t.execute()).result).toEqual(["inngest/function.invoked", {}, "number", 1]);
    const events = [{ name: "x", data: { n: 1 } }, { name: "y" }];
    expect((await t.execute({ events, reqArgs: ["ignored"] })).result).toEqual(["x", { n: 1 }, "number", 2]);
  });

  test("mocks stand for every tool, run when they are needed, once over all clones, and may fail", async () => {
    const order: string[] = [];
    const fn = define(async ({ step }) => {
      const one = await step.run("one", () => order.push("real one"));
      const two = await step.run("two", () => order.push("real two"));
      const event = await step.waitForEvent("three", { event: "x", timeout: "1h" });
      const failed = await step.invoke("four", { function: "app-other" }).catch((error: Error) => error.message);
      await step.sleep("long", "30 days");
      return [one, two, event, failed];
    });
    const t = new InngestTestEngine({
      function: fn,
      steps: [
        { id: "one", handler: async () => (order.push("mock one"), "mocked") },
        { id: "three", handler: () => (order.push("mock three"), { name: "x" }) },
        {
          id: "four",
          handler: () => {
            throw new Error("Oh no!");
          },
        },
      ],
    });
    const { result, state } = await t.execute();
    expect(result).toEqual(["mocked", 2, { name: "x" }, "Oh no!"]);
    expect(order).toEqual(["mock one", "real two", "mock three"]);
    await expect(state["four"]).rejects.toThrow("Oh no!");
    await t.clone().execute();
    expect(order.filter((each) => each === "mock one")).toHaveLength(1);
  });

  test("a wait that is not mocked is an error that says so, not a hang", async () => {
    const fn = define(({ step }) => step.waitForEvent("approval", { event: "x", timeout: "1h" }));
    const { error } = await new InngestTestEngine({ function: fn }).execute();
    expect(error.message).toMatch(/step `approval` \[waitForEvent\].*steps: \[\{ id: "approval"/);
  });

  test("transformCtx takes the place of mockCtx, or goes with it", async () => {
    const fn = define(({ event }) => event.data.who);
    const transformCtx = (ctx: any) => ({ ...mockCtx(ctx), event: { data: { who: "me" } } });
    const { result, ctx } = await new InngestTestEngine({ function: fn, transformCtx }).execute();
    expect(result).toBe("me");
    expect(ctx.step.run.mock.calls).toEqual([]);
  });
});

describe("executeStep", () => {
  test("ends after that step", async () => {
    const t = new InngestTestEngine({ function: two });
    expect(await t.executeStep("a")).toMatchObject({ result: "real a", step: { op: "StepRun", name: "a" } });
    const mocked = await t.executeStep("b", { steps: [{ id: "a", handler: () => "mock" }] });
    expect(mocked.result).toBe("b after mock");
    expect((await new InngestTestEngine({ function: throwing }).executeStep("bad")).error).toMatchObject({
      message: "exploded",
    });
  });

  test("a step that waits is given as it was asked for", async () => {
    const fn = define(async ({ step }) => {
      await step.sleep("nap", "1d");
      await step.waitForEvent("approval", { event: "app/approved", timeout: "1h" });
    });
    const t = new InngestTestEngine({ function: fn });
    const nap = await t.executeStep("nap");
    expect(nap.step).toMatchObject({ op: "Sleep", opts: { forMs: 86_400_000 } });
    expect(nap.result).toBeUndefined();
    const approval = await t.executeStep("approval");
    expect(approval.step).toMatchObject({ op: "WaitForEvent", opts: { event: "app/approved" } });
    await expect(t.executeStep("nowhere")).rejects.toThrow(/step `nowhere` was not reached/);
  });
});

describe("run.waitFor", () => {
  test("goes on from where the execution was, and executes nothing twice", async () => {
    let executions = 0;
    const fn = define(async ({ step }) => {
      await step.run("a", () => ++executions);
      return step.run("b", () => "b");
    });
    const { run, result } = await new InngestTestEngine({ function: fn }).individualExecution();
    expect(result.type).toBe("step-ran");
    const ran = await run.waitFor("step-ran", { step: { id: "b" } });
    expect(ran.result.step.data).toBe("b");
    const end = await ran.run.waitFor("function-resolved");
    expect(end.result.data).toBe("b");
    expect(executions).toBe(1);
  });

  test("parallel steps are found together; a failure before ends the wait", async () => {
    const fn = define(({ step }) => Promise.all([step.run("x", () => 1), step.run("y", () => 2)]));
    const { run } = await new InngestTestEngine({
      function: fn,
      disableImmediateExecution: true,
    }).individualExecution();
    const found = await run.waitFor("steps-found", { steps: [{ id: "y" }] });
    expect(found.result.steps).toHaveLength(2);
    expect((await run.waitFor("function-resolved")).result.data).toEqual([1, 2]);
    const bad = await new InngestTestEngine({ function: throwing }).individualExecution();
    await expect(bad.run.waitFor("function-resolved")).rejects.toThrow(/ended with step-ran: exploded/);
  });
});
