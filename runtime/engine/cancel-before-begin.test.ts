/** Runs that are cancelled before they have begun, whatever they wait for: no code of theirs runs, and they hold nothing up. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

import { applicationFromDefinitions } from "../codegen/application.js";
import { Stepwright } from "../define/index.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { openSqliteStore } from "../store/sqlite/open-sqlite-store.js";
import { TestEngine } from "../testing/test-engine.js";

const folder = mkdtempSync(join(tmpdir(), "stepwright-cancel-before-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const stores = {
  memory: async () => createMemoryStore(),
  sqlite: () => openSqliteStore({ path: join(folder, `${files++}.db`) }),
} as const;

const hour = 3_600_000;
const client = new Stepwright({ id: "app" });

/** The runs of `first`, `doomed` and `last` are asked for in this order; each would take two hours. */
const waits: Record<string, { options: object; delay?: number; begun: Record<string, number> }> = {
  "a `ts` in the future": { options: {}, delay: hour, begun: { first: 1, last: 1 } },
  "the slot of its function": { options: { concurrency: { limit: 1, unit: "run" } }, begun: { first: 0, last: 2 } },
  "the slot of its key": {
    options: { concurrency: { limit: 1, key: "event.data.shop", unit: "run" } },
    begun: { first: 0, last: 2 },
  },
  "a slot of the environment": {
    options: { concurrency: { limit: 1, key: "'all'", scope: "env", unit: "run" } },
    begun: { first: 0, last: 2 },
  },
  // What was let through at its time has used its place, as one that fails at once has.
  "its throttle": { options: { throttle: { limit: 1, period: "3h" } }, begun: { first: 0, last: 3 } },
  "the end of its debounce": {
    options: { debounce: { period: "1h", key: "event.data.n" } },
    begun: { first: 1, last: 1 },
  },
  "a slot, at low priority": {
    options: { concurrency: { limit: 1, unit: "run" }, priority: { run: "event.data.n == 'doomed' ? -600 : 0" } },
    begun: { first: 0, last: 2 },
  },
};

type Means = (test: TestEngine, runId: string) => Promise<unknown>;
const means: Record<string, Means> = {
  event: (engine) => engine.send({ name: "stop", data: { n: "doomed" } }),
  request: (engine, runId) => engine.engine.cancelling.cancel(runId),
  bulk: (engine) => engine.engine.cancelling.cancelMany({ functionId: "work", if: "event.data.n == 'doomed'" }),
};

describe.each(["memory", "sqlite"] as const)("%s", (kind) => {
  // Both stores have the rows; which of the means it is makes no difference to them.
  const tried = kind === "memory" ? Object.keys(means) : ["event"];
  const table = Object.keys(waits).flatMap((wait) => tried.map((by) => [by, wait] as const));
  test.each(table)("by %s, while it waits for %s", async (by, wait) => {
    const { options, delay = 0, begun } = waits[wait]!;
    const began: Record<string, number> = {};
    const clockStart = Date.UTC(2026, 0, 1);
    let now = (): number => clockStart;
    const config = { id: "work", cancelOn: [{ event: "stop", match: "data.n" }], ...options };
    const work = client.createFunction({ ...config, triggers: [{ event: "go" }] }, async ({ event, step }) => {
      await step.run("begin", () => void (began[String(event.data.n)] ??= (now() - clockStart) / hour));
      await step.sleep("long", "2h");
    });
    const store = await stores[kind]();
    const before = await TestEngine.start({ app: applicationFromDefinitions([work]), store });
    const { clock } = before;
    now = () => clock.now();
    for (const n of ["first", "doomed", "last"]) {
      await before.send({ name: "go", data: { n, shop: "one" }, ts: clock.now() + delay });
    }
    await before.send({ name: "stop", data: { n: "another" } });

    // Another process than the one that has queued it.
    const engine = await before.crash();
    const doomed = async () => (await engine.runs())[1]!;
    expect((await doomed()).run).toMatchObject({ endedAt: null, cancel: null });
    await means[by]!(engine, (await doomed()).run.id);
    await engine.settle();
    expect((await doomed()).run).toMatchObject({ status: "cancelled", startedAt: null, endedAt: clock.now() });
    expect(JSON.parse((await doomed()).run.output!)).toMatchObject({ kind: by });
    expect((await doomed()).wakes).toEqual([]);

    await engine.advance("1d");
    expect(began).toEqual(begun);
    expect((await engine.runs()).map(({ run }) => run.status)).toEqual(["completed", "cancelled", "completed"]);
    expect(await store.verify(clock.now())).toEqual([]);
    await engine.engine.stop();
    await store.close();
  });

  test("who has invoked a run that is cancelled before it begins is told at once", async () => {
    const target = client.createFunction(
      {
        id: "target",
        concurrency: { limit: 1, unit: "run" },
        cancelOn: [{ event: "stop", match: "data.n" }],
        triggers: [{ event: "go" }],
      },
      async ({ step }) => step.sleep("long", "2h"),
    );
    const parent = client.createFunction({ id: "parent", triggers: [{ event: "ask" }] }, async ({ step }) =>
      step.invoke("call", { function: target, data: { n: 1 } }).catch((error: Error) => error.message),
    );
    const store = await stores[kind]();
    const engine = await TestEngine.start({ app: applicationFromDefinitions([target, parent]), store });
    await engine.send({ name: "go", data: { n: 0 } });
    await engine.send({ name: "ask" });
    await engine.send({ name: "stop", data: { n: 1 } });
    const asked = (await engine.runs()).find(({ run }) => run.functionId === "app-parent")!.run;
    expect(asked).toMatchObject({ status: "completed", endedAt: engine.clock.now() });
    expect(asked.output).toContain("cancelled");
    expect(await store.verify(engine.clock.now())).toEqual([]);
    await engine.engine.stop();
    await store.close();
  });

  test("`timeout` of a run that is to begin later counts from then, and an event before it was asked for does not", async () => {
    const work = client.createFunction(
      { id: "work", cancelOn: [{ event: "stop", timeout: "10m" }], triggers: [{ event: "go" }] },
      async ({ step }) => step.sleep("long", "2h"),
    );
    const store = await stores[kind]();
    const engine = await TestEngine.start({ app: applicationFromDefinitions([work]), store });
    const at = engine.clock.now() + hour;
    const statuses = async () => (await engine.runs()).map(({ run }) => run.status);
    // Its own time is after that of the run, but it was received before.
    await engine.send({ name: "stop", ts: at });
    await engine.send({ name: "go", ts: at });
    await engine.advance("69m");
    expect(await statuses()).toEqual(["waiting"]);
    await engine.send({ name: "stop" });
    expect(await statuses()).toEqual(["cancelled"]);
    await engine.send({ name: "go", ts: engine.clock.now() + hour });
    await engine.advance("71m");
    await engine.send({ name: "stop" });
    await engine.advance("1d");
    expect(await statuses()).toEqual(["cancelled", "completed"]);
    await engine.engine.stop();
    await store.close();
  });
});
