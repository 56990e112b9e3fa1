import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { historySettings } from "../../../testing/histories.js";
import { decideThrottle, type Throttle, throttleEndsAt, type ThrottleState } from "./throttle.js";

/** Starts as many as may at `now`. */
function startAll(
  throttle: Throttle,
  state: ThrottleState | null,
  now: number,
): [number, ThrottleState | null, number] {
  for (let count = 0; ; count++) {
    const decision = decideThrottle(throttle, state, now);
    if (!decision.admitted) return [count, decision.state, decision.at];
    state = decision.state;
  }
}

describe("throttle", () => {
  it("lets `limit + burst` start at once, then one for each part of the period", () => {
    const throttle = { limit: 3, burst: 2, periodMs: 1_000 };
    let [count, state, next] = startAll(throttle, null, 0);
    expect([count, next]).toEqual([5, 334]);
    const starts: number[] = [];
    while (starts.length < 6) {
      starts.push(next);
      [count, state, next] = startAll(throttle, state, next);
      expect(count).toBe(1);
    }
    // No drift: three starts are exactly one period.
    expect(starts).toEqual([334, 667, 1_000, 1_334, 1_667, 2_000]);
  });

  it("is as new when all has been worked off, and its row may go then", () => {
    const throttle = { limit: 2, burst: 1, periodMs: 100 };
    const [, state] = startAll(throttle, null, 0);
    expect(throttleEndsAt(state!)).toBe(150);
    expect(startAll(throttle, state, 150)[0]).toBe(3);
    expect(startAll(throttle, state, 149)[0]).toBe(2);
  });

  it("waits no longer than for one after the clock was set back", () => {
    const throttle = { limit: 2, burst: 0, periodMs: 100 };
    const [, state] = startAll(throttle, null, 1_000_000);
    const [count, carried, next] = startAll(throttle, state, 500);
    expect([count, next]).toEqual([0, 550]);
    // The wait is not put off by those who look meanwhile.
    expect(startAll(throttle, carried, 520)).toEqual([0, carried, 550]);
    expect(startAll(throttle, carried, 550)[0]).toBe(1);
  });

  it("carries what is left over to another configuration", () => {
    const [, state] = startAll({ limit: 10, burst: 0, periodMs: 1_000 }, null, 0);
    expect(startAll({ limit: 1, burst: 0, periodMs: 1_000 }, state, 0)[2]).toBe(1_000);
    const faster = { limit: 100, burst: 0, periodMs: 1_000 };
    expect(startAll(faster, state, 0)[2]).toBe(10);
    const shorter = { limit: 1, burst: 0, periodMs: 20 };
    const [count, carried, next] = startAll(shorter, state, 5);
    expect([count, next]).toEqual([0, 25]);
    expect(startAll(shorter, carried, 25)[0]).toBe(1);
  });

  it("admits exactly what keeps every stretch of time within `limit + burst` and the rate", () => {
    const throttles = fc.record({
      limit: fc.integer({ min: 1, max: 7 }),
      burst: fc.integer({ min: 0, max: 4 }),
      periodMs: fc.integer({ min: 1, max: 200 }),
    });
    fc.assert(
      fc.property(
        throttles,
        fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 1, maxLength: 80 }),
        (throttle, waits) => {
          const starts: number[] = [];
          const fits = (now: number): boolean =>
            [...starts, now].every((start, index) => {
              const over = starts.length + 1 - index - (throttle.limit + throttle.burst);
              return over * throttle.periodMs <= (now - start) * throttle.limit;
            });
          let now = 1_000;
          let state: ThrottleState | null = null;
          for (const wait of waits) {
            now += wait;
            // As after a restart, and as after the row was swept.
            if (state && wait % 3 === 0) state = JSON.parse(JSON.stringify(state));
            if (state && throttleEndsAt(state) <= now) state = null;
            const decision = decideThrottle(throttle, state, now);
            expect(decision.admitted).toBe(fits(now));
            if (decision.admitted) {
              state = decision.state;
              starts.push(now);
            } else {
              expect([fits(decision.at - 1), fits(decision.at)]).toEqual([false, true]);
            }
          }
        },
      ),
      historySettings("throttle"),
    );
  });

  it("lets no more start than time has passed for, whatever the clock does", () => {
    const jumps = fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: -500, max: 500 })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), jumps, (limit, steps) => {
        const throttle = { limit, burst: 1, periodMs: 100 };
        let [now, forward, count] = [10_000, 0, 0];
        let state: ThrottleState | null = null;
        for (const [wait, jump] of steps) {
          now += wait + jump;
          forward += Math.max(0, wait + jump);
          const decision = decideThrottle(throttle, state, now);
          if (decision.admitted) [state, count] = [decision.state, count + 1];
          else expect(decision.at - now).toBeLessThanOrEqual(Math.ceil(throttle.periodMs / limit));
          expect((count - limit - 1) * 100).toBeLessThanOrEqual(forward * limit);
        }
      }),
      historySettings("throttle under clock jumps"),
    );
  });
});
