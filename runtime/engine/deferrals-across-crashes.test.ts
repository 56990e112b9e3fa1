/** What a run defers begins once when it has ended, at whatever commit the process dies. */
import { expect, test } from "vitest";
import { Stepwright } from "../define/index.js";
import { createDefer } from "../define/defer.js";
import { crashEverywhere } from "../testing/crash-everywhere.js";

const client = new Stepwright({ id: "app" });
const report = createDefer(client, { id: "report" }, async ({ event, step }) =>
  step.run("write", () => event.data["order"]),
);
const order = client.createFunction(
  { id: "order", triggers: [{ event: "go" }], retries: 1 },
  async ({ step, defer, attempt }) => {
    const second = defer("second", { function: report, data: { order: 2 } });
    await step.run("a", () => void defer("in a", { function: report, data: { order: 1 } }));
    await step.sleep("month", "30 days");
    await step.run("b", () => second.abort());
    if (attempt === 0) throw new Error("once");
    defer("last", { function: report, data: { order: 3 } });
    return "ordered";
  },
);
const undone = client.createFunction(
  { id: "undone", triggers: [{ event: "go" }], retries: 0 },
  async ({ step, defer }) => {
    defer("last", { function: report, data: { order: 4 } });
    await step.run("charge", { rollback: () => {} }, () => 1);
    throw new Error("no stock");
  },
);

test.each(["memory", "sqlite"] as const)("once, and not what was taken back (%s)", async (store) => {
  const result = await crashEverywhere(
    { functions: [report, order, undone] },
    async (t) => {
      await t.send({ name: "go" });
      await t.advance("31 days");
      return t.result(order);
    },
    { store },
  );
  expect(result.differences).toEqual([]);
  expect(result.executions).toContainEqual(
    expect.objectContaining({ functionId: "report", stepId: "write", withoutCrash: 3 }),
  );
  expect(result).toMatchObject({ tried: result.commits * 2, leftOut: 0 });
});
