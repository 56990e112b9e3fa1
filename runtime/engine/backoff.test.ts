import { describe, expect, test } from "vitest";
import { RetryAfterError } from "../define/errors.js";
import type { Backoff } from "../manifest/manifest.js";
import { backoffMs, retryAfterMs } from "./backoff.js";

const base: Backoff = { kind: "table", baseMs: 0, maxMs: 0, jitterMs: 30_000 };

describe("backoff", () => {
  test("follows the documented table, and its last entry repeats", () => {
    const seconds = Array.from({ length: 12 }, (_, attempt) => backoffMs(base, attempt, 0) / 1000);
    expect(seconds).toEqual([15, 30, 60, 120, 300, 600, 1200, 2400, 3600, 7200, 7200, 7200]);
  });

  test("adds up to its jitter", () => {
    expect(backoffMs(base, 0, 0.5)).toBe(30_000);
  });

  test.each<[Partial<Backoff>, number[]]>([
    [{ kind: "exponential", baseMs: 100, maxMs: 1_000, jitterMs: 0 }, [100, 200, 400, 800, 1_000]],
    [{ kind: "linear", baseMs: 100, maxMs: 250, jitterMs: 0 }, [100, 200, 250, 250, 250]],
    [{ kind: "constant", baseMs: 100, maxMs: 1_000, jitterMs: 0 }, [100, 100, 100, 100, 100]],
    [{ kind: "list", delaysMs: [5, 10], jitterMs: 0 }, [5, 10, 10, 10, 10]],
  ])("%o", (backoff, expected) => {
    expect(expected.map((_, attempt) => backoffMs({ ...base, ...backoff }, attempt, 0))).toEqual(expected);
  });
});

describe("RetryAfterError", () => {
  test.each<[number | string | Date, number]>([
    [1, 1_000],
    ["10m", 600_000],
    ["3 days", 86_400_000],
    [new Date(5_000), 5_000],
    [new Date(-5_000), 1_000],
  ])("%o waits %i ms, clamped to 1 s to 24 h", (after, expected) => {
    expect(retryAfterMs(new RetryAfterError("slow", after), 0)).toBe(expected);
  });

  test("other errors ask for nothing", () => {
    expect(retryAfterMs(new Error("x"), 0)).toBeNull();
  });
});
