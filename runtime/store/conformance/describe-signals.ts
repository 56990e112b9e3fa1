import { expect, it } from "vitest";
import { apply, must, runOf } from "./apply.js";
import { guard, sampleListener, sampleRun, sampleStep, t0, write } from "./sample-records.js";
import type { RunSnapshot, Store } from "../store.js";
import type { StoreUnderTest } from "./store-under-test.js";

const taken = (runId: string, stepKey: string) => ({ kind: "listen", takenBy: { runId, stepKey } });
const free = { kind: "listen", takenBy: null };
const nobody = { kind: "signal", resolved: null };

async function snapshotOf(store: Store, id: string): Promise<RunSnapshot> {
  const [snapshot] = await store.runs.snapshots([id]);
  if (!snapshot) throw new Error(`no run ${id}`);
  return snapshot;
}

/** Who listens to a signal, and what a signal does. */
export function describeSignals(current: () => StoreUnderTest): void {
  const open = () => current().store;

  it("ends the wait of the one that listens, once", async () => {
    const store = open();
    await must(store, write.run(sampleRun("r1", { owner: "w1" })));
    expect(await must(store, write.listen(sampleListener("r1", "a", { name: "Approval" })))).toEqual([free]);
    await must(store, write.release("r1", t0 + 1000));
    const [first] = await must(store, write.signal());
    const settled = { runId: "r1", key: "a", kind: "waitForSignal", name: "Approval", startedAt: t0, endedAt: t0 + 7 };
    expect(first).toMatchObject({ kind: "signal", resolved: { ...settled, status: "completed" } });
    const { run, journal, wakes } = await snapshotOf(store, "r1");
    expect([run.status, run.queueAt, wakes]).toEqual(["queued", t0 + 7, []]);
    expect(journal).toMatchObject([{ ...settled, output: '{"signal":"approve","data":1}' }]);
    expect(await must(store, write.signal())).toEqual([nobody]);
    expect(await store.verify(t0)).toEqual([]);
  });

  it("leaves a leased run with its owner", async () => {
    const store = open();
    await must(store, write.heartbeat("w1", t0 + 99), write.run(sampleRun("r1", { owner: "w1" })));
    await must(store, write.listen(sampleListener("r1", "a")), write.signal());
    expect(await runOf(store, "r1")).toMatchObject({ status: "running", owner: "w1", queueAt: null });
  });

  it("reaches nobody where nobody listens, and still journals the step that sends", async () => {
    const store = open();
    await must(store, write.run(sampleRun("r1")), write.listen(sampleListener("r1", "a")));
    await must(store, write.run(sampleRun("r2")));
    const settle = (runId: string | null) => sampleStep("r2", "send", { output: JSON.stringify(runId) });
    expect(await must(store, write.signal({ signal: "other", settle }))).toEqual([nobody]);
    expect((await snapshotOf(store, "r2")).journal).toMatchObject([{ key: "send", output: "null" }]);
    expect((await snapshotOf(store, "r1")).wakes).toEqual([sampleListener("r1", "a")]);
  });

  it("journals the step that sends with the run that it has reached, or nothing of both", async () => {
    const store = open();
    await must(store, write.run(sampleRun("r1")), write.listen(sampleListener("r1", "a")));
    await must(store, write.run(sampleRun("r2", { owner: "w1" })));
    const settle = (runId: string | null) => sampleStep("r2", "send", { output: JSON.stringify(runId) });
    expect(await apply(store, [guard.lease("r2", 9)], write.signal({ settle }))).toMatchObject({ ok: false });
    expect((await snapshotOf(store, "r1")).wakes).toHaveLength(1);
    await must(store, write.signal({ settle }));
    expect((await snapshotOf(store, "r2")).journal).toMatchObject([{ key: "send", output: '"r1"' }]);
    // A second of the same step is refused, and with it what it would have ended.
    await must(store, write.run(sampleRun("r3")), write.listen(sampleListener("r3", "a")));
    expect(await apply(store, [], write.signal({ settle }))).toMatchObject({
      ok: false,
      failed: { kind: "step-exists", runId: "r2" },
    });
    expect((await snapshotOf(store, "r3")).wakes).toHaveLength(1);
    expect(await must(store, write.signal())).toMatchObject([{ resolved: { runId: "r3" } }]);
  });

  it("has one listener a signal: another one is refused, or takes the place", async () => {
    const store = open();
    for (const id of ["r1", "r2", "r3"]) await must(store, write.run(sampleRun(id)));
    expect(await must(store, write.listen(sampleListener("r1", "a")))).toEqual([free]);
    expect(await must(store, write.listen(sampleListener("r2", "b")))).toEqual([taken("r1", "a")]);
    expect((await snapshotOf(store, "r2")).wakes).toEqual([]);
    expect(await must(store, write.listen(sampleListener("r2", "b", { signal: "else" })))).toEqual([free]);
    expect(await must(store, write.listen(sampleListener("r3", "c"), "replace"))).toEqual([free]);
    expect(await must(store, write.listen(sampleListener("r1", "d")))).toEqual([taken("r3", "c")]);
    // The one that was replaced keeps its wake, for its time-out.
    expect((await snapshotOf(store, "r1")).wakes).toEqual([sampleListener("r1", "a")]);
    await must(store, write.step(sampleStep("r1", "a", { kind: "waitForSignal" }), true));
    expect(await must(store, write.signal())).toMatchObject([{ resolved: { runId: "r3", key: "c" } }]);
  });

  it("takes the same step again", async () => {
    const store = open();
    await must(store, write.run(sampleRun("r1")), write.listen(sampleListener("r1", "a")));
    expect(await must(store, write.listen(sampleListener("r1", "a", { dueAt: t0 + 5 })))).toEqual([free]);
    expect((await snapshotOf(store, "r1")).wakes).toEqual([sampleListener("r1", "a", { dueAt: t0 + 5 })]);
    expect(await must(store, write.signal())).toMatchObject([{ resolved: { runId: "r1", key: "a" } }]);
  });

  it("frees the name with the wake: settled, deleted, or gone with the run", async () => {
    const store = open();
    await must(store, write.run(sampleRun("r1")), write.run(sampleRun("r2")));
    await must(store, write.listen(sampleListener("r1", "a")));
    await must(store, write.step(sampleStep("r1", "a", { kind: "waitForSignal" }), true));
    expect(await must(store, write.listen(sampleListener("r2", "b")))).toEqual([free]);
    await must(store, { kind: "unwake", runId: "r2", stepKey: "b" });
    expect(await must(store, write.listen(sampleListener("r1", "c")))).toEqual([free]);
    await must(store, write.end("r1", { hasWakes: true }));
    expect(await must(store, write.signal())).toEqual([nobody]);
    expect(await must(store, write.listen(sampleListener("r2", "d")))).toEqual([free]);
  });

  it("refuses a listener of a run that is not there or has ended", async () => {
    const store = open();
    const listen = write.listen(sampleListener("r1", "a"));
    expect(await apply(store, [], listen)).toMatchObject({ ok: false, failed: { kind: "run-missing" } });
    await must(store, write.run(sampleRun("r1")), write.end("r1"));
    expect(await apply(store, [], listen)).toMatchObject({ ok: false, failed: { kind: "run-ended" } });
    expect(await must(store, write.signal())).toEqual([nobody]);
  });

  it("remembers listeners when it is opened again", async () => {
    const subject = current();
    await must(subject.store, write.run(sampleRun("r1")), write.listen(sampleListener("r1", "a")));
    await subject.reopen();
    const { store } = subject;
    await must(store, write.run(sampleRun("r2")));
    expect(await must(store, write.listen(sampleListener("r2", "b")))).toEqual([taken("r1", "a")]);
    expect(await must(store, write.signal())).toMatchObject([{ resolved: { runId: "r1", key: "a" } }]);
  });
}
