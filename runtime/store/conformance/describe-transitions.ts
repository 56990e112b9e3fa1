import { expect, it } from "vitest";
import { apply, claim, journalKeys, must, runOf } from "./apply.js";
import { guard, sampleEvent, sampleRun, sampleSleep, sampleStep, t0, transition, write } from "./sample-records.js";
import type { StoreUnderTest } from "./store-under-test.js";

/** Guards, conflicts, and what is voided with them. */
export function describeTransitions(current: () => StoreUnderTest): void {
  const open = () => current().store;

  it("gives an outcome for each transition, in order", async () => {
    const outcomes = await open().commit([
      transition([], write.event(sampleEvent("e1")), write.run(sampleRun("r1", { owner: "w1" }))),
      transition([guard.lease("r1", 2)], write.step(sampleStep("r1", "never"))),
      transition([guard.lease("r1", 1)], write.step(sampleStep("r1", "a"))),
    ]);
    expect(outcomes).toEqual([
      { ok: true, results: [] },
      { ok: false, failed: { kind: "lease", runId: "r1", epoch: 2 } },
      { ok: true, results: [] },
    ]);
    expect(await journalKeys(open(), "r1")).toEqual(["a"]);
  });

  it("takes a commit without transitions", async () => {
    expect(await open().commit([])).toEqual([]);
  });

  it("holds a lease only at its epoch, while somebody has it", async () => {
    const store = open();
    await must(store, write.run(sampleRun("r1")));
    const check = () => apply(store, [guard.lease("r1", 1)]);
    expect(await check()).toMatchObject({ ok: false });
    expect(await apply(store, [guard.lease("r1", 0)])).toMatchObject({ ok: false });
    await claim(store, "w1", t0);
    expect(await check()).toEqual({ ok: true, results: [] });
    await must(store, write.release("r1", t0));
    expect(await check()).toMatchObject({ ok: false });
    await claim(store, "w1", t0);
    expect(await check()).toMatchObject({ ok: false });
    expect(await apply(store, [guard.lease("r1", 2)])).toMatchObject({ ok: true });
    await must(store, write.end("r1"));
    expect(await apply(store, [guard.lease("r1", 2)])).toMatchObject({ ok: false });
    expect(await apply(store, [guard.lease("nobody", 1)])).toMatchObject({ ok: false });
  });

  it("sees in a guard what earlier transitions of the same commit wrote", async () => {
    const store = open();
    const outcomes = await store.commit([
      transition([], write.run(sampleRun("r1", { owner: "w1" }))),
      transition([guard.wakes("r1", 0)], write.wake(sampleSleep("r1", "s"))),
      transition([guard.wakes("r1", 0)], write.end("r1")),
      transition([guard.wake("r1", "s")], write.step(sampleStep("r1", "s", { kind: "sleep" }), true)),
      transition([guard.wake("r1", "s")], write.end("r1")),
      transition([guard.open("r1"), guard.lease("r1", 1)], write.end("r1")),
      transition([guard.open("r1")], write.step(sampleStep("r1", "late"))),
      transition([guard.lease("r1", 1)], write.step(sampleStep("r1", "late"))),
    ]);
    expect(outcomes.map((outcome) => outcome.ok)).toEqual([true, true, false, true, false, true, false, false]);
    expect(await journalKeys(store, "r1")).toEqual(["s"]);
  });

  it("holds `open` for queued, running and waiting runs that exist", async () => {
    const store = open();
    const check = async () => (await apply(store, [guard.open("r1")])).ok;
    expect(await check()).toBe(false);
    await must(store, write.run(sampleRun("r1")));
    expect(await check()).toBe(true);
    await claim(store, "w1", t0);
    expect(await check()).toBe(true);
    await must(store, write.release("r1", null, "waiting"));
    expect(await check()).toBe(true);
    await must(store, write.end("r1", { status: "cancelled" }));
    expect(await check()).toBe(false);
  });

  it("deletes the wake that nobody waits for any more, and no other", async () => {
    const store = open();
    await must(store, write.event(sampleEvent("e1")), write.run(sampleRun("r1", { owner: "w1" })));
    await must(store, write.wake(sampleSleep("r1", "a")), write.wake(sampleSleep("r1", "b")));
    const unwake = (stepKey: string) => ({ kind: "unwake", runId: "r1", stepKey }) as const;
    await must(store, unwake("a"), unwake("never there"));
    const [snapshot] = await store.runs.snapshots(["r1"]);
    expect(snapshot?.wakes.map(({ stepKey }) => stepKey)).toEqual(["b"]);
    expect(await apply(store, [guard.lease("r1", 1)], write.end("r1"))).toMatchObject({ ok: true });
    expect(await apply(store, [], unwake("b"))).toEqual({ ok: false, failed: { kind: "run-ended", runId: "r1" } });
  });

  it("counts the wakes of one run", async () => {
    const store = open();
    await must(store, write.run(sampleRun("r1")), write.run(sampleRun("r2")));
    await must(store, write.wake(sampleSleep("r1", "a")), write.wake(sampleSleep("r1", "b")));
    await must(store, write.wake(sampleSleep("r2", "a")), write.wake(sampleSleep("r1", "b", t0 + 7)));
    expect(await apply(store, [guard.wakes("r1", 2), guard.wakes("r2", 1), guard.wakes("nobody", 0)])).toMatchObject({
      ok: true,
    });
    expect(await apply(store, [guard.wakes("r1", 3)])).toEqual({
      ok: false,
      failed: { kind: "wakes", runId: "r1", count: 3 },
    });
  });

  it("fires a schedule's tick once", async () => {
    const store = open();
    const tick = (nextAt: number, then: number) =>
      apply(store, [{ kind: "schedule", id: "s", nextAt }], {
        kind: "schedule",
        id: "s",
        expression: "* * * * *",
        nextAt: then,
      });
    expect(await tick(t0, t0 + 1)).toMatchObject({ ok: false });
    await must(store, { kind: "schedule", id: "s", expression: "* * * * *", nextAt: t0 });
    expect(await tick(t0, t0 + 60_000)).toMatchObject({ ok: true });
    expect(await tick(t0, t0 + 60_000)).toMatchObject({ ok: false });
    expect(await store.schedules.list()).toEqual([{ id: "s", expression: "* * * * *", nextAt: t0 + 60_000 }]);
    await must(store, { kind: "schedule", id: "s", expression: "* * * * *", nextAt: null });
    expect(await store.schedules.list()).toEqual([]);
  });

  it("names the guard that failed, the first of several", async () => {
    const store = open();
    await must(store, write.run(sampleRun("r1")));
    const outcome = await apply(store, [guard.open("r1"), guard.wake("r1", "x"), guard.wakes("r1", 5)]);
    expect(outcome).toEqual({ ok: false, failed: { kind: "wake", runId: "r1", stepKey: "x" } });
  });

  it("voids only the transition that journals a step again", async () => {
    const store = open();
    await must(store, write.event(sampleEvent("e1")), write.run(sampleRun("r1", { owner: "w1" })));
    const outcomes = await store.commit([
      transition([guard.lease("r1", 1)], write.step(sampleStep("r1", "a", { output: "1" }))),
      transition([], write.event(sampleEvent("e2"))),
      transition(
        [guard.lease("r1", 1)],
        write.wake(sampleSleep("r1", "w")),
        write.step(sampleStep("r1", "a", { output: "2" })),
        write.end("r1"),
      ),
      transition([guard.lease("r1", 1)], write.step(sampleStep("r1", "b"))),
    ]);
    expect(outcomes).toEqual([
      { ok: true, results: [] },
      { ok: true, results: [] },
      { ok: false, failed: { kind: "step-exists", runId: "r1", stepKey: "a" } },
      { ok: true, results: [] },
    ]);
    const [snapshot] = await store.runs.snapshots(["r1"]);
    expect(snapshot?.journal.map(({ key, output }) => [key, output])).toEqual([
      ["a", "1"],
      ["b", '{"ok":true}'],
    ]);
    expect(snapshot?.wakes).toEqual([]);
    expect(snapshot?.run.status).toBe("running");
    expect(await store.events.get("e2")).not.toBeNull();
  });

  it("voids a second run or event of the same id, and what came with it", async () => {
    const store = open();
    await must(store, write.event(sampleEvent("e1")), write.run(sampleRun("r1")));
    expect(await apply(store, [], write.event(sampleEvent("e2")), write.run(sampleRun("r1")))).toEqual({
      ok: false,
      failed: { kind: "run-exists", runId: "r1" },
    });
    expect(await store.events.get("e2")).toBeNull();
    expect(await apply(store, [], write.run(sampleRun("r2")), write.event(sampleEvent("e1", { data: "2" })))).toEqual({
      ok: false,
      failed: { kind: "event-exists", eventId: "e1" },
    });
    expect(await store.runs.get("r2")).toBeNull();
    expect((await store.events.get("e1"))?.data).toBe('{"n":1}');
  });

  it("voids writes to a run that does not exist", async () => {
    const store = open();
    for (const lost of [
      write.step(sampleStep("nobody", "a")),
      write.resolve(sampleStep("nobody", "a"), t0),
      write.wake(sampleSleep("nobody", "a")),
      write.release("nobody", t0),
      write.end("nobody"),
    ]) {
      expect(await apply(store, [], write.event(sampleEvent("e1")), lost)).toEqual({
        ok: false,
        failed: { kind: "run-missing", runId: "nobody" },
      });
    }
    expect(await store.events.get("e1")).toBeNull();
  });

  it("voids writes to a run that has ended", async () => {
    const store = open();
    await must(store, write.run(sampleRun("r1", { owner: "w1" })), write.end("r1"));
    for (const late of [
      write.step(sampleStep("r1", "a")),
      write.resolve(sampleStep("r1", "a"), t0),
      write.wake(sampleSleep("r1", "a")),
      write.release("r1", t0),
      write.end("r1", { status: "failed" }),
    ]) {
      expect(await apply(store, [], late)).toEqual({ ok: false, failed: { kind: "run-ended", runId: "r1" } });
    }
    expect(await runOf(store, "r1")).toMatchObject({ status: "completed", queueAt: null });
    expect(await store.verify(t0)).toEqual([]);
  });

  it("lets a second owner in only with a new epoch, and the first out", async () => {
    const store = open();
    await must(store, write.heartbeat("w1", t0 + 10), write.heartbeat("w2", t0 + 99), write.run(sampleRun("r1")));
    expect((await claim(store, "w1", t0)).map((run) => run.epoch)).toEqual([1]);
    await must(store, write.reap(t0 + 20, t0 + 20));
    expect((await claim(store, "w2", t0 + 20)).map((run) => run.epoch)).toEqual([2]);
    expect(await apply(store, [guard.lease("r1", 1)], write.step(sampleStep("r1", "a")))).toMatchObject({ ok: false });
    expect(await apply(store, [guard.lease("r1", 2)], write.step(sampleStep("r1", "a")))).toMatchObject({ ok: true });
    expect(await runOf(store, "r1")).toMatchObject({ owner: "w2", epoch: 2, status: "running" });
  });
}
