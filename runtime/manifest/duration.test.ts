import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration } from "./duration.js";

const temporal = (fields: Record<string, number>) => ({
  ...fields,
  [Symbol.toStringTag]: "Temporal.Duration",
  toString: () => "P?",
});

describe("parseDuration", () => {
  it.each([
    [0, 0],
    [1500, 1500],
    [1.6, 2],
    ["10", 10],
    ["3 days", 259_200_000],
    ["1h 30m", 5_400_000],
    ["1h30m10s", 5_410_000],
    ["1 hour, 30 minutes", 5_400_000],
    ["2w", 1_209_600_000],
    ["1.5h", 5_400_000],
    [".5s", 500],
    ["250ms", 250],
    [temporal({ hours: 2, milliseconds: 5 }), 7_200_005],
    [temporal({ weeks: 1 }), 604_800_000],
  ])("%s is %d ms", (value, expected) => {
    expect(parseDuration(value)).toEqual({ ok: true, value: expected });
  });

  it.each([
    ["", /is not a duration/],
    ["soon", /is not a duration/],
    ["3 fortnights", /`fortnights`, which is not a unit/],
    ["-5s", /is negative/],
    [-1, /is negative/],
    [Number.NaN, /is not a duration/],
    [Number.POSITIVE_INFINITY, /is not a duration/],
    ["1h 30", /is not a duration/],
    ["9".repeat(500), /is not a duration/],
    ["99999999999999999 years", /is too long/],
    [null, /`null` is not a duration/],
    [{}, /is not a duration/],
    [temporal({ months: 1 }), /depends on the date/],
  ])("%s is a problem", (value, message) => {
    const parsed = parseDuration(value);
    expect(parsed.ok).toBe(false);
    if (!parsed.ok) expect(parsed.message).toMatch(message);
  });
});

it.each([
  [0, "0 ms"],
  [999, "999 ms"],
  [5_400_000, "1 h 30 m"],
  [90_061_000, "1 d 1 h"],
  [-1000, "-1 s"],
])("formats %d as %s", (length, text) => {
  expect(formatDuration(length)).toBe(text);
});
