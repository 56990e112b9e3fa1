import { durations } from "../manifest/duration.js";
import type { EngineLimits } from "./engine.js";
import { RuntimeError } from "./engine.js";

const kib = 1024;
const mib = 1024 * kib;

export const defaultLimits: EngineLimits = {
  liveRuns: 2_000,
  readyRuns: 10_000,
  parkAfterMs: 5 * durations.second,
  eventBytes: 512 * kib,
  eventsPerRequest: 5_000,
  stepBytes: 4 * mib,
  stepsPerRun: 1_000,
  runBytes: 32 * mib,
  slowTransactionMs: 50,
  transactionMs: durations.second,
  stepTimeoutMs: 2 * durations.hour,
  dedupeMs: durations.day,
  leaseMs: 15 * durations.second,
};

/** The most that may be configured; what is not here has no bound of its own. */
const highest: Partial<EngineLimits> = { eventBytes: 3 * mib, stepsPerRun: 100_000 };

/** @throws RuntimeError `invalid-limit` */
export function resolveLimits(given: Partial<EngineLimits> = {}): EngineLimits {
  const limits = { ...defaultLimits, ...given };
  for (const name of Object.keys(defaultLimits) as (keyof EngineLimits)[]) {
    const value = limits[name];
    const most = highest[name] ?? Number.MAX_SAFE_INTEGER;
    if (!Number.isFinite(value) || value < 1 || value > most) {
      throw new RuntimeError("invalid-limit", `\`${name}\` is ${value}`, `give a number from 1 to ${most}`);
    }
  }
  return limits;
}
