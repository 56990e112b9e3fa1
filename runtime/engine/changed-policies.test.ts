/** A deployment with other policies: what waits obeys them from then on, nothing is lost, nothing runs twice. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";

import { applicationFromDefinitions } from "../codegen/application.js";
import { Stepwright } from "../define/client.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { openSqliteStore } from "../store/sqlite/open-sqlite-store.js";
import { TestEngine } from "../testing/test-engine.js";

const folder = mkdtempSync(join(tmpdir(), "stepwright-deployed-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const stores = {
  memory: async () => createMemoryStore(),
  sqlite: () => openSqliteStore({ path: join(folder, `${files++}.db`) }),
} as const;

interface Case {
  readonly of: string;
  readonly before: object;
  readonly after: object;
  /** Of events that are sent at `at` s, or 0: each `data`, numbered from 0 in `n`. */
  readonly events: readonly { readonly at?: number; readonly [name: string]: unknown }[];
  /** When it is deployed, after the events, in s. */
  readonly deployAt: number;
  /** Sent at once after the deployment. */
  readonly later?: readonly object[];
  /** The starts in their order: second, and the numbers of the events of the run. Each run takes 10 s. */
  readonly starts: readonly (readonly [number, ...number[]])[];
  readonly skipped?: number;
  readonly cancelled?: number;
}

const plain = (count: number): Record<string, never>[] => Array.from({ length: count }, () => ({}));
const whole = (limit: number, key?: string) => ({ concurrency: { limit, unit: "run", ...(key && { key }) } });
const users = [{ user: "a" }, { user: "a" }, { user: "b" }, { user: "b" }];

const cases: readonly Case[] = [
  {
    of: "a higher limit of concurrency",
    before: whole(1),
    after: whole(3),
    events: plain(5),
    deployAt: 5,
    starts: [
      [0, 0],
      [5, 1],
      [5, 2],
      [10, 3],
      [15, 4],
    ],
  },
  {
    of: "a lower limit of concurrency",
    before: whole(3),
    after: whole(1),
    events: plain(6),
    deployAt: 5,
    starts: [
      [0, 0],
      [0, 1],
      [0, 2],
      [10, 3],
      [20, 4],
      [30, 5],
    ],
  },
  {
    // What executes goes on under the limit that it holds: a key that is new counts from here.
    of: "concurrency that gets a key",
    before: whole(1),
    after: whole(1, "event.data.user"),
    events: users,
    deployAt: 5,
    starts: [
      [0, 0],
      [5, 1],
      [5, 2],
      [15, 3],
    ],
  },
  {
    of: "concurrency that loses its key",
    before: whole(1, "event.data.user"),
    after: whole(1),
    events: users,
    deployAt: 5,
    starts: [
      [0, 0],
      [0, 2],
      [5, 1],
      [15, 3],
    ],
  },
  {
    of: "concurrency that is removed",
    before: whole(1),
    after: {},
    events: plain(4),
    deployAt: 5,
    starts: [
      [0, 0],
      [5, 1],
      [5, 2],
      [5, 3],
    ],
  },
  {
    // The interval that has begun ends as it would have; the next one is of the new length.
    of: "a longer period of a throttle",
    before: { throttle: { limit: 1, period: "10s" } },
    after: { throttle: { limit: 1, period: "20s" } },
    events: plain(4),
    deployAt: 15,
    starts: [
      [0, 0],
      [10, 1],
      [20, 2],
      [40, 3],
    ],
  },
  {
    // What is left of the old interval is cut to one of the new length, from the deployment on.
    of: "a shorter period of a throttle",
    before: { throttle: { limit: 1, period: "1h" } },
    after: { throttle: { limit: 1, period: "20s" } },
    events: plain(4),
    deployAt: 15,
    starts: [
      [0, 0],
      [35, 1],
      [55, 2],
      [75, 3],
    ],
  },
  {
    of: "a shorter period of a rate limit",
    before: { rateLimit: { limit: 1, period: "1h" } },
    after: { rateLimit: { limit: 1, period: "10s" } },
    events: plain(2),
    deployAt: 20,
    later: plain(2),
    starts: [
      [0, 0],
      [20, 2],
    ],
    skipped: 2,
  },
  {
    of: "a higher limit of a rate limit",
    before: { rateLimit: { limit: 1, period: "1h" } },
    after: { rateLimit: { limit: 2, period: "1h" } },
    events: plain(2),
    deployAt: 20,
    later: plain(2),
    starts: [
      [0, 0],
      [20, 2],
    ],
    skipped: 2,
  },
  {
    // The starts of before count, also those that the old limit had no use for any more.
    of: "a longer period of a rate limit, and a higher limit",
    before: { rateLimit: { limit: 1, period: "10s" } },
    after: { rateLimit: { limit: 4, period: "1h" } },
    events: [{ at: 0 }, { at: 12 }, { at: 14 }, { at: 24 }],
    deployAt: 40,
    later: plain(2),
    starts: [
      [0, 0],
      [12, 1],
      [24, 3],
      [40, 4],
    ],
    skipped: 2,
  },
  {
    of: "a longer period of a rate limit under keys",
    before: { rateLimit: { limit: 1, period: "10s", key: "event.data.user" } },
    after: { rateLimit: { limit: 2, period: "40s", key: "event.data.user" } },
    events: [
      { at: 0, user: "a" },
      { at: 12, user: "a" },
      { at: 24, user: "b" },
      { at: 36, user: "a" },
    ],
    deployAt: 50,
    later: [{ user: "a" }, { user: "b" }, { user: "b" }],
    starts: [
      [0, 0],
      [12, 1],
      [24, 2],
      [36, 3],
      [50, 5],
    ],
    skipped: 2,
  },
  {
    of: "a shorter period of a debounce",
    before: { debounce: { period: "1h" } },
    after: { debounce: { period: "20s" } },
    events: plain(3),
    deployAt: 5,
    starts: [[20, 2]],
  },
  {
    of: "a longer period of a debounce",
    before: { debounce: { period: "10s" } },
    after: { debounce: { period: "30s" } },
    events: plain(3),
    deployAt: 5,
    later: plain(1),
    starts: [[35, 3]],
  },
  {
    of: "a debounce that is removed",
    before: { debounce: { period: "1h" } },
    after: {},
    events: plain(3),
    deployAt: 5,
    later: plain(1),
    starts: [
      [5, 2],
      [5, 3],
    ],
  },
  {
    of: "a smaller batch",
    before: { batchEvents: { maxSize: 9, timeout: "1h" } },
    after: { batchEvents: { maxSize: 2, timeout: "1h" } },
    events: plain(3),
    deployAt: 5,
    later: plain(2),
    starts: [
      [5, 0, 1, 2],
      [5, 3, 4],
    ],
  },
  {
    of: "a larger batch with a shorter timeout",
    before: { batchEvents: { maxSize: 3, timeout: "1h" } },
    after: { batchEvents: { maxSize: 9, timeout: "20s" } },
    events: plain(2),
    deployAt: 5,
    later: plain(2),
    starts: [[20, 0, 1, 2, 3]],
  },
  {
    of: "a singleton that skips and now replaces",
    before: { singleton: { mode: "skip" } },
    after: { singleton: { mode: "cancel" } },
    events: plain(2),
    deployAt: 5,
    later: plain(1),
    starts: [
      [0, 0],
      [5, 2],
    ],
    skipped: 1,
    cancelled: 1,
  },
  {
    of: "a singleton that replaces and now skips",
    before: { singleton: { mode: "cancel" } },
    after: { singleton: { mode: "skip" } },
    events: plain(1),
    deployAt: 5,
    later: plain(1),
    starts: [[0, 0]],
    skipped: 1,
  },
  {
    of: "a priority",
    before: whole(1),
    after: { ...whole(1), priority: { run: "event.data.rank" } },
    events: [{ rank: 0 }, { rank: 0 }, { rank: 100 }, { rank: 200 }],
    deployAt: 5,
    starts: [
      [0, 0],
      [10, 3],
      [20, 2],
      [30, 1],
    ],
  },
  {
    of: "a priority that is removed",
    before: { ...whole(1), priority: { run: "event.data.rank" } },
    after: whole(1),
    events: [{ rank: 0 }, { rank: 0 }, { rank: 100 }, { rank: 200 }],
    deployAt: 5,
    starts: [
      [0, 0],
      [10, 1],
      [20, 2],
      [30, 3],
    ],
  },
];

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

describe.each(["memory", "sqlite"] as const)("on the %s store", (kind) => {
  let stop = async () => {};
  afterEach(() => stop());

  test.each(cases)("$of", async ({ before, after, events, deployAt, later = [], starts, skipped, cancelled }) => {
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
    const next = await first.crash(applicationWith(after, note));
    for (const [n, data] of later.entries()) {
      await next.send({ name: "go", data: { ...data, n: events.length + n } });
    }
    await next.advance("10m");
    expect(seen).toEqual(starts);
    const ended: Record<string, number> = {};
    for (const { run } of await next.runs()) ended[run.status] = (ended[run.status] ?? 0) + 1;
    expect(ended).toEqual({
      completed: starts.length - (cancelled ?? 0),
      ...(skipped !== undefined && { skipped }),
      ...(cancelled !== undefined && { cancelled }),
    });
    await next.engine.stop();
  });
});
