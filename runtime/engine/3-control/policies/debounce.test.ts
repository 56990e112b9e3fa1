import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { historySettings } from "../../../testing/histories.js";
import { type Debounce, debounceDueAt, type DebounceState, mergeEvent } from "./debounce.js";

const debounce = (changes: Partial<Debounce> = {}): Debounce => ({
  kind: "debounce",
  periodMs: 100,
  timeoutMs: null,
  collect: false,
  ...changes,
});

describe("debounce", () => {
  it("starts a period after the last event", () => {
    const first = mergeEvent(debounce(), null, 5, 1_000);
    expect(first).toEqual({ state: { firstAt: 1_000, lastAt: 1_000, newestTs: 5 }, dueAt: 1_100, isNewest: true });
    expect(mergeEvent(debounce(), first.state, 6, 1_090)).toMatchObject({ dueAt: 1_190, isNewest: true });
  });

  it("takes the event with the largest ts, of equal ones the later", () => {
    const { state } = mergeEvent(debounce(), null, 5, 1_000);
    expect(mergeEvent(debounce(), state, 4, 1_001)).toMatchObject({ isNewest: false, state: { newestTs: 5 } });
    expect(mergeEvent(debounce(), state, 5, 1_001).isNewest).toBe(true);
  });

  it("starts not later than its timeout after the first event", () => {
    const { state } = mergeEvent(debounce({ timeoutMs: 150 }), null, 5, 1_000);
    expect(mergeEvent(debounce({ timeoutMs: 150 }), state, 5, 1_090).dueAt).toBe(1_150);
  });

  it("follows a new configuration", () => {
    const { state } = mergeEvent(debounce(), null, 5, 1_000);
    expect(debounceDueAt(debounce({ periodMs: 10 }), state)).toBe(1_010);
  });

  it("does what a list of all events says", () => {
    fc.assert(
      fc.property(
        fc.record({
          periodMs: fc.integer({ min: 1, max: 60 }),
          timeoutMs: fc.option(fc.integer({ min: 1, max: 150 })),
        }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.nat({ max: 9 })), { minLength: 1, maxLength: 60 }),
        (times, events) => {
          let now = 1_000;
          let state: DebounceState | null = null;
          let pending: { at: number; ts: number; index: number }[] = [];
          let due = Number.POSITIVE_INFINITY;
          events.forEach(([wait, ts], index) => {
            now += wait;
            if (due <= now) [state, pending] = [null, []];
            pending.push({ at: now, ts, index });
            const merged = mergeEvent(debounce(times), state, ts, now);
            [state, due] = [merged.state, merged.dueAt];
            const chosen = [...pending].sort((a, b) => b.ts - a.ts || b.index - a.index)[0];
            expect(merged.isNewest).toBe(chosen?.index === index);
            const byTimeout = times.timeoutMs === null ? Infinity : pending[0]!.at + times.timeoutMs;
            expect(due).toBe(Math.min(now + times.periodMs, byTimeout));
          });
        },
      ),
      historySettings("debounce"),
    );
  });
});
