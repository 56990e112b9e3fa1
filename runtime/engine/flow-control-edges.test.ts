/** Keys that are `false`, scopes, batches with a condition and too many bytes, debounces over restarts: by when runs start. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";

import { applicationFromDefinitions } from "../codegen/application.js";
import { Stepwright } from "../define/client.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { openSqliteStore } from "../store/sqlite/open-sqlite-store.js";
import { TestEngine } from "../testing/test-engine.js";

const folder = mkdtempSync(join(tmpdir(), "stepwright-flow-edges-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const stores = {
  memory: async () => createMemoryStore(),
  sqlite: () => openSqliteStore({ path: join(folder, `${files++}.db`) }),
} as const;

interface Case {
  readonly of: string;
  /** Of each function: what it has; all have the same trigger. */
  readonly functions: Readonly<Record<string, object>>;
  /** In s after the first; `crash`: the process is killed then. */
  readonly events: readonly { readonly at?: number; readonly data?: object; readonly crash?: true }[];
  /** `<function> <second> <numbers of its events>`, in the order of the starts. Each run takes 10 s. */
  readonly starts: readonly string[];
  readonly skipped?: number;
}

const off = { data: { off: true } };
const on = { data: {} };
/** `false` for an event that is `off`. */
const key = "event.data.off == true ? false : 'key'";
const whole = { limit: 1, unit: "run" };
const mib = 1024 * 1024;
const large = (size: number) => ({ text: "x".repeat(Math.floor(size * mib)) });

const cases: readonly Case[] = [
  ...Object.entries({
    concurrency: { concurrency: { ...whole, key } },
    "concurrency of the environment": { concurrency: { ...whole, key, scope: "env" } },
    "concurrency of steps": { concurrency: { limit: 1, key } },
    throttle: { throttle: { limit: 1, period: "10s", key } },
  }).map(([of, policy]): Case => {
    const isOfSteps = of === "concurrency of steps";
    return {
      of: `a key that is false: ${of}`,
      functions: { work: policy },
      events: [on, off, on, off],
      starts: isOfSteps
        ? ["work 0 0", "work 0 1", "work 0 2", "work 0 3"]
        : ["work 0 0", "work 0 1", "work 0 3", "work 10 2"],
    };
  }),
  {
    of: "a key that is false: one of two limits is switched off, the other is not",
    functions: {
      work: {
        concurrency: [
          { ...whole, key },
          { limit: 2, unit: "run" },
        ],
      },
    },
    events: [on, off, on, off],
    starts: ["work 0 0", "work 0 1", "work 10 2", "work 10 3"],
  },
  {
    of: "a key that is false: a rate limit",
    functions: { work: { rateLimit: { limit: 1, period: "1h", key } } },
    events: [on, off, on, off],
    starts: ["work 0 0", "work 0 1", "work 0 3"],
    skipped: 1,
  },
  {
    of: "a key that is false: idempotency",
    functions: { work: { idempotency: key } },
    events: [on, off, on, off],
    starts: ["work 0 0", "work 0 1", "work 0 3"],
    skipped: 1,
  },
  {
    of: "a key that is false: a singleton that skips",
    functions: { work: { singleton: { mode: "skip", key } } },
    events: [on, off, on, off],
    starts: ["work 0 0", "work 0 1", "work 0 3"],
    skipped: 1,
  },
  {
    of: "a key that is false: a debounce",
    functions: { work: { debounce: { period: "5s", key } } },
    events: [on, off, on, off],
    starts: ["work 0 1", "work 0 3", "work 5 2"],
  },
  {
    of: "a key that is false: a batch",
    functions: { work: { batchEvents: { maxSize: 9, timeout: "5s", key } } },
    events: [on, off, on, off],
    starts: ["work 0 1", "work 0 3", "work 5 0,2"],
  },
  {
    of: "a batch with a condition: what does not meet it runs alone, at once",
    functions: { work: { batchEvents: { maxSize: 3, timeout: "5s", if: "event.data.off != true" } } },
    events: [on, off, on, off, on, on],
    starts: ["work 0 1", "work 0 3", "work 0 0,2,4", "work 5 5"],
  },
  {
    of: "a batch of 10 MiB",
    functions: { work: { batchEvents: { maxSize: 9, timeout: "5s" } } },
    events: [large(2), large(2.9), large(2.9), large(1.9), large(1), large(1)].map((data) => ({ data })),
    starts: ["work 0 0,1,2,3", "work 5 4,5"],
  },
  {
    of: "concurrency of functions: each has its own, whatever the key",
    functions: { a: { concurrency: { ...whole, key: "'one'" } }, b: { concurrency: { ...whole, key: "'one'" } } },
    events: [on, on],
    starts: ["a 0 0", "b 0 0", "a 10 1", "b 10 1"],
  },
  {
    of: "concurrency of the environment: by key, each function with its own limit",
    functions: {
      a: { concurrency: { limit: 1, unit: "run", key: "'one'", scope: "env" } },
      b: { concurrency: { limit: 2, unit: "run", key: "'one'", scope: "env" } },
      c: { concurrency: { limit: 1, unit: "run", key: "'two'", scope: "env" } },
    },
    events: [on],
    starts: ["a 0 0", "b 0 0", "c 0 0"],
  },
  {
    of: "concurrency of the environment: shared, in the order of arrival",
    functions: {
      a: { concurrency: { limit: 1, unit: "run", key: "'one'", scope: "env" } },
      b: { concurrency: { limit: 1, unit: "run", key: "'one'", scope: "env" } },
    },
    events: [on, on],
    starts: ["a 0 0", "b 10 0", "a 20 1", "b 30 1"],
  },
  {
    of: "concurrency of environment and account: two things",
    functions: {
      a: { concurrency: { limit: 1, unit: "run", key: "'one'", scope: "env" } },
      b: { concurrency: { limit: 1, unit: "run", key: "'one'", scope: "account" } },
    },
    events: [on, on],
    starts: ["a 0 0", "b 0 0", "a 10 1", "b 10 1"],
  },
  {
    of: "concurrency of an account, and of each key of a function",
    functions: {
      a: {
        concurrency: [
          { ...whole, key: "event.data.user" },
          { limit: 2, unit: "run", key: "'all'", scope: "account" },
        ],
      },
    },
    events: ["x", "x", "y", "z"].map((user) => ({ data: { user } })),
    starts: ["a 0 0", "a 0 2", "a 10 1", "a 10 3"],
  },
  {
    // It begins with the first event, and neither a later event nor a restart puts it off.
    of: "the timeout of a debounce over restarts",
    functions: { work: { debounce: { period: "10s", timeout: "25s" } } },
    events: [{ at: 0 }, { at: 8 }, { at: 9, crash: true }, { at: 16 }, { at: 20, crash: true }, { at: 24 }, { at: 26 }],
    starts: ["work 25 5", "work 36 6"],
  },
  {
    of: "the timeout of a debounce that is over while nothing runs",
    functions: { work: { debounce: { period: "10s", timeout: "15s", collect: true } } },
    events: [{ at: 0 }, { at: 8 }, { at: 9, crash: true }, { at: 12 }, { at: 40 }],
    starts: ["work 15 3,0,1", "work 50 4"],
  },
];

const client = new Stepwright({ id: "app" });

describe.each(["memory", "sqlite"] as const)("on the %s store", (kind) => {
  let stop = async () => {};
  afterEach(() => stop());

  test.each(cases)("$of", async ({ functions, events, starts, skipped = 0 }) => {
    const store = await stores[kind]();
    stop = () => store.close();
    const seen: string[] = [];
    let now = (): number => 0;
    const app = applicationFromDefinitions(
      Object.entries(functions).map(([id, policy]) =>
        client.createFunction({ id, ...policy, triggers: [{ event: "go" }] }, (async ({ events: of, step }: any) => {
          const numbers = of.map((event: { data: { n: number } }) => event.data.n).join();
          await step.run("start", () => void seen.push(`${id} ${now()} ${numbers}`));
          await step.sleep("nap", "10s");
        }) as never),
      ),
    );
    let engine = await TestEngine.start({ app, store, limits: { eventBytes: 3 * mib } });
    const begin = engine.clock.now();
    now = () => (engine.clock.now() - begin) / 1_000;
    for (const [n, { at = 0, data, crash }] of events.entries()) {
      await engine.advance((at - now()) * 1_000);
      if (crash) engine = await engine.crash();
      else await engine.send({ name: "go", data: { ...data, n } });
    }
    await engine.advance("5m");
    expect(seen).toEqual(starts);
    const counts = await store.runs.count();
    expect({ completed: counts.completed, skipped: counts.skipped }).toEqual({ completed: starts.length, skipped });
    expect(await store.verify(engine.clock.now())).toEqual([]);
    await engine.engine.stop();
  });
});
