import { decideRate, mayForget, rememberedMs, type RateLimit } from "../../engine/3-control/policies/rate-limit.js";
import type { SkipReason } from "./flow-records.js";
import type { FlowRows } from "./flow-rows.js";

/** So many of the last starts under a key are remembered each, however low the limit is: it may be raised. */
const leastRemembered = 100;

/** The start counts against the rate limit; null when it may be made. */
export function checkRate(rows: FlowRows, rate: RateLimit & { readonly key: string }, now: number): SkipReason | null {
  const { key, limit, periodMs } = rate;
  const row = rows.rate(key);
  const next = row?.next ?? 0;
  const oldest = next < limit ? null : rows.rateStart(key, next - limit);
  const decision = decideRate(rate, { oldest, newest: row?.newest ?? null }, now);
  if (!decision.admitted) {
    const message = `rate limit: ${limit} runs have started within ${periodMs} ms`;
    return { policy: "rateLimit", message, until: decision.until };
  }
  const { at } = decision;
  rows.addRateStart(key, { number: next, at, expiresAt: at + rememberedMs });
  forgetStarts(rows, key, next + 1 - Math.max(limit, leastRemembered), at);
  return null;
}

/**
 * Those before number `from` are thinned out, of which each start makes one more; what is too old for any period goes. So no key has
 * more than `limit + 100` of them, by its highest limit of late, and one for each 15 minutes of a day.
 */
function forgetStarts(rows: FlowRows, key: string, from: number, at: number): void {
  if (from > 0) {
    const [last, after] = [rows.rateStart(key, from - 1), rows.rateStart(key, from)];
    if (last !== null && after !== null && mayForget(last, after)) rows.deleteRateStart(key, from - 1);
  }
  const [first, second, third] = rows.firstRateStarts(key);
  // The newest of those that are too old stays: it tells that all before it are.
  if (first && second && second.at <= at - rememberedMs) rows.deleteRateStart(key, first.number);
  if (second && third && third.at <= at - rememberedMs) rows.deleteRateStart(key, second.number);
}
