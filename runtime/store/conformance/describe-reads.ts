import { expect, it } from "vitest";
import { CursorError, type Page, type RunFilter, type Store } from "../store.js";
import { claim, must } from "./apply.js";
import { sampleEvent, sampleRun, sampleStep, t0, transition, write } from "./sample-records.js";
import type { StoreUnderTest } from "./store-under-test.js";

/** Listings, filters, cursors, counts. */
export function describeReads(current: () => StoreUnderTest): void {
  const open = () => current().store;

  async function fill(store: Store): Promise<void> {
    await must(store, write.event(sampleEvent("e1")), write.event(sampleEvent("e2", { name: "other" })));
    for (let i = 0; i < 12; i++) {
      const id = `r${String(i).padStart(2, "0")}`;
      const functionId = i % 3 === 0 ? "shop-a" : "shop-b";
      const eventIds = i % 4 === 0 ? (["e2", "e1"] as const) : (["e1"] as const);
      await must(store, write.run(sampleRun(id, { functionId, eventIds, functionHash: `h${i % 2}`, queueAt: t0 + i })));
    }
    // r00 to r05 are claimed; of these, two complete, one fails, one waits.
    await claim(store, "w1", t0 + 5);
    await must(store, write.end("r00"), write.end("r01"), write.end("r02", { status: "failed" }));
    await must(store, write.release("r03", null), write.end("r11", { status: "skipped" }));
    await must(store, write.end("r10", { status: "cancelled" }));
  }

  async function all(store: Store, filter: RunFilter, limit: number): Promise<string[]> {
    const ids: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Page<{ id: string }> = await store.runs.list(filter, limit, cursor);
      expect(page.items.length).toBeLessThanOrEqual(limit);
      ids.push(...page.items.map((run) => run.id));
      cursor = page.next;
    } while (cursor !== null);
    return ids;
  }

  it("lists runs newest first, page by page", async () => {
    await fill(open());
    const expected = Array.from({ length: 12 }, (_, i) => `r${String(11 - i).padStart(2, "0")}`);
    for (const limit of [1, 5, 12, 100]) expect(await all(open(), {}, limit)).toEqual(expected);
    expect((await open().runs.list({}, 12, null)).next).toBeNull();
    expect((await open().runs.list({}, 11, null)).next).not.toBeNull();
  });

  it("goes on after the cursor when newer runs have come", async () => {
    await fill(open());
    const first = await open().runs.list({}, 3, null);
    await must(open(), write.run(sampleRun("r99")));
    const second = await open().runs.list({}, 3, first.next);
    expect(second.items.map((run) => run.id)).toEqual(["r08", "r07", "r06"]);
  });

  it("refuses a cursor that is not its own", async () => {
    await fill(open());
    await expect(open().runs.list({}, 3, "'; drop table runs")).rejects.toThrow(CursorError);
    await expect(open().events.list({}, 3, "")).rejects.toThrow(CursorError);
  });

  it("filters runs by function, status and event, alone and together", async () => {
    const store = open();
    await fill(store);
    expect(await all(store, { functionId: "shop-a" }, 3)).toEqual(["r09", "r06", "r03", "r00"]);
    expect(await all(store, { functionId: "unknown" }, 3)).toEqual([]);
    expect(await all(store, { status: "queued" }, 3)).toEqual(["r09", "r08", "r07", "r06"]);
    expect(await all(store, { status: "running" }, 3)).toEqual(["r05", "r04"]);
    expect(await all(store, { status: "waiting" }, 3)).toEqual(["r03"]);
    expect(await all(store, { status: "completed" }, 1)).toEqual(["r01", "r00"]);
    expect(await all(store, { status: "failed" }, 3)).toEqual(["r02"]);
    expect(await all(store, { status: "cancelled" }, 3)).toEqual(["r10"]);
    expect(await all(store, { status: "skipped" }, 3)).toEqual(["r11"]);
    expect(await all(store, { status: "queued", functionId: "shop-b" }, 1)).toEqual(["r08", "r07"]);
    expect(await all(store, { eventId: "e2" }, 2)).toEqual(["r08", "r04", "r00"]);
    expect(await all(store, { eventId: "e1" }, 5)).toHaveLength(12);
    expect(await all(store, { eventId: "e2", status: "running" }, 5)).toEqual(["r04"]);
    expect(await all(store, { eventId: "nope" }, 5)).toEqual([]);
  });

  it("finds runs by an event that is not stored", async () => {
    await must(open(), write.run(sampleRun("r1", { eventIds: ["gone"] })));
    expect(await all(open(), { eventId: "gone" }, 5)).toEqual(["r1"]);
    expect(await open().runs.get("r1")).toMatchObject({ eventId: "gone", eventIds: ["gone"] });
    const [snapshot] = await open().runs.snapshots(["r1"]);
    expect(snapshot?.events).toEqual([]);
  });

  it("counts runs by status", async () => {
    expect(await open().runs.count()).toEqual({
      queued: 0,
      running: 0,
      waiting: 0,
      completed: 0,
      failed: 0,
      cancelled: 0,
      skipped: 0,
    });
    await fill(open());
    expect(await open().runs.count()).toEqual({
      queued: 4,
      running: 2,
      waiting: 1,
      completed: 2,
      failed: 1,
      cancelled: 1,
      skipped: 1,
    });
  });

  it("gives snapshots in the order asked, of those that exist", async () => {
    const store = open();
    await fill(store);
    await must(store, write.step(sampleStep("r05", "b")), write.step(sampleStep("r05", "a")));
    const snapshots = await store.runs.snapshots(["r05", "nobody", "r00", "r04"]);
    expect(snapshots.map(({ run }) => run.id)).toEqual(["r05", "r00", "r04"]);
    expect(snapshots[0]?.journal.map((entry) => entry.key)).toEqual(["b", "a"]);
    expect(snapshots[2]?.events.map((event) => event.id)).toEqual(["e2", "e1"]);
  });

  it("lists events newest first, by name too", async () => {
    const store = open();
    expect(await store.events.get("e1")).toBeNull();
    for (let i = 1; i <= 7; i++) {
      await must(store, write.event(sampleEvent(`e${i}`, { name: i % 2 ? "odd" : "even" })));
    }
    const first = await store.events.list({ name: "odd" }, 3, null);
    expect(first.items.map((event) => event.id)).toEqual(["e7", "e5", "e3"]);
    const second = await store.events.list({ name: "odd" }, 3, first.next);
    expect(second.items.map((event) => event.id)).toEqual(["e1"]);
    expect(second.next).toBeNull();
    expect((await store.events.list({}, 2, null)).items.map((event) => event.id)).toEqual(["e7", "e6"]);
    expect((await store.events.list({ name: "none" }, 2, null)).items).toEqual([]);
    expect(await store.events.get("e3")).toEqual(sampleEvent("e3", { name: "odd" }));
  });

  it("takes names that other languages would mistake", async () => {
    const store = open();
    const odd = ["__proto__", "constructor", "' OR 1=1 --", "a\u0000b", "😀", ""];
    for (const [i, name] of odd.entries()) {
      await must(store, write.event(sampleEvent(`e${i}`, { name, key: name })));
      await must(store, write.run(sampleRun(`r${i}`, { functionId: name, eventIds: [`e${i}`], owner: name })));
      await must(store, write.step(sampleStep(`r${i}`, name, { name, output: JSON.stringify(name) })));
    }
    await current().reopen();
    for (const [i, name] of odd.entries()) {
      expect(await open().events.get(`e${i}`)).toMatchObject({ name, key: name });
      expect((await open().events.list({ name }, 9, null)).items).toHaveLength(1);
      expect(await all(open(), { functionId: name }, 9)).toEqual([`r${i}`]);
      const [snapshot] = await open().runs.snapshots([`r${i}`]);
      expect(snapshot).toMatchObject({ run: { owner: name }, journal: [{ key: name, name }] });
    }
  });

  it("stores many rows in one commit", async () => {
    const store = open();
    const many = Array.from({ length: 333 }, (_, i) => String(i).padStart(4, "0"));
    const outcomes = await store.commit(
      many.map((i) =>
        transition(
          [],
          write.event(sampleEvent(`e${i}`)),
          write.run(sampleRun(`r${i}`, { owner: "w1", eventIds: [`e${i}`] })),
          write.step(sampleStep(`r${i}`, "a", { output: i })),
          write.step(sampleStep(`r${i}`, "b", { output: "x".repeat(Number(i) * 50) })),
        ),
      ),
    );
    expect(outcomes.every((outcome) => outcome.ok)).toBe(true);
    const snapshots = await store.runs.snapshots(many.map((i) => `r${i}`));
    expect(
      snapshots.map(({ events, journal }) => [events[0]?.id, journal[0]?.output, journal[1]?.output.length]),
    ).toEqual(many.map((i) => [`e${i}`, i, Number(i) * 50]));
  });
}
