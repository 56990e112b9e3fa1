/** What flow control keeps goes: when all runs have ended and the periods are over, of each kind of row none is left. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

import { applicationFromDefinitions } from "../codegen/application.js";
import { Stepwright } from "../define/client.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { MemoryTables } from "../store/memory/memory-tables.js";
import { openDatabase } from "../store/sqlite/driver.js";
import { openSqliteStore } from "../store/sqlite/open-sqlite-store.js";
import type { Store } from "../store/store.js";
import { TestEngine } from "../testing/test-engine.js";
import { GroupedTable, Table } from "../store/undo-log.js";

const client = new Stepwright({ id: "app" });
const key = "event.data.key";
const limit = { key: "payments", concurrency: 2 };

/** A step, two beside each other under a limit of their own, a sleep. */
const work = async ({ step }: any): Promise<void> => {
  await step.run("first", () => 1);
  await Promise.all(["a", "b"].map((id) => step.run({ id, limit }, () => 1)));
  await step.sleep("nap", "1s");
};
const define = (id: string, config: object, handler: (context: never) => unknown = work) =>
  client.createFunction({ id, ...config, triggers: [{ event: "go" }] }, handler as never);

const app = applicationFromDefinitions([
  define("keyed", {
    concurrency: [
      { limit: 1, key },
      { limit: 3, key: "'shared'", scope: "env" },
    ],
  }),
  define("whole", { concurrency: { limit: 1, key, scope: "account", unit: "run" } }),
  define("prior", { concurrency: 2, priority: { run: "event.data.n" } }),
  define("throttled", { throttle: { limit: 1, period: "1m", key } }),
  define("rated", { rateLimit: { limit: 2, period: "24h", key } }),
  define("debounced", { debounce: { period: "10s", key } }),
  define("collecting", { debounce: { period: "10s", timeout: "15s", key, collect: true } }),
  define("batched", { batchEvents: { maxSize: 2, timeout: "10s", key } }),
  define("skipping", { singleton: { mode: "skip", key } }),
  define("replacing", { singleton: { mode: "cancel", key } }),
  define("idempotent", { idempotency: key }),
  define("failing", { retries: 0, concurrency: { limit: 1, key, unit: "run" } }, async () => {
    throw new Error("no");
  }),
  define("late", { concurrency: { limit: 1, key, unit: "run" }, timeouts: { start: "1500ms", finish: "1m" } }),
  define("cancelled", { throttle: { limit: 1, period: "1h", key }, cancelOn: [{ event: "stop", match: "data.key" }] }),
  define("waiting", {}, async ({ event, step }: any) => {
    await Promise.all([
      step.waitForEvent("answer", { event: "stop", match: "data.key", timeout: "1h" }),
      step.waitForSignal("signal", { signal: event.data.id, timeout: "1h" }),
    ]);
  }),
]);

/** What happened, and what is there as long as the application is: it does not go. */
const stays = [
  "names",
  "counters",
  "events",
  "expression_problems",
  "runs",
  "steps",
  "run_events",
  "function_blocks",
  "event_blocks",
];
const ofTheApplication = ["workers", "flow_policies", "manifests", "registrations", "schedules", "cancellations"];
/** What is noted on runs; and where leases may be, of which a few dozen stay. */
const noted = ["run_metadata", "leased_blocks"];
/** The rest: there while something waits for it. */
const goes = [
  ...["wakes", "pending_matches", "uniques", "flow_lines", "flow_throttles", "flow_rates"],
  ...["flow_rate_starts", "flow_gathers", "flow_gathered", "flow_singles", "flow_superseded"],
];

async function play(store: Store, look: () => Promise<Record<string, number>>): Promise<Record<string, number>[]> {
  const engine = await TestEngine.start({ app, store, limits: { leaseMs: 3_600_000 } });
  const events = Array.from({ length: 24 }, (_, n) => {
    const id = `e${n}`;
    return { name: "go", id, data: { n, id, key: `key ${n % 8}` } };
  });
  await engine.engine.send(events);
  await engine.settle();
  const during = await look();
  await engine.advance("2s");
  await engine.send(...Array.from({ length: 8 }, (_, n) => ({ name: "stop", data: { key: `key ${n}` } })));
  await engine.advance("3d");
  expect(await store.verify(engine.clock.now())).toEqual([]);
  expect(await store.runs.count()).toMatchObject({ queued: 0, running: 0, waiting: 0 });
  const after = await look();
  await engine.engine.stop();
  return [during, after];
}

test("in SQLite", async () => {
  const folder = mkdtempSync(join(tmpdir(), "stepwright-bounded-"));
  const path = join(folder, "store.db");
  const store = await openSqliteStore({ path });
  const look = async (): Promise<Record<string, number>> => {
    // The store has the file for itself.
    const copy = join(folder, "copy.db");
    for (const suffix of ["", "-wal"]) if (existsSync(path + suffix)) copyFileSync(path + suffix, copy + suffix);
    const database = await openDatabase(copy);
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all([]);
    const names = tables.map(({ name }) => String(name)).filter((name) => !name.startsWith("sqlite_"));
    expect(names.toSorted()).toEqual([...stays, ...ofTheApplication, ...noted, ...goes].toSorted());
    const counts = goes.map((name) => {
      const [row] = database.prepare(`SELECT count(*) AS count FROM ${name}`).all([]);
      return [name, Number(row?.["count"])] as const;
    });
    database.close();
    return Object.fromEntries(counts);
  };
  try {
    const [during = {}, after] = await play(store, look);
    const sometimes = new Set(["pending_matches", "flow_superseded"]);
    expect(Object.keys(during).filter((name) => during[name] === 0 && !sometimes.has(name))).toEqual([]);
    expect(after).toEqual(Object.fromEntries(goes.map((name) => [name, 0])));
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
});

test("in memory", async () => {
  const tables = new MemoryTables();
  /** How many rows, or groups of them, each table has. */
  const look = async (): Promise<Record<string, number>> => {
    const found: Record<string, number> = {};
    for (const [owner, all] of [
      ["", tables],
      ["flow.", tables.flow],
    ] as const) {
      for (const [name, table] of Object.entries(all)) {
        if (table instanceof Table) found[owner + name] = table.size;
        else if (table instanceof GroupedTable) found[owner + name] = [...table.keys()].length;
      }
    }
    return found;
  };
  const [during = {}, after = {}] = await play(createMemoryStore({ tables }), look);
  const kept = new Set(["events", "runs", "runsOfEvent", "journal", "workers", "flow.turns", "flow.policies"]);
  const sometimes = [
    "leased",
    "pending",
    "problems",
    "manifests",
    "cancellations",
    "metadata",
    "registrations",
    "schedules",
  ];
  const unused = new Set([...kept, ...sometimes, "flow.superseded"]);
  expect(Object.keys(during).filter((name) => during[name] === 0 && !unused.has(name))).toEqual([]);
  // Of functions alone, not of what they waited for.
  expect([...tables.flow.turns.keys()].filter((name) => name.includes("\n"))).toEqual([]);
  expect(Object.keys(after).filter((name) => after[name] !== 0 && !kept.has(name))).toEqual([]);
});
