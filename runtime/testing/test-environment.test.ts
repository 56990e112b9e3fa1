import { afterEach, describe, expect, test } from "vitest";
import { eventType, Stepwright } from "../define/index.js";
import { TestEnvironment, type TestEnvironmentOptions } from "./test-environment.js";

const client = new Stepwright({ id: "kit" });

const charge = client.createFunction({ id: "charge", triggers: [{ event: "never/sent" }] }, async ({ step }) =>
  step.run("pay", () => "really paid"),
);

const order = client.createFunction(
  { id: "order", retries: 3, triggers: [{ event: "order/placed" }] },
  async ({ event, step }) => {
    const reserved = await step.run("reserve", () => `shelf of ${event.data.sku}`);
    const paid = await step.invoke("charge", { function: charge, data: {} });
    await step.sendEvent("announce", { name: "order/shipped", data: { sku: event.data.sku } });
    await step.sleep("month", "30 days");
    return { reserved, paid };
  },
);

const polling = client.createFunction({ id: "polling", triggers: [{ event: "poll" }] }, async ({ step }) => {
  const seen: unknown[] = [];
  for (let i = 0; i < 3; i++) seen.push(await step.run("look", () => "real"));
  return seen;
});

const waiting = client.createFunction({ id: "waiting", triggers: [{ event: "ask" }] }, async ({ step }) => {
  const answer = await step.waitForEvent("answer", { event: "answered", timeout: "2 days" });
  return answer?.data ?? "no answer";
});

const sending = client.createFunction({ id: "sending", triggers: [{ event: "go" }] }, async ({ step }) =>
  step.run("send", async () => (await client.send({ name: "from/body", data: {} })).ids.length),
);

const functions = [charge, order, polling, waiting, sending];
const open: TestEnvironment[] = [];

async function start(more: Partial<TestEnvironmentOptions> = {}): Promise<TestEnvironment> {
  const t = await TestEnvironment.start({ functions, ...more } as TestEnvironmentOptions);
  open.push(t);
  return t;
}

afterEach(async () => {
  for (const t of open.splice(0)) await t.close();
});

describe.each(["memory", "sqlite"] as const)("on %s", (store) => {
  test("a workflow of thirty days takes milliseconds, and its journal can be read", async () => {
    const t = await start({ store });
    await t.send({ name: "order/placed", data: { sku: "tea" } });
    const began = performance.now();
    const before = await t.run(order);
    expect(before.status).toBe("waiting");
    expect(before.waits).toEqual([{ id: "month", on: "time", until: t.now() + 30 * 86_400_000, target: null }]);
    await expect(t.result(order)).rejects.toThrow(/step `month` waits for time until 2026-01-31/);
    await t.advance("30 days");
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(await t.result(order)).toEqual({ reserved: "shelf of tea", paid: "really paid" });
    const run = await t.run(order);
    expect(run.steps.map(({ id, tool, attempts, executions }) => [id, tool, attempts, executions])).toEqual([
      ["reserve", "run", 1, 1],
      ["charge", "invoke", 1, 0],
      ["announce", "sendEvent", 1, 0],
      ["month", "sleep", 1, 0],
    ]);
    expect((await t.sentEvents()).map(({ name, data }) => [name, data])).toEqual([["order/shipped", { sku: "tea" }]]);
    expect((await t.run(charge)).parent).toEqual({ runId: run.id, stepId: "charge" });
  });

  test("a crash before a commit executes the body again, one after it does not", async () => {
    for (const [when, executions] of [
      ["before", 2],
      ["after", 1],
    ] as const) {
      const t = await start({ store });
      // The event and its run, then the first step.
      t.crashAtCommit(2, when);
      await t.send({ name: "order/placed", data: { sku: "tea" } });
      expect(t.crashes).toBe(1);
      const run = await t.run(order);
      expect(run.steps[0]).toMatchObject({ id: "reserve", executions, attempts: 1 });
      await t.advance("30 days");
      expect(await t.result(order)).toEqual({ reserved: "shelf of tea", paid: "really paid" });
    }
  });

  test("an event is not lost, nor accepted twice, when its commit crashes", async () => {
    for (const when of ["before", "after"] as const) {
      const t = await start({ store });
      t.crashAtCommit(1, when);
      const { ids } = await t.send({ name: "poll" });
      expect(ids).toHaveLength(1);
      expect(await t.runs()).toHaveLength(1);
      expect(await t.result(polling)).toEqual(["real", "real", "real"]);
      t.crashAtCommit(1, when);
      const runId = await t.invoke(polling, {});
      expect((await t.run(runId)).status).toBe("completed");
      expect(await t.runs(polling)).toHaveLength(2);
    }
  });
});

test("steps and functions are scripted", async () => {
  const t = await start();
  t.step("reserve").failsTimes(2, new Error("busy")).returns("scripted shelf");
  t.function(charge).returns("scripted payment");
  await t.send({ name: "order/placed", data: { sku: "tea" } });
  const waits = (await t.run("order")).waits;
  expect(waits).toMatchObject([{ id: "reserve", on: "retry" }]);
  await t.advance("31 days");
  expect(await t.result(order)).toEqual({ reserved: "scripted shelf", paid: "scripted payment" });
  const [reserve] = (await t.run(order)).steps;
  expect(reserve).toMatchObject({ attempts: 3, executions: 3 });
  expect(reserve?.failures.map(({ error }) => error.message)).toEqual(["busy", "busy"]);
});

test("a script keeps its place over a crash", async () => {
  const t = await start();
  t.step("reserve").failsTimes(1).returns("second attempt");
  await t.send({ name: "order/placed", data: { sku: "tea" } });
  await t.crash();
  await t.advance("31 days");
  expect((await t.result(order)).reserved).toBe("second attempt");
});

test("the repeats of a step are scripted one by one, or together", async () => {
  const t = await start();
  t.step("look").returns("every");
  t.step("look:0").returns("first");
  t.step("look:2", { function: polling }).runs(({ attempt }) => `third, attempt ${attempt}`);
  await t.send({ name: "poll" });
  expect(await t.result(polling)).toEqual(["first", "every", "third, attempt 0"]);
});

test("failures without another outcome are followed by the step's own code", async () => {
  const t = await start();
  t.step("look:0").failsTimes(1);
  await t.send({ name: "poll" });
  await t.advance("1 minute");
  expect(await t.result(polling)).toEqual(["real", "real", "real"]);
});

test("a step that uses up its attempts fails the run", async () => {
  const t = await start();
  t.step("reserve").throws(new Error("for good"));
  await t.send({ name: "order/placed", data: { sku: "tea" } });
  await t.advance("1 day");
  await expect(t.result(order)).rejects.toThrow(/is failed: for good \(run-not-completed/);
  expect((await t.run(order)).steps).toMatchObject([{ id: "reserve", status: "failed", attempts: 4 }]);
});

test("other tools are scripted, too, and keep their result over a crash", async () => {
  const t = await start();
  t.step("answer").returns({ data: "scripted" });
  await t.send({ name: "ask" });
  expect(await t.result(waiting)).toBe("scripted");
  expect((await t.run(waiting)).steps).toMatchObject([{ id: "answer", tool: "waitForEvent" }]);
});

test("a script that nothing asks for is reported", async () => {
  const t = await TestEnvironment.start({ functions });
  t.step("reserv").returns(1);
  t.step("look", { function: order }).returns(1);
  t.step("perhaps").optional().returns(1);
  t.function("charge").returns(1);
  await t.send({ name: "poll" });
  expect(t.unusedScripts).toEqual(["step `look` of `kit-order`", "step `reserv`", "function `kit-charge`"]);
  await expect(t.close()).rejects.toThrow(/never asked for: step `look` of `kit-order`, step `reserv`.*unused-script/);
});

test("waits end by an event, or with their time", async () => {
  const t = await start();
  await t.send({ name: "ask" }, { name: "ask" });
  await t.send({ name: "answered", data: { yes: true } });
  await t.advance("2 days");
  expect((await t.runs(waiting)).map(({ result }) => result)).toEqual([{ yes: true }, { yes: true }]);
  await t.send({ name: "ask" });
  await t.advance("2 days");
  expect((await t.runs(waiting)).at(-1)?.result).toBe("no answer");
  await expect(t.run(waiting)).rejects.toThrow(/`waiting` has 3 runs \(several-runs/);
  await expect(t.run("nobody")).rejects.toThrow(/there is no run `nobody`/);
});

test("`client.send` reaches the environment, from a body and from the test", async () => {
  const t = await start();
  await client.send({ name: "go", data: {} });
  await t.settle();
  expect(await t.result(sending)).toBe(1);
  expect((await t.sentEvents()).map(({ name }) => name)).toEqual(["from/body"]);
});

test("new code goes on with what the old has done", async () => {
  const t = await start();
  await t.send({ name: "ask" });
  const changed = client.createFunction({ id: "waiting", triggers: [{ event: "ask" }] }, async ({ step }) => {
    await step.waitForEvent("answer", { event: "answered", timeout: "2 days" });
    return "new code";
  });
  await t.deploy({ functions: [changed] });
  await t.advance("2 days");
  expect(await t.result(changed)).toBe("new code");
});

test("what is typed is checked before it is sent", async () => {
  const typed = eventType("typed");
  const fn = client.createFunction({ id: "typed", triggers: [typed] }, async () => 1);
  const t = await TestEnvironment.start({ functions: [fn] });
  await expect(t.send({ name: "" })).rejects.toThrow(/invalid|name/);
  await expect(t.invoke("missing")).rejects.toThrow(/could not find function `missing`|kit-missing/);
  expect(() => t.crashAtCommit(0)).toThrow(/invalid-option/);
  await expect(t.advance("soon")).rejects.toThrow(/invalid-option/);
  await t.close();
  await expect(t.send({ name: "typed" })).rejects.toThrow();
});
