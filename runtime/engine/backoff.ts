import { isRetryAfterError } from "../define/errors.js";
import { durations } from "../manifest/duration.js";
import type { Backoff } from "../manifest/manifest.js";

const { second, minute, hour, day } = durations;

/** SEMANTICS: the delay after the n-th failed attempt; the last one repeats. */
const table = [
  15 * second,
  30 * second,
  minute,
  2 * minute,
  5 * minute,
  10 * minute,
  20 * minute,
  40 * minute,
  hour,
  2 * hour,
];

/** Milliseconds until the next attempt. `attempt` is the zero-based number of the one that failed; `random` is in [0, 1). */
export function backoffMs(backoff: Backoff, attempt: number, random: number): number {
  return Math.round(Math.min(baseDelay(backoff, attempt), ceiling(backoff)) + backoff.jitterMs * random);
}

function ceiling(backoff: Backoff): number {
  return backoff.kind === "table" || backoff.kind === "list" ? Number.POSITIVE_INFINITY : backoff.maxMs;
}

function baseDelay(backoff: Backoff, attempt: number): number {
  switch (backoff.kind) {
    case "table":
      return table[Math.min(attempt, table.length - 1)]!;
    case "list": {
      const delays = backoff.delaysMs ?? [];
      return delays[Math.min(attempt, delays.length - 1)] ?? 0;
    }
    case "constant":
      return backoff.baseMs;
    case "linear":
      return backoff.baseMs * (attempt + 1);
    case "exponential":
      return backoff.baseMs * 2 ** attempt;
  }
}

/** What a RetryAfterError asks for, clamped to 1 s–24 h; null for other errors. */
export function retryAfterMs(error: unknown, now: number): number | null {
  if (!isRetryAfterError(error)) return null;
  const seconds = Number(error.retryAfter);
  const asked = Number.isNaN(seconds) ? Date.parse(error.retryAfter) - now : seconds * second;
  return Number.isNaN(asked) ? null : Math.min(Math.max(asked, second), day);
}
