/** Runs that end while steps of theirs still execute: what a limit counts is counted until the last of them is done. */
import { expect, test } from "vitest";

import { applicationFromDefinitions } from "../codegen/application.js";
import { Stepwright } from "../define/client.js";
import { NonRetriableError } from "../define/errors.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { TestEngine } from "../testing/test-engine.js";

const client = new Stepwright({ id: "app" });

/** How the first run ends, its step `slow` being executed. */
const ends: Record<string, (step: any, slow: () => Promise<void>) => Promise<unknown>> = {
  completed: (step, slow) => Promise.race([step.run("quick", () => 1), step.run("slow", slow)]),
  failed: (step, slow) =>
    Promise.all([
      step.run("quick", () => {
        throw new NonRetriableError("no");
      }),
      step.run("slow", slow),
    ]),
  cancelled: (step, slow) => step.run("slow", slow),
};

const limits: Record<string, object> = {
  "a limit of steps": { concurrency: 2 },
  "a limit of runs": { concurrency: { limit: 1, unit: "run" } },
  "a singleton": { singleton: { mode: "cancel" } },
};

const table = Object.keys(ends).flatMap((status) => Object.keys(limits).map((limit) => [status, limit] as const));
test.each(table)("one that is %s, under %s", async (status, limit) => {
  const seen: string[] = [];
  let end = (): void => {};
  const done = new Promise<void>((resolve) => (end = resolve));
  const slow = async (): Promise<void> => {
    seen.push("slow begins");
    await done;
    seen.push("slow ends");
  };
  const work = client.createFunction(
    { id: "work", ...limits[limit], triggers: [{ event: "go" }], cancelOn: [{ event: "stop", match: "data.n" }] },
    (async ({ event, step }: any) => {
      if (event.data.n === 0) return ends[status]!(step, slow);
      // Two beside each other: with a limit of two, one is not enough.
      const later = ["a", "b"].map((id) => step.run(id, () => void seen.push(`${id} at ${limit}`)));
      return Promise.all(later);
    }) as never,
  );
  const store = createMemoryStore();
  const engine = await TestEngine.start({ app: applicationFromDefinitions([work]), store });
  await engine.engine.send([{ name: "go", data: { n: 0 } }]);
  await engine.elapse("1s");
  if (status === "cancelled") await engine.engine.send([{ name: "stop", data: { n: 0 } }]);
  await engine.engine.send([{ name: "go", data: { n: 1 } }]);
  await engine.elapse("10m");
  const [first] = await engine.runs();
  expect(first!.run).toMatchObject({ status: "running", endedAt: null });
  const begun = seen.filter((what) => what !== "slow begins");
  // One of two slots is free: what executes in it is one at a time.
  expect(begun).toEqual(limit === "a limit of steps" ? ["a at a limit of steps", "b at a limit of steps"] : []);
  expect(await store.verify(engine.clock.now())).toEqual([]);
  end();
  await engine.settle();
  expect((await engine.runs()).map(({ run }) => run.status)).toEqual([
    limit === "a singleton" ? expect.stringMatching(/completed|failed|cancelled/) : status,
    "completed",
  ]);
  expect(seen.slice(0, 4).toSorted()).toEqual([`a at ${limit}`, `b at ${limit}`, "slow begins", "slow ends"]);
  expect(await store.verify(engine.clock.now())).toEqual([]);
  await engine.engine.stop();
});

test.each(Object.keys(ends))(
  "the limit of a single step counts the one that a %s run has left behind",
  async (status) => {
    const seen: string[] = [];
    let end = (): void => {};
    const done = new Promise<void>((resolve) => (end = resolve));
    const limit = { key: "payments", concurrency: 1 };
    const slow = async (): Promise<void> => {
      seen.push("slow begins");
      await done;
      seen.push("slow ends");
    };
    const work = client.createFunction(
      { id: "work", triggers: [{ event: "go" }], cancelOn: [{ event: "stop", match: "data.n" }] },
      (async ({ event, step }: any) => {
        const limited = {
          run: (id: string, body: () => unknown) => step.run(id === "slow" ? { id, limit } : id, body),
        };
        if (event.data.n === 0) return ends[status]!(limited, slow);
        return step.run({ id: "next", limit }, () => void seen.push("next"));
      }) as never,
    );
    const engine = await TestEngine.start({ app: applicationFromDefinitions([work]), store: createMemoryStore() });
    await engine.engine.send([{ name: "go", data: { n: 0 } }]);
    await engine.elapse("1s");
    if (status === "cancelled") await engine.engine.send([{ name: "stop", data: { n: 0 } }]);
    await engine.engine.send([{ name: "go", data: { n: 1 } }]);
    await engine.elapse("10m");
    // Nothing else counts this run: it has ended.
    expect((await engine.runs())[0]!.run.status).toBe(status);
    expect(seen).toEqual(["slow begins"]);
    end();
    await engine.settle();
    expect(seen).toEqual(["slow begins", "slow ends", "next"]);
    await engine.engine.stop();
  },
);

test.each([
  ["the function's limit", { concurrency: 1 }, undefined],
  ["its own limit", {}, { key: "payments", concurrency: 1 }],
  ["a limit of runs", { concurrency: { limit: 1, unit: "run" } }, undefined],
] as const)("a step that lost a race counts under %s until its body ends", async (of, config, limit) => {
  const seen: string[] = [];
  let end = (): void => {};
  const done = new Promise<void>((resolve) => (end = resolve));
  const work = client.createFunction({ id: "work", ...config, triggers: [{ event: "go" }] }, (async ({
    event,
    step,
  }: any) => {
    const body = async (): Promise<void> => {
      seen.push(`${event.data.n} begins`);
      if (event.data.n === 0) await done;
      seen.push(`${event.data.n} ends`);
    };
    const slow = () => step.run({ id: "slow", ...(limit && { limit }) }, body);
    if (event.data.n > 0) return slow();
    await step.race("first", { slow, soon: () => step.sleep("soon", "1s") });
    // A run that only sleeps holds no slot of a step.
    if (of === "its own limit") return;
    if (of === "the function's limit") await step.sleep("long", "1h");
  }) as never);
  const store = createMemoryStore();
  const engine = await TestEngine.start({ app: applicationFromDefinitions([work]), store });
  await engine.engine.send([{ name: "go", data: { n: 0 } }]);
  await engine.elapse("2s");
  await engine.engine.send([{ name: "go", data: { n: 1 } }]);
  await engine.elapse("10m");
  expect(seen).toEqual(["0 begins"]);
  end();
  await engine.settle();
  expect(seen).toEqual(["0 begins", "0 ends", "1 begins", "1 ends"]);
  await engine.advance("2h");
  expect((await engine.runs()).map(({ run }) => run.status)).toEqual(["completed", "completed"]);
  expect(await store.verify(engine.clock.now())).toEqual([]);
  await engine.engine.stop();
});

test("a step that lost a race and never ends counts as long as it might have taken", async () => {
  const begun: number[] = [];
  const work = client.createFunction({ id: "work", concurrency: 1, triggers: [{ event: "go" }] }, (async ({
    event,
    step,
  }: any) => {
    const slow = () =>
      step.run({ id: "slow", timeout: "5m" }, async () => {
        begun.push(event.data.n);
        if (event.data.n === 0) await new Promise(() => {});
      });
    if (event.data.n > 0) return slow();
    return step.race("first", { slow, soon: () => step.sleep("soon", "1s") });
  }) as never);
  const engine = await TestEngine.start({ app: applicationFromDefinitions([work]), store: createMemoryStore() });
  for (const n of [0, 1]) await engine.engine.send([{ name: "go", data: { n } }]);
  await engine.elapse("299s");
  expect(begun).toEqual([0]);
  await engine.elapse("2s");
  expect(begun).toEqual([0, 1]);
  await engine.engine.stop();
});
