import { expect, it } from "vitest";
import { apply, claim, must, runOf } from "./apply.js";
import { guard, sampleRun, sampleSleep, sampleStep, t0, transition, write } from "./sample-records.js";
import type { StoreUnderTest } from "./store-under-test.js";

/** Claims, workers, leases. */
export function describeQueue(current: () => StoreUnderTest): void {
  const open = () => current().store;

  it("claims what is due, by time and then by insertion, up to the limit", async () => {
    const store = open();
    const times = { z: t0 + 2, b: t0 + 1, y: t0 + 1, a: t0 + 1, c: t0 + 9 };
    for (const [id, queueAt] of Object.entries(times)) await must(store, write.run(sampleRun(id, { queueAt })));
    expect(await claim(store, "w1", t0)).toEqual([]);
    expect((await claim(store, "w1", t0 + 5, 2)).map((run) => run.id)).toEqual(["b", "y"]);
    expect((await claim(store, "w1", t0 + 5, 0)).map((run) => run.id)).toEqual([]);
    expect((await claim(store, "w2", t0 + 5)).map((run) => run.id)).toEqual(["a", "z"]);
    expect(await claim(store, "w2", t0 + 5)).toEqual([]);
    expect(await store.runs.nextQueueAt()).toBe(t0 + 9);
    expect((await claim(store, "w2", t0 + 9)).map((run) => run.id)).toEqual(["c"]);
    expect(await store.runs.nextQueueAt()).toBeNull();
  });

  it("gives the claimed run as it then is", async () => {
    const store = open();
    await must(store, write.run(sampleRun("r1")));
    const [claimed] = await claim(store, "w1", t0 + 3);
    expect(claimed).toMatchObject({ status: "running", owner: "w1", epoch: 1, queueAt: null, startedAt: t0 + 3 });
    expect(claimed).toEqual(await runOf(store, "r1"));
  });

  it("gives no run to two workers, not within one commit either", async () => {
    const store = open();
    for (let i = 0; i < 10; i++) await must(store, write.run(sampleRun(`r${i}`)));
    const outcomes = await Promise.all([
      store.commit([transition([], write.claim("w1", t0, 4)), transition([], write.claim("w2", t0, 4))]),
      store.commit([transition([], write.claim("w3", t0, 4))]),
    ]);
    const ids = outcomes
      .flat()
      .flatMap((outcome) =>
        outcome.ok ? outcome.results.flatMap((result) => (result.kind === "claim" ? result.claimed : [])) : [],
      );
    expect(ids).toHaveLength(10);
    expect(new Set(ids.map((run) => run.id)).size).toBe(10);
  });

  it("claims a run that was inserted in the same commit", async () => {
    const [, outcome] = await open().commit([
      transition([], write.run(sampleRun("r1"))),
      transition([], write.claim("w1", t0, 9)),
    ]);
    expect(outcome).toMatchObject({ ok: true, results: [{ kind: "claim", claimed: [{ id: "r1", epoch: 1 }] }] });
  });

  it("makes a released run claimable at its time, and not when it has none", async () => {
    const store = open();
    await must(store, write.run(sampleRun("r1", { owner: "w1" })), write.run(sampleRun("r2", { owner: "w1" })));
    await must(store, write.wake(sampleSleep("r1", "s")), write.release("r1", t0 + 1000));
    await must(store, write.wake(sampleSleep("r2", "s")), write.release("r2", null));
    expect(await store.runs.nextQueueAt()).toBe(t0 + 1000);
    expect(await claim(store, "w1", t0 + 999)).toEqual([]);
    expect((await claim(store, "w1", t0 + 1000)).map((run) => run.id)).toEqual(["r1"]);
    expect(await store.runs.nextQueueAt()).toBeNull();
  });

  it("reaps the runs of workers that have expired, and of unknown ones", async () => {
    const store = open();
    await must(store, write.heartbeat("w1", t0 + 10), write.heartbeat("w2", t0 + 20));
    await must(store, write.run(sampleRun("r1", { owner: "w1" })), write.run(sampleRun("r2", { owner: "w2" })));
    await must(
      store,
      write.run(sampleRun("r3", { owner: "nobody" })),
      write.run(sampleRun("r4", { queueAt: t0 + 99 })),
    );
    expect(await must(store, write.reap(t0 + 9, t0 + 9))).toEqual([{ kind: "reap", reaped: 1 }]);
    expect(await must(store, write.reap(t0 + 10, t0 + 10))).toEqual([{ kind: "reap", reaped: 1 }]);
    expect(await runOf(store, "r1")).toMatchObject({ status: "queued", owner: null, queueAt: t0 + 10, epoch: 1 });
    expect(await runOf(store, "r2")).toMatchObject({ status: "running", owner: "w2" });
    expect(await runOf(store, "r3")).toMatchObject({ status: "queued", owner: null, queueAt: t0 + 9 });
    await must(store, write.heartbeat("w2", t0 + 50));
    expect(await must(store, write.reap(t0 + 30, t0 + 30))).toEqual([{ kind: "reap", reaped: 0 }]);
    expect(await apply(store, [guard.lease("r1", 1)], write.step(sampleStep("r1", "a")))).toMatchObject({ ok: false });
    expect(await apply(store, [guard.lease("r2", 1)], write.step(sampleStep("r2", "a")))).toMatchObject({ ok: true });
  });

  it("frees every lease after a restart", async () => {
    await must(open(), write.heartbeat("w1", t0 + 1e6), write.run(sampleRun("r1", { owner: "w1" })));
    await must(open(), write.run(sampleRun("r2", { owner: "never-seen" })));
    await current().reopen();
    expect(await apply(open(), [guard.lease("r1", 1)])).toMatchObject({ ok: true });
    expect(await must(open(), write.reap(t0 + 5, Number.MAX_SAFE_INTEGER))).toEqual([{ kind: "reap", reaped: 2 }]);
    expect(await apply(open(), [guard.lease("r1", 1)])).toMatchObject({ ok: false });
    expect((await claim(open(), "w2", t0 + 5)).map((run) => [run.id, run.epoch])).toEqual([
      ["r1", 2],
      ["r2", 2],
    ]);
  });

  it("frees the runs of a worker that retires, and only those", async () => {
    const store = open();
    await must(store, write.heartbeat("w1", t0 + 10), write.heartbeat("w2", t0 + 10));
    await must(store, write.run(sampleRun("r1", { owner: "w1" })), write.run(sampleRun("r2", { owner: "w2" })));
    await must(store, { kind: "retire", owner: "w1", now: t0 + 3 }, { kind: "retire", owner: "stranger", now: t0 + 3 });
    expect(await runOf(store, "r1")).toMatchObject({ status: "queued", owner: null, queueAt: t0 + 3 });
    expect(await runOf(store, "r2")).toMatchObject({ status: "running", owner: "w2" });
    expect(await apply(store, [guard.lease("r1", 1)])).toMatchObject({ ok: false });
  });

  it("frees in a commit what was leased in it", async () => {
    const store = open();
    const outcomes = await store.commit([
      transition([], write.run(sampleRun("r1", { owner: "w1" }))),
      transition([], write.reap(t0, Number.MAX_SAFE_INTEGER)),
      transition([guard.lease("r1", 1)], write.end("r1")),
      transition([], write.claim("w2", t0, 1)),
      transition([guard.lease("r1", 2)], write.end("r1")),
    ]);
    expect(outcomes.map((outcome) => outcome.ok)).toEqual([true, true, false, true, true]);
  });
}
