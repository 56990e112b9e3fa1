import fc from "fast-check";
import { expect, it } from "vitest";
import type { RateLimit } from "../../engine/3-control/policies/rate-limit.js";
import { historySettings } from "../../testing/histories.js";
import { MemoryTables } from "../memory/memory-tables.js";
import { checkRate } from "./check-rate.js";

const stretchMs = 15 * 60_000;
const dayMs = 86_400_000;

const limits: fc.Arbitrary<RateLimit> = fc.record({
  limit: fc.constantFrom(1, 2, 90, 130, 400),
  periodMs: fc.constantFrom(1_000, 60_000, 3_600_000, dayMs),
});
/** A burst of events so many ms after each other, under limits that a deployment has brought. */
const burst = fc.record({
  rate: limits,
  events: fc.integer({ min: 1, max: 150 }),
  apart: fc.constantFrom(0, 10, 700, 61_000, 700_000),
});

it("whatever deployments make of a limit, no window has more starts, few are remembered, little is refused", () => {
  fc.assert(
    fc.property(fc.array(burst, { minLength: 1, maxLength: 6 }), (bursts) => {
      const { flow } = new MemoryTables();
      const starts: number[] = [];
      let highest = 0;
      let now = 1_700_000_000_000;
      for (const { rate, events, apart } of bursts) {
        const { limit, periodMs } = rate;
        highest = Math.max(highest, limit);
        for (let i = 0; i < events; i++) {
          now += apart;
          const from = now - periodMs;
          const refused = checkRate(flow, { ...rate, key: "k" }, now);
          const inWindow = starts.filter((at) => at > from).length;
          if (!refused) {
            if (inWindow >= limit) throw new Error(`${inWindow} starts in a window that may have ${limit}`);
            starts.push(now);
          } else if (inWindow < limit) {
            // The last hundred are known exactly; one before may count as late as the end of its quarter of an hour.
            expect(starts.length).toBeGreaterThan(100);
            const latest = starts.map((at, i) =>
              starts.length - i <= 100 ? at : (Math.floor(at / stretchMs) + 1) * stretchMs - 1,
            );
            expect(latest.filter((at) => at > from).length).toBeGreaterThanOrEqual(limit);
          }
        }
        expect(flow.rateStarts.count("k")).toBeLessThanOrEqual(highest + 100 + dayMs / stretchMs);
      }
    }),
    historySettings("rate limits that are deployed", 60),
  );
});
