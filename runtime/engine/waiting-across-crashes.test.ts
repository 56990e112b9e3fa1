/** Waits for signals, and waits that look back: they come to the same, wherever the process dies. */
import { expect, test } from "vitest";

import { Stepwright } from "../define/index.js";
import { crashEverywhere } from "../testing/crash-everywhere.js";

const client = new Stepwright({ id: "waiting" });

const waiter = client.createFunction({ id: "waiter", triggers: [{ event: "go" }] }, async ({ step }) => {
  const approval = await step.waitForSignal("approval", { signal: "approve", timeout: "1 day" });
  return approval?.data;
});
const sender = client.createFunction({ id: "sender", triggers: [{ event: "approved" }] }, async ({ event, step }) => {
  const { runId } = await step.sendSignal("send", { signal: "approve", data: event.data.by });
  return runId === undefined ? "nobody" : "somebody";
});

test.each(["memory", "sqlite"] as const)("a signal is delivered once (%s)", async (store) => {
  const report = await crashEverywhere(
    { functions: [waiter, sender] },
    async (t) => {
      await t.send({ name: "go" });
      await t.advance("1 hour");
      await t.send({ name: "approved", data: { by: "ann" } });
      await t.send({ name: "approved", data: { by: "too late" } });
      return t.result(waiter);
    },
    { store },
  );
  expect(report.differences).toEqual([]);
  expect(report.commits).toBeGreaterThan(5);
});

const looking = client.createFunction({ id: "looking", triggers: [{ event: "order/placed" }] }, async ({ step }) => {
  await step.run("before", () => 1);
  await step.sleep("pause", "10s");
  const options = { event: "order/paid", match: "data.orderId", timeout: "1 day", lookback: "5m" };
  const paid = await step.waitForEvent("paid", options);
  const [again, beside] = await Promise.all([
    step.waitForEvent("refunded", { ...options, event: "order/refunded" }),
    step.run("beside", () => 2),
  ]);
  return [paid?.data.n, again?.data.n, beside];
});

test.each(["memory", "sqlite"] as const)("an event that came before the wait is not lost (%s)", async (store) => {
  const report = await crashEverywhere(
    { functions: [looking] },
    async (t) => {
      await t.send({ name: "order/placed", data: { orderId: "a" } });
      await t.advance("5s");
      await t.send({ name: "order/paid", data: { orderId: "a", n: 1 } });
      await t.send({ name: "order/paid", data: { orderId: "a", n: 2 } });
      await t.advance("1 hour");
      await t.send({ name: "order/refunded", data: { orderId: "a", n: 3 } });
      await t.advance("1 hour");
      return t.result(looking);
    },
    { store },
  );
  expect(report.differences).toEqual([]);
  expect(report.commits).toBeGreaterThan(5);
});
