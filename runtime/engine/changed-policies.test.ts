/** A deployment with other policies: what waits obeys them from then on, nothing is lost, nothing runs twice. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";

import { type Application, applicationFromDefinitions } from "../codegen/application.js";
import { Stepwright } from "../define/client.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { openSqliteStore } from "../store/sqlite/open-sqlite-store.js";
import { policyChanges } from "./policy-changes.js";
import { TestEngine } from "../testing/test-engine.js";

const folder = mkdtempSync(join(tmpdir(), "stepwright-deployed-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const stores = {
  memory: async () => createMemoryStore(),
  sqlite: () => openSqliteStore({ path: join(folder, `${files++}.db`) }),
} as const;

const client = new Stepwright({ id: "app" });

/** An application of one function with that policy; its runs say when they start. */
function applicationWith(policy: object, started: (numbers: readonly number[]) => void) {
  const handler = async ({ events, step }: any): Promise<void> => {
    await step.run("start", () => started(events.map((event: { data: { n: number } }) => event.data.n)));
    await step.sleep("nap", "10s");
  };
  return applicationFromDefinitions([
    client.createFunction({ id: "work", ...policy, triggers: [{ event: "go" }] }, handler as never),
  ]);
}

describe.each([
  { kind: "memory", how: "after a crash" },
  { kind: "memory", how: "in place" },
  { kind: "sqlite", how: "after a crash" },
] as const)("on the $kind store, deployed $how", ({ kind, how }) => {
  let stop = async () => {};
  afterEach(() => stop());

  const deploy = async (engine: TestEngine, app: Application): Promise<TestEngine> => {
    if (how === "after a crash") return engine.crash(app);
    await engine.engine.replaceApp(app);
    await engine.settle();
    return engine;
  };

  test.each(policyChanges)("$of", async ({ before, after, events, deployAt, later = [], ...expected }) => {
    const store = await stores[kind]();
    const seen: number[][] = [];
    let now = (): number => 0;
    const note = (numbers: readonly number[]) => void seen.push([now() / 1_000, ...numbers]);
    const first = await TestEngine.start({ app: applicationWith(before, note), store });
    stop = () => store.close();
    const begin = first.clock.now();
    now = () => first.clock.now() - begin;
    for (const [n, data] of events.entries()) {
      await first.advance(Math.max(0, (data.at ?? 0) * 1_000 - now()));
      await first.send({ name: "go", data: { ...data, n } });
    }
    await first.advance(deployAt * 1_000 - now());
    const next = await deploy(first, applicationWith(after, note));
    for (const [n, data] of later.entries()) {
      await next.send({ name: "go", data: { ...data, n: events.length + n } });
    }
    await next.advance("10m");
    const { starts, skipped, cancelled } = expected;
    expect(seen).toEqual(starts);
    const ended: Record<string, number> = {};
    for (const { run } of await next.runs()) ended[run.status] = (ended[run.status] ?? 0) + 1;
    expect(ended).toEqual({
      completed: starts.length - (cancelled ?? 0),
      ...(skipped !== undefined && { skipped }),
      ...(cancelled !== undefined && { cancelled }),
    });
    expect(await store.verify(next.clock.now())).toEqual([]);
    await next.engine.stop();
  });

  test("a step that executes when the key changes keeps out who has the new key", async () => {
    const store = await stores[kind]();
    stop = () => store.close();
    const order: string[] = [];
    let end = (): void => {};
    const slow = new Promise<void>((resolve) => (end = resolve));
    const work = (key: string) =>
      applicationFromDefinitions([
        client.createFunction(
          { id: "work", concurrency: { limit: 1, key }, triggers: [{ event: "go" }] },
          async ({ event, step }) => {
            const { n } = event.data;
            await step.run("one", async () => {
              order.push(`${n} begins`);
              if (n === 0 && order.length === 1) await slow;
              order.push(`${n} ends`);
            });
          },
        ),
      ]);
    const first = await TestEngine.start({ app: work("event.data.user"), store });
    await first.engine.send([{ name: "go", data: { n: 0, user: "a", shop: "x" } }]);
    await first.elapse(0);
    const replaced = first.engine.replaceApp(work("event.data.shop"));
    await first.engine.send([{ name: "go", data: { n: 1, user: "b", shop: "x" } }]);
    await first.engine.send([{ name: "go", data: { n: 2, user: "a", shop: "y" } }]);
    await first.elapse(0);
    expect(order).toEqual(["0 begins", "2 begins", "2 ends"]);
    end();
    await replaced;
    await first.settle();
    expect(order).toEqual(["0 begins", "2 begins", "2 ends", "0 ends", "1 begins", "1 ends"]);
    expect(await store.verify(first.clock.now())).toEqual([]);
    await first.engine.stop();
  });
});
