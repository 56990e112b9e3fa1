import { expect, test } from "vitest";
import { Stepwright } from "../define/index.js";
import { crashEverywhere } from "./crash-everywhere.js";

const client = new Stepwright({ id: "crashing" });

const child = client.createFunction({ id: "child", triggers: [{ event: "never" }] }, async ({ step }) =>
  step.run("inner", () => 7),
);
const order = client.createFunction({ id: "order", triggers: [{ event: "go" }] }, async ({ step }) => {
  const parts = await Promise.all([step.run("a", () => 1), step.run("b", () => 2)]);
  const paid = await step.invoke("pay", { function: child, data: {} });
  await step.sendEvent("tell", { name: "told", data: { paid } });
  await step.sleep("month", "30 days");
  return [...parts, paid, await step.run("c", () => 3)];
});
const functions = [child, order];

test.each(["memory", "sqlite"] as const)(
  "a sound application comes to the same, wherever it crashes (%s)",
  async (store) => {
    const report = await crashEverywhere(
      { functions },
      async (t) => {
        await t.send({ name: "go" });
        await t.advance("30 days");
        return t.result(order);
      },
      { store },
    );
    expect(report.differences).toEqual([]);
    expect(report.commits).toBeGreaterThan(5);
    expect(report).toMatchObject({ tried: report.commits * 2, leftOut: 0 });
    expect(report.executions).toContainEqual({ functionId: "order", stepId: "c", withoutCrash: 1, most: 2 });
  },
);

test("state outside of steps is found, with the crash and both outcomes", async () => {
  let charged = 0;
  const careless = client.createFunction({ id: "careless", triggers: [{ event: "go" }] }, async ({ step }) => {
    await step.run("charge", () => void charged++);
    return "paid";
  });
  const trying = crashEverywhere({ functions: [careless] }, async (t) => {
    charged = 0;
    await t.send({ name: "go" });
    return { charged };
  });
  await expect(trying).rejects.toThrow(
    /crash before commit 2 \(result of step charge.*\):\n {2}- scenario => \{"charged":1\}\n {2}\+ scenario => \{"charged":2\}[^]*careless\/charge: 1, up to 2 with a crash/,
  );
});

test("the number of crashes is bounded, and the same seed chooses the same", async () => {
  const tried = async (seed: number) => {
    const report = await crashEverywhere({ functions }, (t) => t.send({ name: "go" }), { limit: 3, seed });
    expect(report.leftOut).toBe(report.commits * 2 - 3);
    return report.tried;
  };
  expect(await tried(1)).toBe(3);
});

test("a scenario that differs by itself is refused", async () => {
  let n = 0;
  const counting = client.createFunction({ id: "counting", triggers: [{ event: "go" }] }, async ({ step }) =>
    step.run("count", () => ({ n: n++ })),
  );
  const scenario = { functions: [counting] };
  await expect(crashEverywhere(scenario, (t) => t.send({ name: "go" }))).rejects.toThrow(/two different outcomes/);
  const normalize = (text: string) => text.replace(/\d+/g, "#");
  await crashEverywhere(scenario, (t) => t.send({ name: "go" }), { normalize });
});
