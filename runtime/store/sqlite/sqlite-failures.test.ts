import { spawn, type ChildProcess } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { apply, must } from "../conformance/apply.js";
import { sampleEvent, sampleRun, sampleStep, t0, write } from "../conformance/sample-records.js";
import { StoreError, type Store } from "../store.js";
import { openDatabase } from "./driver.js";
import { migrate } from "./migrate.js";
import { openSqliteStore } from "./open-sqlite-store.js";

let folder = "";
let path = "";
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "stepwright-store-"));
  path = join(folder, "test.db");
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** A process that opens the file and commits one run after the other; prints each id once it is committed. */
async function startWriter(first: number): Promise<{ child: ChildProcess; acknowledged: number[] }> {
  const module = JSON.stringify(new URL("./open-sqlite-store.ts", import.meta.url).href);
  const samples = JSON.stringify(new URL("../conformance/sample-records.ts", import.meta.url).href);
  const code = `
    import { openSqliteStore } from ${module};
    import { sampleEvent, sampleRun, sampleStep } from ${samples};
    const store = await openSqliteStore({ path: ${JSON.stringify(path)} });
    for (let i = ${first}; ; i++) {
      await store.commit([{ guards: [], writes: [
        { kind: "event", event: sampleEvent("e" + i), matchKeys: null },
        { kind: "run", run: sampleRun("r" + i, { owner: "w1", eventIds: ["e" + i] }), uniques: [] },
        { kind: "step", step: sampleStep("r" + i, "a"), settlesWake: false },
      ] }]);
      if (!process.stdout.write(i + "\\n")) await new Promise((resolve) => process.stdout.once("drain", resolve));
      await new Promise(setImmediate);
    }`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const acknowledged: number[] = [];
  const lines = createInterface({ input: child.stdout! });
  await new Promise<void>((resolve, reject) => {
    lines.on("line", (line) => {
      acknowledged.push(Number(line));
      resolve();
    });
    child.once("exit", () => reject(new Error("the writer could not start")));
  });
  return { child, acknowledged };
}

async function kill(child: ChildProcess): Promise<void> {
  const closed = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGKILL");
  await closed;
}

async function failureOf(work: Promise<unknown>): Promise<StoreError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StoreError);
  if (!(error instanceof StoreError)) throw new Error("no StoreError");
  expect(error.help).not.toBe("");
  expect(error.message).toContain(folder);
  return error;
}

describe("a second process", () => {
  it(
    "is refused at once, and let in as soon as the first was killed, which has lost nothing",
    { timeout: 60_000 },
    async () => {
      let next = 0;
      for (let round = 0; round < 4; round++) {
        const { child, acknowledged } = await startWriter(next);
        const begin = performance.now();
        expect((await failureOf(openSqliteStore({ path }))).code).toBe("store-in-use");
        expect(performance.now() - begin).toBeLessThan(1_000);
        await new Promise((resolve) => setTimeout(resolve, round * 37));
        await kill(child);
        const store = await openSqliteStore({ path });
        for (const i of acknowledged) {
          const [snapshot] = await store.runs.snapshots([`r${i}`]);
          expect(snapshot).toMatchObject({ events: [{ id: `e${i}` }], journal: [{ key: "a" }] });
        }
        const last = (await store.runs.list({}, 1, null)).items[0];
        expect((await store.runs.snapshots([last?.id ?? ""]))[0]?.journal).toHaveLength(1);
        expect((await store.verify(t0)).map(({ code }) => code).filter((code) => code !== "dead-lease")).toEqual([]);
        const [reap] = await must(store, write.reap(t0, Number.MAX_SAFE_INTEGER));
        expect(reap).toMatchObject({ kind: "reap" });
        if (reap?.kind === "reap") expect(reap.reaped).toBeGreaterThanOrEqual(acknowledged.length);
        expect(await store.verify(t0)).toEqual([]);
        next = Number((last?.id ?? "r0").slice(1)) + 1;
        await store.close();
      }
    },
  );

  it("is refused within the same process, too", async () => {
    const store = await openSqliteStore({ path });
    expect((await failureOf(openSqliteStore({ path }))).code).toBe("store-in-use");
    await must(store, write.event(sampleEvent("e1")));
    await store.close();
    await (await openSqliteStore({ path })).close();
  });
});

describe("a file that cannot be used", () => {
  it("comes from a newer version", async () => {
    await (await openSqliteStore({ path })).close();
    const database = await openDatabase(path);
    database.exec("PRAGMA user_version = 9999");
    database.close();
    expect((await failureOf(openSqliteStore({ path }))).code).toBe("store-newer");
  });

  it("belongs to another program", async () => {
    const database = await openDatabase(path);
    database.exec("CREATE TABLE customers (id)");
    database.close();
    expect((await failureOf(openSqliteStore({ path }))).code).toBe("store-unavailable");
  });

  it("is not a database", async () => {
    writeFileSync(path, "this is a letter to my aunt\n".repeat(1000));
    expect((await failureOf(openSqliteStore({ path }))).code).toBe("store-corrupt");
  });

  it("is a folder, or in a folder that is not there", async () => {
    mkdirSync(path);
    expect((await failureOf(openSqliteStore({ path }))).code).toBe("store-unavailable");
    expect((await failureOf(openSqliteStore({ path: join(folder, "a", "b.db") }))).code).toBe("store-unavailable");
  });

  it("is damaged: says so, and then that it is not usable", async () => {
    const store = await openSqliteStore({ path });
    for (let i = 0; i < 300; i++) {
      await must(store, write.event(sampleEvent(`e${i}`, { data: JSON.stringify("x".repeat(2000)) })));
    }
    await store.close();
    // All but the header and the schema.
    const file = openSync(path, "r+");
    writeSync(file, Buffer.alloc(statSync(path).size - 8 * 8192, 0xa5), 0, undefined, 8 * 8192);
    closeSync(file);
    const told: string[] = [];
    try {
      const broken = await openSqliteStore({ path });
      for (let i = 0; i < 300; i++) await broken.events.get(`e${i}`);
      told.push("nothing");
    } catch (error) {
      told.push(error instanceof StoreError ? error.code : String(error));
    }
    expect(told).toEqual(["store-corrupt"]);
  });

  // The file system does not stop root; `seteuid` makes somebody else of it.
  const asNobody = process.getuid?.() === 0 ? process.seteuid : undefined;
  it.runIf(asNobody !== undefined || process.getuid?.() !== 0)("is read-only, or in a read-only folder", async () => {
    await (await openSqliteStore({ path })).close();
    chmodSync(path, 0o444);
    chmodSync(folder, 0o755);
    asNobody?.(65534);
    try {
      expect((await failureOf(openSqliteStore({ path }))).code).toBe("store-read-only");
      if (asNobody) {
        expect((await failureOf(openSqliteStore({ path: join(folder, "new.db") }))).code).toBe("store-unavailable");
      }
    } finally {
      asNobody?.(0);
    }
  });
});

describe("a full disk", () => {
  async function fill(store: Store): Promise<number> {
    for (let i = 0; ; i++) {
      const data = JSON.stringify("x".repeat(20_000));
      const outcome = await apply(
        store,
        [],
        write.event(sampleEvent(`e${i}`, { data })),
        write.run(sampleRun(`r${i}`, { owner: "w1", eventIds: [`e${i}`] })),
      ).catch((error: unknown) => error);
      if (!(outcome instanceof Error)) continue;
      expect(outcome).toMatchObject({ code: "store-full" });
      return i;
    }
  }

  it("refuses the commit, keeps what was stored, and goes on when there is room", async () => {
    const store = await openSqliteStore({ path, maxBytes: 1_000_000 });
    const stored = await fill(store);
    expect(stored).toBeGreaterThan(10);
    expect(await store.events.get(`e${stored}`)).toBeNull();
    expect(await store.runs.get(`r${stored}`)).toBeNull();
    expect(await store.runs.count()).toMatchObject({ running: stored });
    expect((await store.verify(t0)).filter(({ code }) => code !== "dead-lease")).toEqual([]);
    // What needs no new page is still possible.
    expect(await apply(store, [{ kind: "lease", runId: "r0", epoch: 1 }], write.end("r0"))).toMatchObject({ ok: true });
    await store.close();
    const larger = await openSqliteStore({ path });
    expect(await larger.runs.count()).toMatchObject({ running: stored - 1, completed: 1 });
    await must(larger, write.step(sampleStep("r1", "a", { output: JSON.stringify("y".repeat(100_000)) })));
    await larger.close();
  });

  it("leaves no half of a commit in memory", async () => {
    const store = await openSqliteStore({ path, maxBytes: 400_000 });
    const stored = await fill(store);
    // The refused run is not leased: its guard fails, it does not pass because somebody remembers it.
    expect(await apply(store, [{ kind: "lease", runId: `r${stored}`, epoch: 1 }])).toMatchObject({ ok: false });
    await store.close();
  });
});

it("refuses everything after close, and closes twice", async () => {
  const store = await openSqliteStore({ path });
  await store.close();
  await store.close();
  expect((await failureOf(store.commit([]))).code).toBe("store-unavailable");
  expect((await failureOf(store.runs.get("r1"))).code).toBe("store-unavailable");
});

describe("migrations", () => {
  it("are applied once, in order; one that fails leaves the version before", async () => {
    const database = await openDatabase(path);
    const one = { version: 1, sql: "CREATE TABLE a (x); INSERT INTO a VALUES (1)" };
    const two = { version: 2, sql: "INSERT INTO a VALUES (2)" };
    const bad = { version: 3, sql: "INSERT INTO a VALUES (3); INSERT INTO nowhere VALUES (1)" };
    migrate(database, path, [one]);
    migrate(database, path, [one, two]);
    migrate(database, path, [one, two]);
    expect(() => migrate(database, path, [one, two, bad])).toThrow("nowhere");
    expect(database.prepare("SELECT x FROM a").all([])).toEqual([{ x: 1 }, { x: 2 }]);
    expect(database.prepare("PRAGMA user_version").get([])).toEqual({ user_version: 2 });
    expect(() => migrate(database, path, [one])).toThrow(/version 2/);
    database.close();
  });

  it("keep a copy of an open database usable: the log is part of it", async () => {
    const store = await openSqliteStore({ path });
    await must(store, write.event(sampleEvent("e1")));
    const copy = join(folder, "copy.db");
    copyFileSync(path, copy);
    copyFileSync(`${path}-wal`, `${copy}-wal`);
    const second = await openSqliteStore({ path: copy });
    expect(await second.events.get("e1")).not.toBeNull();
    await second.close();
    await store.close();
  });
});
