import { expect, it } from "vitest";
import { apply, claim, must, runOf } from "./apply.js";
import { sampleDeferral, sampleRun, sampleSleep, sampleStep, t0, write } from "./sample-records.js";
import type { StoreUnderTest } from "./store-under-test.js";

/** A run whose end is decided, and whose rollbacks run first. */
export function describeEnding(current: () => StoreUnderTest): void {
  const open = () => current().store;
  const ending = { status: "failed", output: '"why"' } as const;

  it("is open until it ends, and keeps how it will end", async () => {
    await must(open(), write.run(sampleRun("r1", { owner: "w1" })), write.wake(sampleSleep("r1", "s")));
    await must(open(), write.ending("r1"));
    expect(await runOf(open(), "r1")).toMatchObject({ status: "running", owner: "w1", ending, endedAt: null });
    expect((await open().runs.snapshots(["r1"]))[0]?.wakes).toEqual([]);
    await current().reopen();
    expect(await runOf(open(), "r1")).toMatchObject({ ending });
    await must(open(), write.end("r1", { status: "failed" }));
    expect(await runOf(open(), "r1")).toMatchObject({ status: "failed", ending });
    expect(await open().verify(t0)).toEqual([]);
  });

  it("keeps what the run has deferred, until it ends", async () => {
    const deferral = sampleDeferral("r1", "d1");
    const aborted = sampleDeferral("r1", "d2", { state: "aborted", input: null });
    const wakes = async () => (await open().runs.snapshots(["r1"]))[0]?.wakes;
    await must(open(), write.run(sampleRun("r1", { owner: "w1" })), write.wake(sampleSleep("r1", "s")));
    await must(open(), write.wake(deferral), write.wake(sampleDeferral("r1", "d2")), write.wake(aborted));
    expect(await wakes()).toEqual([deferral, aborted, sampleSleep("r1", "s")]);
    await must(open(), write.ending("r1"));
    await current().reopen();
    expect(await wakes()).toEqual([deferral, aborted]);
    await must(open(), write.end("r1", { status: "failed", hasWakes: true }));
    expect(await wakes()).toEqual([]);
    expect(await open().verify(t0)).toEqual([]);
  });

  it("does not keep a run open that nothing but a deferral belongs to", async () => {
    await must(open(), write.run(sampleRun("r1", { owner: "w1" })), write.wake(sampleDeferral("r1", "d1")));
    await must(open(), write.release("r1", null));
    expect((await open().verify(t0)).map(({ code }) => code)).toEqual(["orphan-run"]);
  });

  it("is decided once", async () => {
    await must(open(), write.run(sampleRun("r1", { owner: "w1" })), write.ending("r1"));
    const conflict = { ok: false, failed: { kind: "run-ending", runId: "r1" } };
    expect(await apply(open(), [], write.ending("r1", t0, "cancelled"))).toEqual(conflict);
    expect(await runOf(open(), "r1")).toMatchObject({ ending });
    await must(open(), write.end("r1", { status: "failed" }));
    expect(await apply(open(), [], write.ending("r1"))).toMatchObject({ failed: { kind: "run-ended" } });
    expect(await apply(open(), [], write.ending("r2"))).toMatchObject({ failed: { kind: "run-missing" } });
  });

  it("lets a waiting run be claimed at once", async () => {
    await must(open(), write.run(sampleRun("r1", { owner: "w1" })), write.wake(sampleSleep("r1", "s", t0 + 1e6)));
    await must(open(), write.release("r1", t0 + 1e6));
    await must(open(), write.ending("r1", t0 + 7, "cancelled"));
    expect(await runOf(open(), "r1")).toMatchObject({ status: "queued", queueAt: t0 + 7 });
    const [claimed] = await claim(open(), "w1", t0 + 7);
    expect(claimed).toMatchObject({ id: "r1", epoch: 2, ending: { status: "cancelled" } });
  });

  it("keeps that a step has a rollback", async () => {
    await must(open(), write.run(sampleRun("r1", { owner: "w1" })));
    await must(open(), write.step(sampleStep("r1", "a", { rollback: true })), write.step(sampleStep("r1", "b")));
    const journal = (await open().runs.snapshots(["r1"]))[0]?.journal ?? [];
    expect(journal.map((step) => [step.key, step.rollback, "rollback" in step])).toEqual([
      ["a", true, true],
      ["b", undefined, false],
    ]);
  });

  it("verifies that all rollbacks have run", async () => {
    const codes = async () => (await open().verify(t0)).map(({ code }) => code);
    await must(open(), write.heartbeat("w1", t0 + 9), write.run(sampleRun("r1", { owner: "w1" })));
    await must(open(), write.step(sampleStep("r1", "a", { rollback: true })));
    await must(open(), write.step(sampleStep("r1", "b", { rollback: true, status: "failed" })), write.ending("r1"));
    expect(await codes()).toEqual([]);
    await must(open(), write.run(sampleRun("r2", { owner: "w1" })), write.ending("r2"), write.end("r2"));
    expect(await codes()).toEqual(["ending-mismatch"]);
    await must(open(), write.run(sampleRun("r3", { owner: "w1" })));
    await must(open(), write.step(sampleStep("r3", "a", { rollback: true })), write.ending("r3"));
    await must(open(), write.end("r3", { status: "failed" }));
    expect(await codes()).toEqual(["ending-mismatch", "missing-rollback"]);
    await must(open(), write.step(sampleStep("r1", "a:rollback", { kind: "rollback", status: "failed" })));
    await must(open(), write.end("r1", { status: "failed" }));
    expect(await codes()).toEqual(["ending-mismatch", "missing-rollback"]);
  });
}
