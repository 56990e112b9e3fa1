import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { sampleRun, t0 } from "../../conformance/sample-records.js";
import type { LineSpec, Store, Write } from "../../store.js";
import { openDatabase } from "../driver.js";
import { migrate, readMigrations } from "../migrate.js";
import { openSqliteStore } from "../open-sqlite-store.js";

const spec = (key: string): LineSpec => ({
  hash: "1",
  slots: [
    { bucket: `key ${key}`, limit: 1, unit: "step" },
    { bucket: "all", limit: 2, unit: "run" },
  ],
  throttle: null,
  singleton: null,
  gathers: false,
  ordered: true,
});

it("keeps what throttles remember when it takes over an older database, and counts the rest anew", async () => {
  const database = await openDatabase(":memory:");
  const all = readMigrations();
  const until = (version: number) => all.filter((each) => each.version <= version);
  migrate(database, ":memory:", until(8));
  const state = (cells: number) => JSON.stringify({ limit: 3, burst: 0, periodMs: 100, baseMs: 1_000, cells });
  database.exec(`
    INSERT INTO flow_buckets VALUES ('concurrency f#0 "a"', 1, 1, 1, 1, NULL, NULL, NULL), ('throttle f', 0, 0, 1, 0, '${state(2)}', 7, 9),
      ('throttle g', 0, 0, 0, 0, '${state(3)}', NULL, 9);
    INSERT INTO flow_queues VALUES (2, 1, 5, 'concurrency f#0 "a"', 1, 3), (4, 1, 6, NULL, 0, 2);
    INSERT INTO flow_lines VALUES (1, 1, '{}', 3);`);
  migrate(database, ":memory:", all);
  const throttles = database.prepare("SELECT key, state, ends_at FROM flow_throttles ORDER BY key").all([]);
  expect(throttles.map((row) => ({ ...row }))).toEqual([
    { key: "throttle f", state: state(2), ends_at: 1_067 },
    { key: "throttle g", state: state(3), ends_at: 1_100 },
  ]);
  expect(
    database
      .prepare("SELECT * FROM flow_lines")
      .all([])
      .map((row) => ({ ...row })),
  ).toEqual([{ n: 1, function: 1, spec: "{}" }]);
  database.close();
});

it("knows after a restart who holds and who waits, and lets who came first be the first", async () => {
  const folder = mkdtempSync(join(tmpdir(), "stepwright-derived-"));
  const path = join(folder, "store.db");
  const must = async (store: Store, ...writes: readonly Write[]) => {
    const [outcome] = await store.commit([{ guards: [], writes }]);
    if (!outcome?.ok) throw new Error(JSON.stringify(outcome));
    return outcome.results;
  };
  const claimed = async (store: Store, now: number): Promise<string[]> => {
    const [result] = await must(store, { kind: "claim", owner: "w", now, limit: 10 });
    return result?.kind === "claim" ? result.claimed.map(({ id }) => id) : [];
  };
  const problems = async (store: Store) => (await store.verify(t0)).filter(({ code }) => code !== "dead-lease");
  try {
    const first = await openSqliteStore({ path });
    const arrivals = { a1: 1, b1: 2, c1: 3, a2: 4 };
    for (const [id, at] of Object.entries(arrivals)) {
      const run = sampleRun(id, { createdAt: t0 + at, queueAt: t0 + at });
      const control = { line: spec(id.charAt(0)), headStartMs: id === "c1" ? 100 : 0, rate: null, gather: null };
      await must(first, { kind: "run", run, uniques: [], control });
    }
    expect(await claimed(first, t0 + 10)).toEqual(["a1", "b1"]);
    await first.close();

    const second = await openSqliteStore({ path });
    expect(await problems(second)).toEqual([]);
    expect(await claimed(second, t0 + 20)).toEqual([]);
    expect(await second.flow.waiting("c1")).toMatchObject({ bucket: "all", limit: 2, ahead: 0 });
    // A second end is refused, and takes back what the whole commit had counted.
    const end = (runId: string) =>
      ({ kind: "end", runId, status: "completed", output: "1", endedAt: t0 + 30, hasWakes: false }) as const;
    const outcomes = await second.commit(["b1", "b1", "a1"].map((runId) => ({ guards: [], writes: [end(runId)] })));
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, false, true]);
    expect(await problems(second)).toEqual([]);
    await second.close();

    // The line of `c1` is not the first, but it came first by its head start.
    const third = await openSqliteStore({ path });
    expect(await claimed(third, t0 + 40)).toEqual(["c1", "a2"]);
    await must(third, end("c1"), end("a2"), { kind: "sweep", now: t0 + 50 });
    expect(await problems(third)).toEqual([]);
    await third.close();
    const database = await openDatabase(path);
    expect(database.prepare("SELECT * FROM flow_lines").all([])).toEqual([]);
    database.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
