import { expect, it } from "vitest";
import type { StepRecord, WakeRecord } from "../records.js";
import { apply, claim, must, runOf } from "./apply.js";
import {
  guard,
  sampleEvent,
  sampleRun,
  sampleSleep,
  sampleStep,
  sampleWait,
  t0,
  transition,
  write,
} from "./sample-records.js";
import type { StoreUnderTest } from "./store-under-test.js";

/** Runs, their journals and wakes: what is written is what is read, before and after a restart. */
export function describeRuns(current: () => StoreUnderTest): void {
  const open = () => current().store;

  it("inserts a run with an owner as leased", async () => {
    const store = open();
    await must(store, write.event(sampleEvent("e1")), write.run(sampleRun("r1", { owner: "w1" })));
    expect(await runOf(store, "r1")).toEqual({
      id: "r1",
      functionId: "shop-process-order",
      functionHash: "hash-1",
      status: "running",
      eventId: "e1",
      eventIds: ["e1"],
      parent: null,
      attempt: 0,
      createdAt: t0,
      startedAt: t0,
      endedAt: null,
      output: null,
      owner: "w1",
      epoch: 1,
      queueAt: null,
      slots: null,
      cancel: null,
      ending: null,
    });
    expect(await store.runs.nextQueueAt()).toBeNull();
  });

  it("inserts a run without an owner as queued", async () => {
    const store = open();
    const parent = { runId: "r0", stepKey: "call" };
    await must(store, write.run(sampleRun("r1", { queueAt: t0 + 5, parent, eventIds: ["e1", "e2"] })));
    expect(await runOf(store, "r1")).toMatchObject({
      status: "queued",
      owner: null,
      epoch: 0,
      queueAt: t0 + 5,
      startedAt: null,
      parent,
      eventId: "e1",
      eventIds: ["e1", "e2"],
    });
    expect(await store.runs.nextQueueAt()).toBe(t0 + 5);
  });

  it("ends a run with its output and deletes its wakes", async () => {
    const store = open();
    await must(store, write.run(sampleRun("r1", { owner: "w1" })), write.run(sampleRun("r2", { owner: "w1" })));
    await must(store, write.wake(sampleSleep("r1", "a")), write.wake(sampleWait("r1", "b")));
    await must(store, write.wake(sampleWait("r2", "b")));
    await must(store, write.end("r1", { status: "failed", output: '{"name":"E"}', endedAt: t0 + 3, hasWakes: true }));
    const [snapshot] = await store.runs.snapshots(["r1"]);
    expect(snapshot).toMatchObject({
      run: { status: "failed", output: '{"name":"E"}', endedAt: t0 + 3, owner: null, queueAt: null, epoch: 1 },
      wakes: [],
    });
    const [found] = await must(store, write.event(sampleEvent("e9", { name: "order/paid" }), ["data.id=1"]));
    expect(found).toMatchObject({ candidates: [{ wake: { runId: "r2" } }] });
  });

  it("ends a queued run, which is then not claimable", async () => {
    const store = open();
    await must(store, write.run(sampleRun("r1")));
    await must(store, write.end("r1", { status: "cancelled", output: '"by event"' }));
    expect(await claim(store, "w1", t0 + 1)).toEqual([]);
    expect(await store.runs.nextQueueAt()).toBeNull();
    expect(await store.runs.count()).toMatchObject({ cancelled: 1, queued: 0 });
  });

  it("inserts and ends a run in one commit", async () => {
    const store = open();
    const outcomes = await store.commit([
      transition([], write.event(sampleEvent("e1")), write.run(sampleRun("r1", { owner: "w1" }))),
      transition([guard.lease("r1", 1)], write.step(sampleStep("r1", "a"))),
      transition([guard.lease("r1", 1)], write.end("r1")),
      transition([guard.lease("r1", 1)], write.step(sampleStep("r1", "b"))),
    ]);
    expect(outcomes.map((outcome) => outcome.ok)).toEqual([true, true, true, false]);
    expect(await runOf(store, "r1")).toMatchObject({ status: "completed", output: "1" });
  });

  it("keeps what the attempts at a run failed with, in their order", async () => {
    const store = open();
    await must(store, write.event(sampleEvent("e1")), write.run(sampleRun("r1", { owner: "w1" })));
    const release = (attempt: number) => {
      const failure = { attempt: attempt - 1, at: t0 + attempt, error: JSON.stringify({ message: `"no" ${attempt}` }) };
      return { kind: "release", runId: "r1", status: "queued", queueAt: t0, attempt, failure } as const;
    };
    await must(store, release(1));
    await claim(store, "w1", t0);
    await must(store, release(2));
    await claim(store, "w1", t0);
    await must(store, write.release("r1", t0, "queued"));
    const { failures } = await runOf(store, "r1");
    expect(failures).toEqual([release(1).failure, release(2).failure]);
    const [claimed] = await claim(store, "w1", t0);
    expect(claimed?.failures).toEqual(failures);
  });

  it("reads each kind of step and wake as it was written, in the order of commits, after a restart too", async () => {
    const failure = { attempt: 0, startedAt: t0, endedAt: t0 + 1, error: '{"message":"no"}' };
    const steps: StepRecord[] = [
      sampleStep("r1", "z", { kind: "run", name: "Last letter first", attempt: 2, failures: [failure, failure] }),
      sampleStep("r1", "a", { kind: "sleep", output: "null" }),
      sampleStep("r1", "m:1", { kind: "waitForEvent", output: '{"name":"x"}' }),
      sampleStep("r1", "invoke", { kind: "invoke", status: "failed", output: '{"name":"StepError"}' }),
      sampleStep("r1", "send", { kind: "sendEvent", attempt: 1 }),
      sampleStep("r1", "fetch", { kind: "fetch" }),
      sampleStep("r1", "signal", { kind: "waitForSignal" }),
      sampleStep("r1", "send signal", { kind: "sendSignal" }),
      sampleStep("r1", "ai", { kind: "ai" }),
      sampleStep("r1", "race", { kind: "race" }),
      sampleStep("r1", "with input", { input: '[1,{"a":"ü"}]' }),
      sampleStep("r1", "publish", { kind: "publish", output: JSON.stringify("ü😀 \u0000 \" ' \\ \n") }),
    ];
    const base = { runId: "r1", name: "Shown", createdAt: t0 };
    const wakes: WakeRecord[] = [
      { ...base, stepKey: "a1", kind: "sleep", dueAt: t0 + 1 },
      { ...base, stepKey: "b2", kind: "retry", step: "fetch", dueAt: t0 + 2, failures: [failure] },
      { ...base, stepKey: "b3", kind: "retry", step: "run", dueAt: t0 + 2, failures: [], input: "[1]" },
      { ...base, stepKey: "c3", kind: "event", dueAt: null, event: "x", matchKey: "", condition: "async.data.n > 1" },
      { ...base, stepKey: "d4", kind: "run", dueAt: t0 + 4, childRunId: "r2", name: null },
      { ...base, stepKey: "e5", kind: "signal", dueAt: null, signal: "go" },
      { ...base, stepKey: "f6", kind: "event", dueAt: t0 + 6, event: "x", matchKey: 'data.id="é"', condition: null },
    ];
    const event = sampleEvent("e1", { key: "my-id", extra: '{"user":{"id":1}}', data: '{"t":"ü😀"}', ts: t0 + 3 });
    await must(open(), write.event(event), write.run(sampleRun("r1", { owner: "w1" })));
    for (const step of steps) await must(open(), write.step(step));
    await must(open(), ...wakes.toReversed().map((wake) => write.wake(wake)));
    for (const look of ["before", "after"] as const) {
      if (look === "after") await current().reopen();
      const [snapshot] = await open().runs.snapshots(["r1"]);
      expect(snapshot?.events).toEqual([event]);
      expect(snapshot?.journal.map(({ seq: _, ...step }) => step)).toEqual(steps);
      expect(snapshot?.wakes).toEqual(wakes);
      const seqs = (snapshot?.journal ?? []).map((entry) => entry.seq);
      expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    }
    await must(open(), write.step(sampleStep("r1", "0 after restart")));
    const [snapshot] = await open().runs.snapshots(["r1"]);
    expect(snapshot?.journal.at(-1)?.key).toBe("0 after restart");
  });

  it("replaces a wake of the same step", async () => {
    const store = open();
    await must(store, write.run(sampleRun("r1")));
    await must(store, write.wake(sampleWait("r1", "a")), write.wake(sampleSleep("r1", "a", t0 + 3)));
    const [snapshot] = await store.runs.snapshots(["r1"]);
    expect(snapshot?.wakes).toEqual([sampleSleep("r1", "a", t0 + 3)]);
    const [found] = await must(store, write.event(sampleEvent("e1", { name: "order/paid" }), ["data.id=1"]));
    expect(found).toMatchObject({ candidates: [] });
  });

  it("deletes only the wake of the step that settles it", async () => {
    const store = open();
    await must(store, write.run(sampleRun("r1", { owner: "w1" })));
    await must(store, write.wake(sampleSleep("r1", "a")), write.wake(sampleSleep("r1", "b")));
    await must(store, write.step(sampleStep("r1", "a"), true), write.step(sampleStep("r1", "c"), true));
    const [snapshot] = await store.runs.snapshots(["r1"]);
    expect(snapshot?.wakes.map((wake) => wake.stepKey)).toEqual(["b"]);
  });

  it("resolves a step of a waiting run, which becomes claimable at once", async () => {
    const store = open();
    await must(store, write.run(sampleRun("r1", { owner: "w1" })), write.wake(sampleWait("r1", "a")));
    await must(store, write.wake(sampleSleep("r1", "b")), write.release("r1", t0 + 1000));
    expect(await runOf(store, "r1")).toMatchObject({ status: "waiting", queueAt: t0 + 1000, owner: null });
    expect(await apply(store, [guard.wake("r1", "a")], write.resolve(sampleStep("r1", "a"), t0 + 5))).toMatchObject({
      ok: true,
    });
    expect(await apply(store, [guard.wake("r1", "a")], write.resolve(sampleStep("r1", "a"), t0 + 6))).toMatchObject({
      ok: false,
    });
    expect(await runOf(store, "r1")).toMatchObject({ status: "queued", queueAt: t0 + 5 });
    expect(await store.runs.nextQueueAt()).toBe(t0 + 5);
    const [snapshot] = await store.runs.snapshots(["r1"]);
    expect(snapshot?.wakes.map((wake) => wake.stepKey)).toEqual(["b"]);
  });

  it("resolves a run that waits for nothing with a time, and leaves an earlier place in the queue", async () => {
    const store = open();
    for (const id of ["r1", "r2"]) {
      await must(store, write.run(sampleRun(id, { owner: "w1" })), write.wake(sampleWait(id, "a")));
    }
    await must(store, write.release("r1", null), write.release("r2", t0 + 1));
    expect(await runOf(store, "r1")).toMatchObject({ status: "waiting", queueAt: null });
    await must(store, write.resolve(sampleStep("r1", "a"), t0 + 9), write.resolve(sampleStep("r2", "a"), t0 + 9));
    expect(await runOf(store, "r1")).toMatchObject({ queueAt: t0 + 9 });
    expect(await runOf(store, "r2")).toMatchObject({ queueAt: t0 + 1 });
  });

  it("resolves a step of a leased run without touching its lease", async () => {
    const store = open();
    await must(store, write.run(sampleRun("r1", { owner: "w1" })), write.wake(sampleWait("r1", "a")));
    await must(store, write.resolve(sampleStep("r1", "a"), t0 + 5));
    expect(await runOf(store, "r1")).toMatchObject({ status: "running", owner: "w1", epoch: 1, queueAt: null });
    expect(await apply(store, [guard.wakes("r1", 1)], write.release("r1", null))).toMatchObject({ ok: false });
    expect(await apply(store, [guard.wakes("r1", 0)], write.release("r1", t0))).toMatchObject({ ok: true });
  });

  it("keeps the attempt of a release", async () => {
    const store = open();
    await must(store, write.run(sampleRun("r1", { owner: "w1" })));
    await must(store, write.release("r1", t0 + 50, "queued", 3));
    expect(await runOf(store, "r1")).toMatchObject({ status: "queued", attempt: 3, queueAt: t0 + 50 });
    const [claimed] = await claim(store, "w1", t0 + 50);
    expect(claimed).toMatchObject({ attempt: 3, epoch: 2, startedAt: t0 });
  });

  it("inserts one run for a unique key until it expires", async () => {
    const store = open();
    const insert = (id: string, key: string, now: number, scope = "fn") =>
      must(store, write.uniqueRun(sampleRun(id), key, now, now + 100, scope));
    expect(await insert("r1", "k", t0)).toEqual([{ kind: "run", runId: "r1", duplicateOf: null }]);
    expect(await insert("r2", "k", t0 + 99)).toEqual([{ kind: "run", runId: "r2", duplicateOf: "r1" }]);
    expect(await insert("r3", "k", t0, "other")).toMatchObject([{ duplicateOf: null }]);
    expect(await insert("r4", "K", t0)).toMatchObject([{ duplicateOf: null }]);
    expect(await runOf(store, "r2")).toMatchObject({ status: "skipped", endedAt: t0, queueAt: null, owner: null });
    expect(JSON.parse((await runOf(store, "r2")).output ?? "")).toMatchObject({ policy: "idempotency", runId: "r1" });
    expect(await insert("r5", "k", t0 + 100)).toMatchObject([{ duplicateOf: null }]);
    expect(await insert("r6", "k", t0 + 101)).toMatchObject([{ duplicateOf: "r5" }]);
  });

  it("finds the unique run of an earlier transition of the same commit, and stores the rest", async () => {
    const store = open();
    const outcomes = await store.commit([
      transition([], write.event(sampleEvent("e1")), write.uniqueRun(sampleRun("r1"), "k", t0, t0 + 9)),
      transition([], write.event(sampleEvent("e2")), write.uniqueRun(sampleRun("r2"), "k", t0, t0 + 9)),
    ]);
    expect(outcomes.at(-1)).toMatchObject({ ok: true, results: [{ kind: "run", runId: "r2", duplicateOf: "r1" }] });
    expect(await store.events.get("e2")).not.toBeNull();
  });

  it("sweeps only what has expired", async () => {
    const store = open();
    await must(store, write.uniqueRun(sampleRun("r1"), "old", t0, t0 + 10));
    await must(store, write.uniqueRun(sampleRun("r2"), "new", t0, t0 + 11));
    await must(store, { kind: "sweep", now: t0 + 10 });
    expect(await must(store, write.uniqueRun(sampleRun("r3"), "old", t0, t0 + 10))).toMatchObject([
      { duplicateOf: null },
    ]);
    expect(await must(store, write.uniqueRun(sampleRun("r4"), "new", t0, t0 + 10))).toMatchObject([
      { duplicateOf: "r2" },
    ]);
  });

  it("gives back no unique key for a run that was voided", async () => {
    const store = open();
    await must(store, write.run(sampleRun("r1")));
    expect(await apply(store, [], write.uniqueRun(sampleRun("r1"), "k", t0, t0 + 9))).toMatchObject({ ok: false });
    expect(await must(store, write.uniqueRun(sampleRun("r2"), "k", t0, t0 + 9))).toMatchObject([{ duplicateOf: null }]);
  });
}
