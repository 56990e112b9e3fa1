import { expect, it } from "vitest";
import type { WriteResult } from "../store.js";
import { must } from "./apply.js";
import {
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

/** Events, the waits that they may satisfy, and what stays pending. */
export function describeEvents(current: () => StoreUnderTest): void {
  const open = () => current().store;
  const paid = (id: string) => sampleEvent(id, { name: "order/paid" });
  const waitsOf = (results: readonly WriteResult[]) =>
    results.flatMap((result) =>
      result.kind === "event" ? result.candidates.map(({ wake }) => `${wake.runId} ${wake.stepKey}`) : [],
    );

  it("keeps from when a wait looks back, until it is told that it has", async () => {
    const store = open();
    await must(store, write.run(sampleRun("r1")));
    const { since, ...looked } = sampleWait("r1", "a", { since: t0 - 5, condition: "true" });
    const wakes = async () => (await store.runs.snapshots(["r1"]))[0]?.wakes;
    await must(store, write.wake({ ...looked, since: t0 - 5 }));
    expect(await wakes()).toEqual([{ ...looked, since }]);
    const [result] = await must(store, write.event(paid("p1"), ["data.id=1"]));
    expect(result).toMatchObject({ candidates: [{ wake: { ...looked, since } }] });
    await must(store, write.wake(looked));
    expect(await wakes()).toEqual([looked]);
  });

  it("asks for the keys of an event when it is committed", async () => {
    const store = open();
    await must(store, write.run(sampleRun("r1")));
    let keys: readonly string[] | null = null;
    const late = {
      kind: "event",
      event: paid("p1"),
      get matchKeys() {
        return keys;
      },
    } as const;
    keys = ["data.id=1"];
    expect(waitsOf(await must(store, write.wake(sampleWait("r1", "a")), late))).toEqual(["r1 a"]);
  });

  async function park(): Promise<void> {
    const store = open();
    await must(store, write.event(sampleEvent("e1")), write.event(sampleEvent("e2")));
    await must(store, write.run(sampleRun("r1")), write.run(sampleRun("r2", { eventIds: ["e2"] })));
    await must(store, write.wake(sampleWait("r1", "one", { createdAt: t0 + 2 })));
    await must(store, write.wake(sampleWait("r1", "two", { matchKey: "data.id=2" })));
    await must(store, write.wake(sampleWait("r2", "one", { createdAt: t0 + 1, condition: "async.data.x == 1" })));
    await must(store, write.wake(sampleWait("r2", "any", { matchKey: "", condition: "true", createdAt: t0 + 3 })));
    await must(
      store,
      write.wake(sampleWait("r2", "other", { event: "order/lost" })),
      write.wake(sampleSleep("r2", "s")),
    );
  }

  it("finds waits by name and key, with what is needed to judge them", async () => {
    await park();
    const [result] = await must(open(), write.event(paid("p1"), ["data.id=1", "data.other=1"]));
    expect(result).toEqual({
      kind: "event",
      eventId: "p1",
      candidates: [
        {
          wake: sampleWait("r2", "one", { createdAt: t0 + 1, condition: "async.data.x == 1" }),
          runEventId: "e2",
        },
        { wake: sampleWait("r1", "one", { createdAt: t0 + 2 }), runEventId: "e1" },
      ],
    });
  });

  it("finds waits without a key only when asked for them", async () => {
    await park();
    expect(waitsOf(await must(open(), write.event(paid("p1"), ["data.id=2", "", ""])))).toEqual(["r1 two", "r2 any"]);
    expect(waitsOf(await must(open(), write.event(paid("p2"), [])))).toEqual([]);
    expect(waitsOf(await must(open(), write.event(sampleEvent("p3"), ["data.id=1", ""])))).toEqual([]);
  });

  it("gives no result for an event without match keys, and one for an event with none found", async () => {
    await park();
    expect(await must(open(), write.event(paid("p1"), null))).toEqual([]);
    expect(await must(open(), write.event(paid("p2"), ["data.id=9"]))).toEqual([
      { kind: "event", eventId: "p2", candidates: [] },
    ]);
    expect(await open().matches.pending(10)).toEqual([]);
  });

  it("sees a wait that was parked earlier in the commit, and not one that was settled", async () => {
    const store = open();
    const outcomes = await store.commit([
      transition([], write.run(sampleRun("r1")), write.wake(sampleWait("r1", "a"))),
      transition([], write.event(paid("p1"), ["data.id=1"])),
      transition([], write.resolve(sampleStep("r1", "a"), t0)),
      transition([], write.event(paid("p2"), ["data.id=1"])),
    ]);
    expect(outcomes.map((outcome) => (outcome.ok ? waitsOf(outcome.results) : null))).toEqual([[], ["r1 a"], [], []]);
  });

  it("keeps events with candidates pending until they are matched, over a restart too", async () => {
    await park();
    await must(open(), write.event(paid("p2"), ["data.id=2", ""]));
    await must(open(), write.event(paid("p1"), ["data.id=1"]));
    await current().reopen();
    const pending = await open().matches.pending(10);
    expect(pending.map(({ event }) => event)).toEqual([paid("p2"), paid("p1")]);
    expect(pending.map(({ candidates }) => candidates.map(({ wake }) => wake.stepKey))).toEqual([
      ["two", "any"],
      ["one", "one"],
    ]);
    expect(await open().matches.pending(1)).toHaveLength(1);
    await must(open(), write.resolve(sampleStep("r1", "two"), t0));
    const [first] = await open().matches.pending(10);
    expect(first?.candidates.map(({ wake }) => wake.stepKey)).toEqual(["any"]);
    await must(open(), { kind: "matched", eventId: "p2" }, { kind: "matched", eventId: "unknown" });
    expect((await open().matches.pending(10)).map(({ event }) => event.id)).toEqual(["p1"]);
  });

  it("keeps what was wrong with expressions over an event, once each", async () => {
    const problem = (eventId: string, expression: string, message = "no") =>
      ({ kind: "problem", eventId, problem: { expression, message } }) as const;
    await must(open(), write.event(paid("p1"), null), problem("p1", "b < 1"), problem("p1", "a < 1"));
    await must(open(), problem("p1", "a < 1", "another"), problem("unknown", "a < 1"));
    await current().reopen();
    expect(await open().events.problems("p1")).toEqual([
      { expression: "a < 1", message: "no" },
      { expression: "b < 1", message: "no" },
    ]);
    expect(await open().events.problems("unknown")).toEqual([]);
  });

  it("marks nothing pending for an event that was voided", async () => {
    await park();
    const outcomes = await open().commit([
      transition([], write.event(paid("p1"), ["data.id=1"]), write.run(sampleRun("r1"))),
      transition([], write.event(paid("p3"), null)),
    ]);
    expect(outcomes.map((outcome) => outcome.ok)).toEqual([false, true]);
    expect(await open().matches.pending(10)).toEqual([]);
  });

  it("lists each path of parked waits once", async () => {
    expect(await open().matches.paths()).toEqual([]);
    await park();
    const more = ["data.id=3", 'data.id="a=b"', "data.idx=1", "data.i=1", "data.id.x=1"];
    for (const [i, matchKey] of more.entries()) await must(open(), write.wake(sampleWait("r1", `m${i}`, { matchKey })));
    expect(await open().matches.paths()).toEqual(
      expect.arrayContaining([
        { event: "order/lost", path: "data.id" },
        { event: "order/paid", path: "" },
        { event: "order/paid", path: "data.i" },
        { event: "order/paid", path: "data.id" },
        { event: "order/paid", path: "data.id.x" },
        { event: "order/paid", path: "data.idx" },
      ]),
    );
    expect(await open().matches.paths()).toHaveLength(6);
    await must(open(), write.end("r1", { hasWakes: true }), write.end("r2", { hasWakes: true }));
    expect(await open().matches.paths()).toEqual([]);
  });
}
