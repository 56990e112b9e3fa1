import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { historySettings } from "../../../testing/histories.js";
import { type Batch, batchBytes, batchDueAt, type BatchState, joinBatch } from "./batch.js";

const batch: Batch = { kind: "batch", maxSize: 3, timeoutMs: 1_000 };

describe("batch", () => {
  it("starts when it is full, or its time is over", () => {
    const first = joinBatch(batch, null, 10, 5_000);
    expect(first).toEqual({
      kind: "joins",
      state: { firstAt: 5_000, count: 1, bytes: 10 },
      full: false,
      dueAt: 6_000,
    });
    const state = { firstAt: 5_000, count: 2, bytes: 20 };
    expect(joinBatch(batch, state, 10, 5_500)).toMatchObject({ full: true, dueAt: 5_500 });
  });

  it("is closed by an event that would make it too large", () => {
    const state = { firstAt: 5_000, count: 1, bytes: batchBytes - 5 };
    expect(joinBatch(batch, state, 5, 5_000)).toMatchObject({ kind: "joins" });
    expect(joinBatch(batch, state, 6, 5_000)).toEqual({ kind: "closes" });
  });

  it("takes an event that is too large for any batch alone", () => {
    expect(joinBatch(batch, null, batchBytes + 1, 5_000)).toMatchObject({ kind: "joins" });
  });

  it("follows a new configuration", () => {
    const state = { firstAt: 5_000, count: 2, bytes: 20 };
    expect(batchDueAt({ ...batch, timeoutMs: 10 }, state, 7_000)).toBe(5_010);
    expect(batchDueAt({ ...batch, maxSize: 2 }, state, 7_000)).toBe(7_000);
    expect(joinBatch({ ...batch, maxSize: 2 }, state, 1, 7_000)).toEqual({ kind: "closes" });
  });

  it("puts every event into exactly one batch, in order, within its size and time", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 700 }), fc.integer({ min: 1, max: batchBytes })), {
          maxLength: 60,
        }),
        (maxSize, events) => {
          const settings = { ...batch, maxSize };
          const batches: { at: number[]; bytes: number; closedAt: number | null; dueAt: number }[] = [];
          let state: BatchState | null = null;
          let now = 0;
          for (const [wait, bytes] of events) {
            now += wait;
            const open = batches.at(-1);
            if (state && open && open.dueAt <= now) [open.closedAt, state] = [open.dueAt, null];
            let decision = joinBatch(settings, state, bytes, now);
            if (decision.kind === "closes") {
              expect(open!.bytes + bytes).toBeGreaterThan(batchBytes);
              open!.closedAt = now;
              state = null;
              decision = joinBatch(settings, null, bytes, now);
            }
            if (decision.kind !== "joins") throw new Error("an empty batch takes any event");
            if (state === null) batches.push({ at: [], bytes: 0, closedAt: null, dueAt: 0 });
            const into = batches.at(-1)!;
            into.at.push(now);
            into.bytes += bytes;
            into.dueAt = decision.dueAt;
            if (decision.full) into.closedAt = now;
            state = decision.full ? null : decision.state;
          }
          expect(batches.flatMap(({ at }) => at).length).toBe(events.length);
          for (const { at, bytes, closedAt, dueAt } of batches) {
            expect(at.length).toBeLessThanOrEqual(maxSize);
            if (at.length > 1) expect(bytes).toBeLessThanOrEqual(batchBytes);
            expect((closedAt ?? dueAt) - at[0]!).toBeLessThanOrEqual(settings.timeoutMs);
          }
        },
      ),
      historySettings("batch"),
    );
  });
});
