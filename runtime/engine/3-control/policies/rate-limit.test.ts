import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { historySettings } from "../../../testing/histories.js";
import { decideRate, type RateLimit } from "./rate-limit.js";

describe("rate limit", () => {
  const limit = { limit: 2, periodMs: 100 };
  test.each([
    ["the first", { oldest: null, newest: null }, 1_000, { admitted: true, at: 1_000 }],
    ["one too many", { oldest: 950, newest: 990 }, 1_000, { admitted: false, until: 1_050 }],
    ["just inside the window", { oldest: 901, newest: 990 }, 1_000, { admitted: false, until: 1_001 }],
    ["just out of the window", { oldest: 900, newest: 990 }, 1_000, { admitted: true, at: 1_000 }],
    ["after the clock was set back", { oldest: null, newest: 2_000 }, 1_000, { admitted: true, at: 2_000 }],
  ])("%s", (_, state, now, expected) => {
    expect(decideRate(limit, state, now)).toEqual(expected);
  });

  it("admits what a list of all starts admits, and no window has more than the limit", () => {
    const event = fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 0, max: 40 }) },
      { weight: 1, arbitrary: fc.integer({ min: -60, max: 300 }) },
    );
    fc.assert(
      fc.property(
        fc.record({ limit: fc.integer({ min: 1, max: 6 }), periodMs: fc.integer({ min: 1, max: 120 }) }),
        fc.array(event, { minLength: 1, maxLength: 80 }),
        (rate: RateLimit, waits) => {
          const starts: number[] = [];
          let now = 10_000;
          for (const wait of waits) {
            now += wait;
            const at = Math.max(now, ...starts);
            const inWindow = starts.filter((start) => start > at - rate.periodMs).length;
            const state = { oldest: starts.at(-rate.limit) ?? null, newest: starts.at(-1) ?? null };
            const decision = decideRate(rate, state, now);
            expect(decision.admitted).toBe(inWindow < rate.limit);
            if (decision.admitted) starts.push(decision.at);
            else
              expect(starts.filter((start) => start > decision.until - rate.periodMs).length).toBeLessThan(rate.limit);
          }
          for (const start of starts) {
            const window = starts.filter((other) => other >= start && other < start + rate.periodMs);
            expect(window.length).toBeLessThanOrEqual(rate.limit);
          }
        },
      ),
      historySettings("rate limit"),
    );
  });
});
