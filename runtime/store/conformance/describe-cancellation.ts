import { expect, it } from "vitest";
import type { CancellationRecord, RunWatch } from "../records.js";
import { apply, claim, must, runOf } from "./apply.js";
import { guard, sampleEvent, sampleRun, sampleSleep, t0, write } from "./sample-records.js";
import type { StoreUnderTest } from "./store-under-test.js";

const onEvent = (runId: string, changes: Partial<RunWatch & { kind: "cancel" }> = {}): RunWatch => ({
  kind: "cancel",
  runId,
  stepKey: "\u001fcancel:0",
  name: null,
  createdAt: t0,
  dueAt: null,
  event: "order/cancelled",
  matchKey: "data.id=1",
  condition: null,
  ...changes,
});

const deadline = (runId: string, dueAt: number | null): RunWatch => ({
  kind: "deadline",
  runId,
  stepKey: "\u001fdeadline",
  name: null,
  createdAt: t0,
  dueAt,
});

const sample: CancellationRecord = {
  id: "c1",
  functionId: "shop-process-order",
  startedAfter: null,
  startedBefore: t0 + 5,
  condition: "event.data.n > 1",
  createdAt: t0,
  cursor: null,
  endedAt: null,
  count: 0,
};

/** Marks, what watches a run as a whole, and cancellations of many. */
export function describeCancellation(current: () => StoreUnderTest): void {
  const open = () => current().store;

  it("marks an open run once", async () => {
    const store = open();
    await must(store, write.run(sampleRun("r1")), write.run(sampleRun("r2", { owner: "w1" })));
    expect(await must(store, write.cancel("r1", '"a"'), write.cancel("r2", '"b"'), write.cancel("none"))).toEqual([
      { kind: "cancel", runId: "r1", marked: true },
      { kind: "cancel", runId: "r2", marked: true },
      { kind: "cancel", runId: "none", marked: false },
    ]);
    expect(await must(store, write.cancel("r1", '"c"'))).toMatchObject([{ marked: false }]);
    expect(await runOf(store, "r1")).toMatchObject({ status: "queued", cancel: '"a"' });
    expect(await store.runs.cancelling(9)).toEqual(["r1", "r2"]);
    expect(await store.runs.cancelling(1)).toEqual(["r1"]);
  });

  it("forgets the mark when the run ends, and marks no ended run", async () => {
    const store = open();
    await must(store, write.run(sampleRun("r1")), write.cancel("r1"));
    await must(store, write.end("r1", { status: "cancelled", output: "{}" }));
    expect(await runOf(store, "r1")).toMatchObject({ status: "cancelled", cancel: null });
    expect(await must(store, write.cancel("r1"))).toMatchObject([{ marked: false }]);
    expect(await store.runs.cancelling(9)).toEqual([]);
  });

  it("keeps the mark through release and claim", async () => {
    const store = open();
    await must(
      store,
      write.run(sampleRun("r1", { owner: "w1" })),
      write.cancel("r1", '"why"'),
      write.release("r1", t0),
    );
    expect(await claim(store, "w2", t0)).toMatchObject([{ id: "r1", cancel: '"why"' }]);
  });

  it("knows whether anybody has a run", async () => {
    const store = open();
    await must(store, write.run(sampleRun("r1")), write.run(sampleRun("r2", { owner: "w1" })));
    const nothing = write.cancel("none");
    expect(await apply(store, [guard.unleased("r1")], nothing)).toMatchObject({ ok: true });
    expect(await apply(store, [guard.unleased("r2")], nothing)).toEqual({ ok: false, failed: guard.unleased("r2") });
    expect(await apply(store, [guard.unleased("none")], nothing)).toMatchObject({ ok: false });
    await must(store, write.end("r1"));
    expect(await apply(store, [guard.unleased("r1")], nothing)).toMatchObject({ ok: false });
  });

  it("finds the runs that an event cancels by its keys", async () => {
    const store = open();
    await must(store, write.event(sampleEvent("e1")));
    await must(store, write.run(sampleRun("r1", { watches: [onEvent("r1", { condition: "c" })] })));
    await must(
      store,
      write.run(sampleRun("r2", { watches: [onEvent("r2", { matchKey: "data.id=2", dueAt: t0 + 9 })] })),
    );
    const [found] = await must(store, write.event(sampleEvent("e2", { name: "order/cancelled" }), ["", "data.id=1"]));
    expect(found).toEqual({
      kind: "event",
      eventId: "e2",
      candidates: [{ wake: onEvent("r1", { condition: "c" }), runEventId: "e1" }],
    });
    expect(await store.matches.paths()).toEqual([{ event: "order/cancelled", path: "data.id" }]);
    const [snapshot] = await store.runs.snapshots(["r2"]);
    expect(snapshot?.wakes).toEqual([onEvent("r2", { matchKey: "data.id=2", dueAt: t0 + 9 })]);
    await must(store, write.end("r1", { hasWakes: true }));
    expect(await store.matches.pending(9)).toMatchObject([{ event: { id: "e2" }, candidates: [] }]);
  });

  it("stores no watches of a run that is skipped", async () => {
    const store = open();
    await must(store, write.uniqueRun(sampleRun("r1"), "k", t0, t0 + 9));
    await must(store, write.uniqueRun(sampleRun("r2", { watches: [deadline("r2", t0)] }), "k", t0, t0 + 9));
    expect(await store.runs.nextDeadline()).toBeNull();
    expect(await store.verify(t0)).toEqual([]);
  });

  it("finds the runs that have to be looked at, the earliest first", async () => {
    const store = open();
    expect(await store.runs.nextDeadline()).toBeNull();
    const dueAt = { r1: t0 + 30, r2: t0 + 10, r3: t0 + 20, r4: null };
    for (const [id, at] of Object.entries(dueAt))
      await must(store, write.run(sampleRun(id, { watches: [deadline(id, at)] })));
    expect(await store.runs.nextDeadline()).toBe(t0 + 10);
    expect(await store.runs.overdue(t0 + 20, 9)).toEqual(["r2", "r3"]);
    expect(await store.runs.overdue(t0 + 30, 1)).toEqual(["r2"]);
    await must(store, write.wake(deadline("r2", t0 + 40)), write.end("r3", { hasWakes: true }));
    expect(await store.runs.overdue(t0 + 50, 9)).toEqual(["r1", "r2"]);
  });

  it("lists the open runs of a function whatever they do, newest first, in pages", async () => {
    const store = open();
    await must(store, ...["r1", "r2", "r3", "r4", "r5"].map((id) => write.run(sampleRun(id, { owner: "w1" }))));
    await must(store, write.run(sampleRun("r6")), write.run(sampleRun("r7", { functionId: "shop-other" })));
    await must(store, write.end("r2"), write.release("r3", null), write.wake(sampleSleep("r3", "s")));
    const filter = { functionId: "shop-process-order", open: true } as const;
    const first = await store.runs.list(filter, 2, null);
    expect(first.items.map(({ id }) => id)).toEqual(["r6", "r5"]);
    const second = await store.runs.list(filter, 9, first.next);
    expect(second.items.map(({ id }) => id)).toEqual(["r4", "r3", "r1"]);
    expect(second.next).toBeNull();
  });

  it("keeps cancellations of many runs", async () => {
    const store = open();
    await must(store, write.cancellation(sample), write.cancellation({ ...sample, id: "c2", condition: null }));
    expect(await store.cancellations.get("c1")).toEqual(sample);
    expect(await store.cancellations.get("none")).toBeNull();
    expect((await store.cancellations.open()).map(({ id }) => id)).toEqual(["c1", "c2"]);
    const ended = { ...sample, cursor: null, endedAt: t0 + 5, count: 3 };
    await must(store, write.cancellation(ended));
    expect((await store.cancellations.open()).map(({ id }) => id)).toEqual(["c2"]);
    expect(await store.cancellations.list(9)).toMatchObject([{ id: "c2" }, ended]);
  });

  it("verifies that what watches a run is no reason for it to go on, and ends with it", async () => {
    const store = open();
    await must(store, write.heartbeat("w1", t0 + 10));
    for (const id of ["r1", "r2"]) await must(store, write.run(sampleRun(id, { owner: "w1", watches: [onEvent(id)] })));
    await must(store, write.release("r1", null), write.end("r2"));
    const found = (await store.verify(t0)).map(({ code, runId }) => `${code} ${runId}`);
    expect(found).toEqual(["orphan-run r1", "wake-of-ended-run r2"]);
  });
}
