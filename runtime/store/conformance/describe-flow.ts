import { expect, it } from "vitest";
import type { Write } from "../store.js";
import { apply, claim, must, runOf } from "./apply.js";
import { guard, sampleEvent, sampleRun, sampleSleep, t0, write } from "./sample-records.js";
import { add, control, line, slot } from "./sample-control.js";
import type { StoreUnderTest } from "./store-under-test.js";

const idsOf = (runs: readonly { readonly id: string }[]): string[] => runs.map(({ id }) => id);

/** Flow control: lines, slots, throttles, gathered events, singletons. */
export function describeFlow(current: () => StoreUnderTest): void {
  const open = () => current().store;
  const claimed = async (now: number, limit = 100): Promise<string[]> => idsOf(await claim(open(), "w1", now, limit));
  const verified = async (): Promise<string[]> =>
    (await open().verify(t0)).map(({ code }) => code).filter((code) => code !== "dead-lease");

  it("leases a new run at once while there is room, and lets the others wait in their order", async () => {
    const limited = { line: line({ slots: [slot("b", 2)] }) };
    expect(await add(open(), "r1", limited, { owner: "w1" })).toEqual({ kind: "leased" });
    expect(await add(open(), "r2", limited)).toEqual({ kind: "queued" });
    expect(await add(open(), "r3", limited, { owner: "w1" })).toEqual({ kind: "queued" });
    expect(await runOf(open(), "r1")).toMatchObject({ status: "running", owner: "w1", slots: 1 });
    expect(await claimed(t0)).toEqual(["r2"]);
    expect(await open().flow.waiting("r3")).toMatchObject({ policy: "concurrency", bucket: "b", limit: 2, ahead: 0 });
    expect(await open().runs.nextQueueAt()).toBeNull();
    await must(open(), write.end("r2"));
    expect(await open().runs.nextQueueAt()).toBe(0);
    expect(await claimed(t0)).toEqual(["r3"]);
    expect(await verified()).toEqual([]);
  });

  it("counts a slot in all its buckets, and passes one that cannot be taken on", async () => {
    await add(open(), "r1", { line: line({ slots: [slot("own", 1), slot("common", 2)] }) });
    await add(open(), "r2", { line: line({ slots: [slot("own", 1), slot("common", 2)] }) });
    await add(open(), "r3", { line: line({ slots: [slot("common", 2)] }) }, { fn: "g" });
    await add(open(), "r4", { line: line({ slots: [slot("common", 3)] }) }, { fn: "h" });
    expect((await claimed(t0)).sort()).toEqual(["r1", "r3", "r4"]);
    await must(open(), write.end("r3"));
    expect(await claimed(t0)).toEqual([]);
    await must(open(), write.end("r1"));
    expect(await claimed(t0)).toEqual(["r2"]);
    expect(await verified()).toEqual([]);
  });

  it("gives slots back with the lease: by release, retirement and death", async () => {
    const limited = { line: line({ slots: [slot("b", 1)] }) };
    for (const id of ["r1", "r2", "r3", "r4"]) await add(open(), id, limited);
    expect(await claimed(t0)).toEqual(["r1"]);
    await must(open(), write.wake(sampleSleep("r1", "s")), write.release("r1", t0 + 50));
    expect(await claimed(t0)).toEqual(["r2"]);
    await must(open(), { kind: "retire", owner: "w1", now: t0 + 10 });
    expect(await claimed(t0 + 10)).toEqual(["r3"]);
    await current().reopen();
    await must(open(), write.reap(t0 + 11, Number.MAX_SAFE_INTEGER));
    expect(await verified()).toEqual([]);
    const order = [];
    for (let i = 0; i < 4; i++) {
      const [id = ""] = await claimed(t0 + 60);
      order.push(id);
      await must(open(), write.end(id, { hasWakes: true }));
    }
    expect([...order].sort()).toEqual(["r1", "r2", "r3", "r4"]);
    expect(await verified()).toEqual([]);
  });

  it("holds a slot of the whole run while it sleeps, too", async () => {
    const limited = { line: line({ slots: [slot("b", 1, "run")] }) };
    await add(open(), "r1", limited);
    await add(open(), "r2", limited);
    expect(await claimed(t0)).toEqual(["r1"]);
    expect(await runOf(open(), "r1")).toMatchObject({ slots: null });
    await must(open(), write.wake(sampleSleep("r1", "s")), write.release("r1", t0 + 50));
    expect(await claimed(t0 + 10)).toEqual([]);
    expect(await claimed(t0 + 50)).toEqual(["r1"]);
    await must(open(), write.end("r1", { hasWakes: true }));
    expect(await claimed(t0 + 50)).toEqual(["r2"]);
    expect(await verified()).toEqual([]);
  });

  it("grants more slots in turn, and takes them back", async () => {
    const store = open();
    const limited = { line: line({ slots: [slot("b", 3)] }) };
    for (const id of ["r1", "r2", "r3"]) await add(store, id, limited, { at: t0 });
    expect(await claimed(t0, 1)).toEqual(["r1"]);
    await must(store, { kind: "slots", runId: "r1", wants: 3, now: t0 + 1 });
    const [result] = await must(store, write.claim("w1", t0 + 1));
    expect(result).toMatchObject({ claimed: [{ id: "r2" }], granted: [{ runId: "r1", slots: 2 }] });
    await must(store, { kind: "slots", runId: "r1", wants: 1, now: t0 + 2 });
    expect(await claimed(t0 + 2)).toEqual(["r3"]);
    expect(await runOf(store, "r1")).toMatchObject({ slots: 1 });
    expect(await verified()).toEqual([]);
    expect(await apply(store, [guard.lease("r1", 9)], { kind: "slots", runId: "r1", wants: 2, now: t0 })).toMatchObject(
      {
        ok: false,
      },
    );
  });

  it("lets runs start at the pace of a throttle, and tells when the next one may", async () => {
    const throttle = { bucket: "t", limit: 2, burst: 0, periodMs: 100 };
    for (const id of ["r1", "r2", "r3", "r4"]) await add(open(), id, { line: line({ throttle }) });
    expect(await claimed(t0)).toEqual(["r1", "r2"]);
    expect(await open().runs.nextQueueAt()).toBe(t0 + 50);
    expect(await open().flow.waiting("r4")).toMatchObject({ policy: "throttle", ahead: 1, until: t0 + 100 });
    expect(await claimed(t0 + 49)).toEqual([]);
    await current().reopen();
    expect(await claimed(t0 + 50)).toEqual(["r3"]);
    expect(await claimed(t0 + 500)).toEqual(["r4"]);
    await must(open(), { kind: "sweep", now: t0 + 1_000 });
    expect(await verified()).toEqual([]);
  });

  it("waits no longer for a throttle than its pace says when the clock is set back", async () => {
    const throttle = { bucket: "t", limit: 2, burst: 0, periodMs: 100 };
    const late = t0 + 1_000_000;
    for (const id of ["r1", "r2", "r3", "r4"]) await add(open(), id, { line: line({ throttle }) });
    expect(await claimed(late)).toEqual(["r1", "r2"]);
    expect(await open().runs.nextQueueAt()).toBe(late + 50);
    expect(await claimed(t0 + 10)).toEqual([]);
    expect(await open().runs.nextQueueAt()).toBe(t0 + 60);
    expect(await claimed(t0 + 60)).toEqual(["r3"]);
    expect(await claimed(t0 + 110)).toEqual(["r4"]);
    expect(await verified()).toEqual([]);
  });

  it("takes a head start as an earlier arrival", async () => {
    const limited = line({ slots: [slot("b", 1)] });
    await add(open(), "r1", { line: limited });
    await add(open(), "r2", { line: limited }, { at: t0 + 10 });
    await add(open(), "r3", { line: limited, headStartMs: 50 }, { at: t0 + 20 });
    await add(open(), "r4", { line: limited, headStartMs: -50 }, { at: t0 - 20 });
    const order = [];
    for (let i = 0; i < 4; i++) {
      const [id = ""] = await claimed(t0 + 90);
      order.push(id);
      await must(open(), write.end(id));
    }
    expect(order).toEqual(["r3", "r1", "r2", "r4"]);
  });

  it("skips what a rate limit does not let through, in any window", async () => {
    const rate = { key: "k", limit: 2, periodMs: 100 };
    expect(await add(open(), "r1", { rate })).toEqual({ kind: "queued" });
    expect(await add(open(), "r2", { rate }, { at: t0 + 60 })).toEqual({ kind: "queued" });
    const third = await add(open(), "r3", { rate }, { at: t0 + 99, owner: "w1" });
    expect(third).toMatchObject({ kind: "skipped", reason: { policy: "rateLimit", until: t0 + 100 } });
    expect(await runOf(open(), "r3")).toMatchObject({
      status: "skipped",
      owner: null,
      endedAt: t0 + 99,
      queueAt: null,
    });
    await current().reopen();
    expect(await add(open(), "r4", { rate }, { at: t0 + 100 })).toEqual({ kind: "queued" });
    expect(await add(open(), "r5", { rate }, { at: t0 + 101 })).toMatchObject({ kind: "skipped" });
    await must(open(), { kind: "sweep", now: t0 + 1_000 });
    expect(await add(open(), "r6", { rate }, { at: t0 + 1_000 })).toEqual({ kind: "queued" });
  });

  it("counts earlier starts for a rate limit that is raised or gets longer, older ones to a quarter of an hour", async () => {
    const minute = 60_000;
    const often = control({ rate: { key: "k", limit: 1, periodMs: 1_000 } });
    const starts = Array.from({ length: 130 }, (_, n): Write => {
      const at = t0 + n * minute;
      return { kind: "run", run: sampleRun(`r${n}`, { createdAt: at, queueAt: at }), uniques: [], control: often };
    });
    await must(open(), ...starts);
    await current().reopen();
    await must(open(), { kind: "sweep", now: t0 + 130 * minute });
    const day = 24 * 60 * minute;
    const askedFor = async (id: string, limit: number, at: number): Promise<number | undefined> => {
      const fate = await add(open(), id, { rate: { key: "k", limit, periodMs: day } }, { at });
      return fate?.kind === "skipped" && fate.reason.policy === "rateLimit" ? fate.reason.until : undefined;
    };
    expect(await askedFor("a", 100, t0 + 200 * minute)).toBe(t0 + 30 * minute + day);
    // It was in minute 10; the last of its quarter of an hour was in minute 16.
    expect(await askedFor("b", 120, t0 + 200 * minute)).toBe(t0 + 16 * minute + day);
    expect(await askedFor("c", 131, t0 + 200 * minute)).toBeUndefined();
    expect(await askedFor("d", 120, t0 + 16 * minute + day - 1)).toBe(t0 + 16 * minute + day);
    expect(await askedFor("e", 120, t0 + 16 * minute + day)).toBeUndefined();
  });

  it("merges debounced events into one run with the newest, over a restart", async () => {
    const policy = { kind: "debounce", periodMs: 100, timeoutMs: 150, collect: false } as const;
    const gather = (ts: number) => ({
      line: line({ gathers: true, ordered: false }),
      gather: { key: "k", policy, ts, bytes: 9 },
    });
    for (const id of ["e1", "e2", "e3"]) await must(open(), write.event(sampleEvent(id)));
    expect(await add(open(), "r1", gather(5))).toEqual({ kind: "queued" });
    expect(await add(open(), "r2", gather(7), { at: t0 + 60, event: "e2" })).toEqual({ kind: "merged", into: "r1" });
    await current().reopen();
    expect(await add(open(), "r3", gather(6), { at: t0 + 90, event: "e3" })).toEqual({ kind: "merged", into: "r1" });
    expect(await open().runs.get("r2")).toBeNull();
    expect(await open().flow.waiting("r1")).toMatchObject({ kind: "gathering", events: 3, until: t0 + 150 });
    expect(idsOf((await open().runs.list({ eventId: "e3" }, 9, null)).items)).toEqual(["r1"]);
    expect(await claimed(t0 + 149)).toEqual([]);
    expect(await claimed(t0 + 150)).toEqual(["r1"]);
    expect(await runOf(open(), "r1")).toMatchObject({ eventIds: ["e2"], eventId: "e2" });
    expect(await add(open(), "r4", gather(1), { at: t0 + 150 })).toEqual({ kind: "queued" });
    await must(open(), write.end("r4", { status: "cancelled" }));
    expect(await add(open(), "r5", gather(1), { at: t0 + 151 })).toEqual({ kind: "queued" });
    expect(await verified()).toEqual([]);
  });

  it("tells a duplicate of a merged event which run it went into", async () => {
    const policy = { kind: "debounce", periodMs: 100, timeoutMs: null, collect: false } as const;
    const gathers = control({
      line: line({ gathers: true, ordered: false }),
      gather: { key: "k", policy, ts: t0, bytes: 9 },
    });
    const insert = async (id: string, key: string) => {
      const uniques = [{ policy: "event-id", scope: "f", key, now: t0, expiresAt: t0 + 99 }] as const;
      const [result] = await must(open(), { kind: "run", run: sampleRun(id), uniques, control: gathers });
      return result;
    };
    await insert("r1", "a");
    expect(await insert("r2", "b")).toMatchObject({ duplicateOf: null, fate: { kind: "merged", into: "r1" } });
    expect(await insert("r3", "b")).toMatchObject({ duplicateOf: "r1" });
    expect(await verified()).toEqual([]);
  });

  it("gathers a batch until it is full or due", async () => {
    const policy = { kind: "batch", maxSize: 3, timeoutMs: 100 } as const;
    const entry = { line: line({ gathers: true, ordered: false }), gather: { key: "k", policy, ts: t0, bytes: 9 } };
    for (let i = 1; i < 6; i++) {
      await must(open(), write.event(sampleEvent(`e${i}`)));
      await add(open(), `r${i}`, entry, { event: `e${i}`, at: t0 + i });
      if (i === 2) await current().reopen();
    }
    expect(await claimed(t0 + 5)).toEqual(["r1"]);
    expect(await runOf(open(), "r1")).toMatchObject({ eventIds: ["e1", "e2", "e3"] });
    expect(await open().flow.waiting("r4")).toMatchObject({ kind: "gathering", events: 2, of: 3, until: t0 + 104 });
    expect(await claimed(t0 + 104)).toEqual(["r4"]);
    const [snapshot] = await open().runs.snapshots(["r4"]);
    expect(idsOf(snapshot?.events ?? [])).toEqual(["e4", "e5"]);
    expect(await verified()).toEqual([]);
  });

  it("skips beside a singleton, or lets the newer one wait for the end of the older", async () => {
    const single = (mode: "skip" | "cancel") => ({
      line: line({ slots: [slot(mode, 1, "run")], singleton: { key: mode, mode } }),
    });
    await add(open(), "r1", single("skip"));
    expect(await add(open(), "r2", single("skip"))).toMatchObject({ kind: "skipped", reason: { runId: "r1" } });
    const parent = { runId: "r1", stepKey: "s" };
    expect(await add(open(), "r3", single("skip"), { parent })).toEqual({ kind: "queued" });
    await add(open(), "c1", single("cancel"));
    const run = sampleRun("c2", { functionId: "f" });
    const [result] = await must(open(), { kind: "run", run, uniques: [], control: control(single("cancel")) });
    expect(result).toMatchObject({ fate: { kind: "queued" }, superseded: "c1" });
    await current().reopen();
    expect(await open().flow.superseded()).toEqual(["c1"]);
    expect((await claimed(t0)).sort()).toEqual(["c1", "r1"]);
    await must(open(), write.end("c1", { status: "cancelled" }), write.end("r1"));
    expect(await open().flow.superseded()).toEqual([]);
    expect((await claimed(t0)).sort()).toEqual(["c2", "r3"]);
    await must(open(), write.end("c2"), write.end("r3"));
    expect(await add(open(), "r4", single("skip"))).toEqual({ kind: "queued" });
    expect(await verified()).toEqual([]);
  });

  it("forgets that a run is replaced when it ends, or is no singleton any more, whatever deployments made of it", async () => {
    const single = (mode: "skip" | "cancel") =>
      control({ line: line({ hash: mode, slots: [slot("s", 1, "run")], singleton: { key: "s", mode } }) });
    for (const after of [single("skip"), control({ line: line({ slots: [slot("b", 9)] }) }), null]) {
      const ids = ["r1", "r2"].map((id) => `${id} ${after?.line?.hash}`) as [string, string];
      await add(open(), ids[0], single("cancel"));
      await add(open(), ids[1], single("cancel"));
      expect(await open().flow.superseded()).toEqual([ids[0]]);
      for (const runId of ids) await must(open(), { kind: "reline", runId, control: after, now: t0 });
      expect(await open().flow.superseded()).toEqual(after?.line?.singleton ? [ids[0]] : []);
      for (const id of ids) await must(open(), write.end(id));
      expect(await open().flow.superseded()).toEqual([]);
      expect(await verified()).toEqual([]);
    }
  });

  it("lines up anew what has not ended; what is held is held under the new keys", async () => {
    const before = { line: line({ slots: [slot("b", 1)] }) };
    for (const id of ["r1", "r2", "r3", "r4"]) await add(open(), id, before);
    expect(await claimed(t0)).toEqual(["r1"]);
    await must(open(), { kind: "policies", functionId: "f", hash: "2" });
    const listed = async (started: boolean): Promise<string[]> => {
      const found: string[] = [];
      for (let cursor: string | null = null; ;) {
        const page = await open().flow.open("f", started, 2, cursor);
        found.push(...page.runIds);
        if (page.next === null) return found;
        cursor = page.next;
      }
    };
    expect(await listed(true)).toEqual(["r1"]);
    expect(await listed(false)).toEqual(["r2", "r3", "r4"]);
    const after = control({ line: line({ hash: "2", slots: [slot("c", 1)] }) });
    for (const runId of ["r1", "r2"]) await must(open(), { kind: "reline", runId, control: after, now: t0 });
    await must(open(), { kind: "reline", runId: "r3", control: null, now: t0 });
    await current().reopen();
    expect(await open().flow.policies()).toEqual([{ functionId: "f", hash: "2" }]);
    expect((await claimed(t0)).sort()).toEqual(["r3", "r4"]);
    expect(await verified()).toEqual([]);
    await must(open(), write.end("r1"));
    expect(await claimed(t0)).toEqual(["r2"]);
    expect(await verified()).toEqual([]);
  });

  it("a deployment may leave more held than the new limit: none starts until there is room", async () => {
    const whole = (bucket: string, limit: number) => ({ line: line({ slots: [slot(bucket, limit, "run")] }) });
    for (const id of ["r1", "r2", "r3"]) await add(open(), id, whole("b", 3));
    expect(await claimed(t0)).toEqual(["r1", "r2", "r3"]);
    await must(open(), write.wake(sampleSleep("r1", "s", t0 + 50)), write.release("r1", t0 + 50));
    await add(open(), "r4", whole("c", 1));
    for (const runId of ["r1", "r2", "r3"])
      await must(open(), { kind: "reline", runId, control: control(whole("c", 1)), now: t0 });
    expect(await claimed(t0)).toEqual([]);
    await current().reopen();
    expect(await verified()).toEqual([]);
    expect(await claimed(t0 + 50)).toEqual(["r1"]);
    for (const id of ["r1", "r2"]) await must(open(), write.end(id, { hasWakes: true }));
    expect(await claimed(t0 + 60)).toEqual([]);
    await must(open(), write.end("r3"));
    expect(await claimed(t0 + 60)).toEqual(["r4"]);
    expect(await verified()).toEqual([]);
  });

  it("takes a void transition back whole", async () => {
    const store = open();
    const limited = control({ line: line({ slots: [slot("b", 1)] }) });
    const run = sampleRun("r1", { functionId: "f", owner: "w1" });
    const outcome = await apply(store, [], { kind: "run", run, uniques: [], control: limited }, write.end("nobody"));
    expect(outcome).toMatchObject({ ok: false, failed: { kind: "run-missing" } });
    expect(await verified()).toEqual([]);
    expect(await add(store, "r2", limited, { owner: "w1" })).toEqual({ kind: "leased" });
  });
}
