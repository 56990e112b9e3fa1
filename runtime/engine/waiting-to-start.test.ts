/** Runs that have not begun: too late under each policy (`timeouts.start`), or replaced by a later one of their singleton. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";

import { applicationFromDefinitions } from "../codegen/application.js";
import { Stepwright } from "../define/client.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { openSqliteStore } from "../store/sqlite/open-sqlite-store.js";
import { TestEngine } from "../testing/test-engine.js";

const folder = mkdtempSync(join(tmpdir(), "stepwright-waiting-to-start-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const stores = {
  memory: async () => createMemoryStore(),
  sqlite: () => openSqliteStore({ path: join(folder, `${files++}.db`) }),
} as const;

const minute = 60_000;
const whole = { concurrency: { limit: 1, unit: "run" } };

interface Sent {
  /** In minutes, as all times here. */
  readonly at: number;
  readonly ts?: number;
  readonly data?: object;
}

interface Case {
  readonly of: string;
  readonly policy: object;
  readonly events: readonly Sent[];
  /** When each run began; null when it never did, with when it was cancelled. Each takes an hour. */
  readonly runs: readonly (number | readonly [null, number])[];
}

const start = { timeouts: { start: "20m" } };
const cases: readonly Case[] = [
  {
    of: "a slot of the function",
    policy: { ...start, ...whole },
    events: [{ at: 0 }, { at: 0 }, { at: 50 }],
    runs: [0, [null, 20], 60],
  },
  {
    of: "a slot of its key, which another limit leaves free",
    policy: {
      ...start,
      concurrency: [
        { ...whole.concurrency, key: "event.data.shop" },
        { limit: 5, unit: "run" },
      ],
    },
    events: [{ at: 0 }, { at: 0 }, { at: 0, data: { shop: "b" } }],
    runs: [0, [null, 20], 0],
  },
  {
    of: "a slot of the account",
    policy: { ...start, concurrency: { ...whole.concurrency, scope: "account", key: "'one'" } },
    events: [{ at: 0 }, { at: 10 }, { at: 45 }],
    runs: [0, [null, 30], 60],
  },
  {
    of: "a slot, with a head start",
    policy: { ...start, ...whole, priority: { run: "event.data.rank" } },
    events: [{ at: 0 }, { at: 45 }, { at: 46, data: { rank: 600 } }],
    runs: [0, [null, 65], 60],
  },
  {
    // Who is late has not used what the throttle lets through.
    of: "a throttle",
    policy: { ...start, throttle: { limit: 1, period: "30m" } },
    events: [{ at: 0 }, { at: 0 }, { at: 25 }, { at: 26 }],
    runs: [0, [null, 20], 30, [null, 46]],
  },
  {
    of: "a debounce, whose time does not count",
    policy: { ...start, debounce: { period: "30m" } },
    events: [{ at: 0 }],
    runs: [30],
  },
  {
    of: "a debounce, and then a slot",
    policy: { ...start, ...whole, debounce: { period: "30m", key: "event.data.shop" } },
    events: [{ at: 0 }, { at: 1, data: { shop: "b" } }],
    runs: [30, [null, 51]],
  },
  {
    of: "its own time",
    policy: start,
    events: [{ at: 0, ts: 40 }],
    runs: [40],
  },
  {
    of: "its own time, and then a slot",
    policy: { ...start, ...whole },
    events: [{ at: 5 }, { at: 0, ts: 40 }],
    runs: [5, [null, 60]],
  },
  {
    of: "a throttle, in which a later one of its singleton takes its place",
    policy: { singleton: { mode: "cancel" }, throttle: { limit: 1, period: "2h" } },
    events: [{ at: 0 }, { at: 61 }, { at: 70 }, { at: 80, data: { shop: "b" } }],
    runs: [0, [null, 70], [null, 80], 120],
  },
  {
    of: "its own time, at which it takes the place of one that came later",
    policy: { singleton: { mode: "cancel" }, concurrency: { limit: 1, unit: "run", scope: "env", key: "'one'" } },
    events: [{ at: 0, ts: 50 }, { at: 30 }],
    runs: [50, 30],
  },
  {
    of: "a slot, in which its singleton takes its place, under each key",
    policy: { singleton: { mode: "cancel", key: "event.data.shop" }, ...whole },
    events: [
      { at: 0 },
      { at: 5, data: { shop: "b" } },
      { at: 10, data: { shop: "b" } },
      { at: 15, data: { shop: "c" } },
    ],
    runs: [0, [null, 10], 60, 120],
  },
];

const client = new Stepwright({ id: "app" });

describe.each(["memory", "sqlite"] as const)("%s", (kind) => {
  let stop = async () => {};
  afterEach(() => stop());

  test.each(cases)("while it waits for $of", async ({ policy, events, runs }) => {
    const store = await stores[kind]();
    const began = new Map<string, number>();
    let now = (): number => 0;
    const work = client.createFunction(
      { id: "work", ...policy, triggers: [{ event: "go" }] },
      async ({ event, step, runId }) => {
        await step.run("begin", () => void began.set(`${event.data.n} ${runId}`, now()));
        await step.sleep("long", "1h");
      },
    );
    const first = await TestEngine.start({ app: applicationFromDefinitions([work]), store });
    stop = () => store.close();
    const origin = first.clock.now();
    now = () => (first.clock.now() - origin) / minute;
    for (const [n, { at, ts, data }] of [...events.entries()].sort(([, a], [, b]) => a.at - b.at)) {
      await first.advance((at - now()) * minute);
      await first.send({
        name: "go",
        data: { n, shop: "a", ...data },
        ...(ts !== undefined && { ts: origin + ts * minute }),
      });
    }
    // What a run waits for, and until when, is not in the process.
    const engine = await first.crash();
    await engine.advance("1d");
    const found = (await engine.runs()).map(({ run, events: of }) => {
      const { n } = JSON.parse(of[0]!.data);
      const at = began.get(`${n} ${run.id}`);
      return [n, at ?? [null, (run.endedAt! - origin) / minute], run.startedAt === null] as const;
    });
    const inOrder = found.sort(([a], [b]) => a - b);
    expect(inOrder.map(([, what]) => what)).toEqual(runs);
    expect(inOrder.map(([, , never]) => never)).toEqual(runs.map((each) => typeof each !== "number"));
    expect(await store.verify(engine.clock.now())).toEqual([]);
    await engine.engine.stop();
  });

  test("who is late behind a replaced run that executes leaves the key, and nobody starts beside it", async () => {
    const store = await stores[kind]();
    stop = () => store.close();
    const order: string[] = [];
    let end = (): void => {};
    const slow = new Promise<void>((resolve) => (end = resolve));
    const work = client.createFunction(
      { id: "work", singleton: { mode: "cancel" }, timeouts: { start: "20s" }, triggers: [{ event: "go" }] },
      async ({ event, step }) => {
        await step.run("one", async () => {
          order.push(`${event.data.n} begins`);
          if (event.data.n === 0) await slow;
          order.push(`${event.data.n} ends`);
        });
      },
    );
    const engine = await TestEngine.start({ app: applicationFromDefinitions([work]), store });
    const send = async (n: number): Promise<void> => {
      await engine.engine.send([{ name: "go", data: { n } }]);
      await engine.elapse(0);
    };
    await send(0);
    await send(1);
    await engine.elapse("25s");
    await send(2);
    expect(order).toEqual(["0 begins"]);
    end();
    await engine.settle();
    expect(order).toEqual(["0 begins", "0 ends", "2 begins", "2 ends"]);
    expect((await engine.runs()).map(({ run }) => run.status)).toEqual(["cancelled", "cancelled", "completed"]);
    expect(await store.flow.superseded()).toEqual([]);
    expect(await store.verify(engine.clock.now())).toEqual([]);
    await engine.engine.stop();
  });
});
