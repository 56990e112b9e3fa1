import { expect, it } from "vitest";
import type { Store, Transition, Write } from "../store.js";
import type { UserTransaction } from "../user-transaction.js";
import { journalKeys, must } from "./apply.js";
import { guard, sampleRun, sampleSleep, sampleStep, t0, transition, write } from "./sample-records.js";
import type { StoreUnderTest } from "./store-under-test.js";

/** User code in the transaction that journals its step. */
export function describeTransact(current: () => StoreUnderTest): void {
  const open = () => current().store;

  const transact = (key: string, body: (tx: UserTransaction) => unknown, settlesWake = false, runId = "r1"): Write => ({
    kind: "transact",
    runId,
    stepKey: key,
    body,
    settle: (value) => sampleStep(runId, key, { kind: "transaction", output: JSON.stringify(value ?? null) }),
    settlesWake,
  });
  const alone = (key: string, body: (tx: UserTransaction) => unknown): Transition =>
    transition([], transact(key, body));
  const add = (id: string) => (tx: UserTransaction) => tx.run("INSERT INTO orders (id) VALUES (?)", id).changes;

  async function prepare(store: Store): Promise<void> {
    await must(store, write.run(sampleRun("r1", { owner: "w1" })));
    await must(
      store,
      transact("schema", (tx) => tx.run("CREATE TABLE orders (id TEXT PRIMARY KEY)").changes),
    );
  }

  async function orders(store: Store, runId = "r1"): Promise<unknown> {
    let found: unknown;
    const look = (tx: UserTransaction): void => {
      found = tx.all<{ id: string }>("SELECT id FROM orders ORDER BY id").map(({ id }) => id);
      throw new Error("leaves no trace");
    };
    await store.commit([transition([], transact("look", look, false, runId))]);
    return found;
  }

  it("keeps the rows and the journal together", async () => {
    const store = open();
    await prepare(store);
    const outcomes = await store.commit([
      transition([guard.lease("r1", 1)], transact("a", add("o1"))),
      transition([guard.lease("r1", 2)], transact("fenced", add("fenced"))),
    ]);
    expect(outcomes).toEqual([
      { ok: true, results: [] },
      { ok: false, failed: { kind: "lease", runId: "r1", epoch: 2 } },
    ]);
    expect(await orders(store)).toEqual(["o1"]);
    expect((await store.runs.snapshots(["r1"]))[0]?.journal.at(-1)).toMatchObject({
      key: "a",
      kind: "transaction",
      output: "1",
    });
    await current().reopen();
    expect(await orders(current().store)).toEqual(["o1"]);
  });

  it("takes back only the writes of the code that throws", async () => {
    const store = open();
    await prepare(store);
    const error = new Error("no");
    const outcomes = await store.commit([
      transition([guard.lease("r1", 1)], write.step(sampleStep("r1", "before"))),
      alone("a", add("o1")),
      alone("b", (tx) => {
        add("o2")(tx);
        throw error;
      }),
      transition([guard.lease("r1", 1)], write.step(sampleStep("r1", "after"))),
      alone("c", add("o3")),
    ]);
    expect(outcomes).toEqual([
      { ok: true, results: [] },
      { ok: true, results: [] },
      { ok: false, failed: { kind: "threw", error } },
      { ok: true, results: [] },
      { ok: true, results: [] },
    ]);
    expect(await orders(store)).toEqual(["o1", "o3"]);
    expect(await journalKeys(store, "r1")).toEqual(["schema", "before", "a", "after", "c"]);
  });

  it("takes back what was written when `settle` throws, or the row is there already", async () => {
    const store = open();
    await prepare(store);
    await must(store, write.step(sampleStep("r1", "there")));
    const error = new Error("too large");
    const outcomes = await store.commit([
      transition([], {
        kind: "transact",
        runId: "r1",
        stepKey: "large",
        body: add("o1"),
        settle: () => {
          throw error;
        },
        settlesWake: false,
      }),
      alone("there", add("o2")),
      alone("a", add("o3")),
      alone("b", (tx) => {
        add("o4")(tx);
        throw error;
      }),
    ]);
    expect(outcomes).toEqual([
      { ok: false, failed: { kind: "threw", error } },
      { ok: false, failed: { kind: "step-exists", runId: "r1", stepKey: "there" } },
      { ok: true, results: [] },
      { ok: false, failed: { kind: "threw", error } },
    ]);
    expect(await orders(store)).toEqual(["o3"]);
  });

  it("tells an error of the database as one of the code", async () => {
    const store = open();
    await prepare(store);
    const outcomes = await store.commit([
      alone("a", add("o1")),
      alone("b", add("o1")),
      alone("c", (tx) => tx.run("INSERT INTO nowhere VALUES (1)")),
      alone("d", (tx) => {
        expect(() => add("o1")(tx)).toThrow();
        return add("o2")(tx);
      }),
    ]);
    expect(outcomes).toMatchObject([
      { ok: true },
      { ok: false, failed: { kind: "threw", error: { code: "SQLITE_CONSTRAINT_PRIMARYKEY" } } },
      { ok: false, failed: { kind: "threw", error: { message: expect.stringContaining("no such table") } } },
      { ok: true },
    ]);
    expect(await orders(store)).toEqual(["o1", "o2"]);
  });

  it("settles the wake of an attempt before", async () => {
    const store = open();
    await prepare(store);
    await must(store, write.wake(sampleSleep("r1", "a")));
    await must(store, transact("a", add("o1"), true));
    expect((await store.runs.snapshots(["r1"]))[0]?.wakes).toEqual([]);
    expect(await store.verify(t0)).toMatchObject([{ code: "dead-lease" }]);
  });

  it("writes nothing for a run that has ended", async () => {
    const store = open();
    await prepare(store);
    await must(store, write.run(sampleRun("r2")), write.end("r1"));
    expect(await store.commit([alone("late", add("o1"))])).toEqual([
      { ok: false, failed: { kind: "run-ended", runId: "r1" } },
    ]);
    expect(await orders(store, "r2")).toEqual([]);
  });

  it("gives typed rows and takes every kind of parameter", async () => {
    const store = open();
    await prepare(store);
    let seen: unknown[] = [];
    await must(
      store,
      transact("a", (tx) => {
        tx.run("CREATE TABLE kinds (a, b, c, d, e, f)");
        tx.run("INSERT INTO kinds VALUES (?, ?, ?, ?, ?, ?)", "x", 1.5, 7n, true, null, new Uint8Array([1, 2]));
        const row = tx.get<{ a: string; b: number }>("SELECT a, b, c, d, e, hex(f) AS f FROM kinds");
        seen = [row, tx.get("SELECT a FROM kinds WHERE a = ?", "y"), tx.all("SELECT d FROM kinds")];
      }),
    );
    expect(seen).toEqual([{ a: "x", b: 1.5, c: 7, d: 1, e: null, f: "0102" }, undefined, [{ d: 1 }]]);
  });

  it.each([
    ["protected-table", "DELETE FROM runs"],
    ["protected-table", 'SELECT * FROM "STEPS"'],
    ["protected-table", "SELECT * FROM 'wakes'"],
    ["protected-table", "INSERT INTO main.[events] DEFAULT VALUES"],
    ["protected-table", "CREATE VIEW mine AS SELECT * FROM/**/runs"],
    ["protected-table", "DROP INDEX runs_in_queue"],
    ["protected-table", "CREATE TABLE stepwright_mine (a)"],
    ["refused-statement", "COMMIT"],
    ["refused-statement", "-- a comment\n ROLLBACK"],
    ["refused-statement", "SAVEPOINT mine"],
    ["refused-statement", "RELEASE user_code"],
    ["refused-statement", "PRAGMA writable_schema = 1"],
    ["refused-statement", "ATTACH 'other.db' AS other"],
    ["refused-statement", "VACUUM"],
    ["refused-statement", "SELECT 1; COMMIT"],
    ["refused-statement", "INSERT OR ROLLBACK INTO orders VALUES ('x')"],
    ["refused-statement", "CREATE TRIGGER t AFTER INSERT ON orders BEGIN SELECT RAISE(ROLLBACK, 'x'); END"],
    ["refused-statement", ""],
  ])("refuses with %s: %s", async (code, sql) => {
    const store = open();
    await prepare(store);
    const [outcome] = await store.commit([alone("a", (tx) => (add("o1")(tx), tx.run(sql)))]);
    expect(outcome).toMatchObject({ ok: false, failed: { kind: "threw", error: { code } } });
    expect(await orders(store)).toEqual([]);
  });

  it("allows what only looks like it", async () => {
    const store = open();
    await prepare(store);
    const [outcome] = await store.commit([
      alone("a", (tx) => {
        tx.run("INSERT INTO orders (id) VALUES (?);", "runs");
        tx.run("INSERT INTO orders (id) VALUES ('COMMIT; DELETE FROM runs')");
        tx.run(
          "CREATE TRIGGER twice AFTER INSERT ON orders WHEN new.id = 't' BEGIN INSERT INTO orders (id) VALUES ('u'); SELECT 1; END;",
        );
        return tx.run("INSERT INTO orders (id) VALUES ('t') -- runs").changes;
      }),
    ]);
    expect(outcome).toEqual({ ok: true, results: [] });
    expect(await orders(store)).toEqual(["COMMIT; DELETE FROM runs", "runs", "t", "u"]);
  });

  it("closes `tx` with its callback", async () => {
    const store = open();
    await prepare(store);
    const kept: UserTransaction[] = [];
    await must(
      store,
      transact("a", (tx) => void kept.push(tx)),
    );
    expect(() => kept[0]?.run("DELETE FROM orders")).toThrow(/transaction-closed/);
  });
}
