import { describe, expect, it } from "vitest";
import { nextTick, parseCron, previousTick, type Cron } from "./cron.js";

const cron = (source: string): Cron => {
  const parsed = parseCron(source);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value;
};
const at = (text: string): number => Date.parse(text);
const iso = (tick: number): string => new Date(tick).toISOString().slice(0, 16);
const ticks = (source: string, from: string, count: number): string[] => {
  const found: string[] = [];
  for (let tick = at(from); found.length < count;) found.push(iso((tick = nextTick(cron(source), tick))));
  return found;
};

describe("parseCron", () => {
  it.each([
    ["0 9 * * *", "0 9 * * *", null],
    ["  */5   *  * * * ", "*/5 * * * *", null],
    ["TZ=Europe/Berlin 0 9 * * 1-5", "0 9 * * 1-5", "Europe/Berlin"],
    ["CRON_TZ=America/New_York @daily", "0 0 * * *", "America/New_York"],
    ["@hourly", "0 * * * *", null],
    ["@Weekly", "0 0 * * 0", null],
    ["@every 15m", "*/15 * * * *", null],
    ["@every 1h", "0 */1 * * *", null],
    ["0 0 * JAN-MAR mon,fri", "0 0 * JAN-MAR mon,fri", null],
  ])("reads %s", (source, expression, timezone) => {
    expect(parseCron(source)).toEqual({ ok: true, value: { expression, timezone } });
  });

  it.each([
    ["* * * * * *", /six fields; a schedule has no seconds/],
    ["* * *", /3 fields instead of five/],
    ["", /is empty/],
    ["TZ=Nowhere/Town 0 9 * * *", /`Nowhere\/Town` is not a time zone/],
    ["61 * * * *", /is not a minute \(0-59\)/],
    ["0 0 30 2 *", /not a cron schedule/],
    ["@sometimes", /`@sometimes` is not a schedule/],
    ["@every 7m", /no fixed ticks/],
    ["H * * * *", /another time in every process/],
    ["tomorrow", /1 field instead/],
    [42, /is text/],
  ])("refuses %s", (source, message) => {
    const parsed = parseCron(source);
    expect(parsed.ok).toBe(false);
    if (!parsed.ok) expect(parsed.message).toMatch(message);
  });
});

describe("nextTick", () => {
  it("is strictly after", () => {
    expect(ticks("0 * * * *", "2026-01-01T00:00:00Z", 2)).toEqual(["2026-01-01T01:00", "2026-01-01T02:00"]);
  });

  it("ticks later when the clock skips the time", () => {
    expect(ticks("TZ=America/New_York 30 2 * * *", "2026-03-07T12:00:00Z", 2)).toEqual([
      "2026-03-08T07:30",
      "2026-03-09T06:30",
    ]);
  });

  it("ticks once when the clock shows a fixed time twice", () => {
    expect(ticks("TZ=America/New_York 30 1 * * *", "2026-10-31T12:00:00Z", 2)).toEqual([
      "2026-11-01T05:30",
      "2026-11-02T06:30",
    ]);
    expect(iso(nextTick(cron("TZ=America/New_York 30 1 * * *"), at("2026-11-01T06:10:00Z")))).toBe("2026-11-02T06:30");
  });

  it("ticks through a repeated hour when the hour is free", () => {
    expect(ticks("TZ=America/New_York */30 * * * *", "2026-11-01T05:00:00Z", 3)).toEqual([
      "2026-11-01T05:30",
      "2026-11-01T06:00",
      "2026-11-01T06:30",
    ]);
  });
});

describe("previousTick", () => {
  it.each([
    ["0 * * * *", "2026-01-01T01:00:00Z", "2026-01-01T01:00"],
    ["0 * * * *", "2026-01-01T01:59:59Z", "2026-01-01T01:00"],
    ["TZ=America/New_York 30 2 * * *", "2026-03-08T12:00:00Z", "2026-03-08T07:30"],
    ["TZ=America/New_York 30 1 * * *", "2026-11-01T12:00:00Z", "2026-11-01T05:30"],
    ["TZ=America/New_York 0 9 * * *", "2026-06-01T12:00:00Z", "2026-05-31T13:00"],
  ])("%s before %s", (source, before, expected) => {
    expect(iso(previousTick(cron(source), at(before)))).toBe(expected);
  });
});
