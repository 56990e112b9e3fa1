import { expect, it } from "vitest";
import { must } from "./apply.js";
import { sampleEvent, sampleRun, sampleSleep, sampleStep, t0, write } from "./sample-records.js";
import type { StoreUnderTest } from "./store-under-test.js";

/** The invariants, kept and broken. */
export function describeVerify(current: () => StoreUnderTest): void {
  const open = () => current().store;
  const codes = async (now: number) => (await open().verify(now)).map(({ code, runId }) => `${code} ${runId}`);

  it("finds nothing in an orderly store", async () => {
    const store = open();
    expect(await store.verify(t0)).toEqual([]);
    await must(store, write.event(sampleEvent("e1")), write.heartbeat("w1", t0 + 10));
    for (const id of ["r1", "r2", "r3", "r4"]) await must(store, write.run(sampleRun(id, { owner: "w1" })));
    await must(store, write.step(sampleStep("r1", "a")), write.end("r1"), write.run(sampleRun("r5")));
    await must(store, write.wake(sampleSleep("r2", "s")), write.release("r2", t0 + 1000));
    await must(store, write.wake(sampleSleep("r3", "s")), write.release("r3", null));
    expect(await store.verify(t0 + 9)).toEqual([]);
  });

  it("finds a run that nothing will continue", async () => {
    await must(open(), write.run(sampleRun("r1", { owner: "w1" })), write.release("r1", null));
    expect(await codes(t0)).toEqual(["orphan-run r1"]);
  });

  it("finds the lease of a worker that is gone", async () => {
    await must(open(), write.heartbeat("w1", t0 + 10));
    await must(open(), write.run(sampleRun("r1", { owner: "w1" })), write.run(sampleRun("r2", { owner: "w2" })));
    expect(await codes(t0 + 9)).toEqual(["dead-lease r2"]);
    expect(await codes(t0 + 10)).toEqual(["dead-lease r1", "dead-lease r2"]);
  });

  it("finds wakes of an ended run and of a settled step", async () => {
    await must(open(), write.heartbeat("w1", t0 + 10));
    await must(open(), write.run(sampleRun("r1", { owner: "w1" })), write.run(sampleRun("r2", { owner: "w1" })));
    await must(open(), write.wake(sampleSleep("r1", "s")), write.wake(sampleSleep("r2", "s")));
    await must(open(), write.end("r1", { hasWakes: false }), write.step(sampleStep("r2", "s"), false));
    expect(await codes(t0)).toEqual(["wake-of-ended-run r1", "wake-of-settled-step r2"]);
  });
}
