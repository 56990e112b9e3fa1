import { expect, test } from "vitest";
import { parseIsoMoment } from "./moment.js";

test.each([
  ["2030-01-31", Date.UTC(2030, 0, 31)],
  ["2030-01-31T09:00Z", Date.UTC(2030, 0, 31, 9)],
  ["2030-01-31T09:00:00.250+01:00", Date.UTC(2030, 0, 31, 8, 0, 0, 250)],
  ["2030-13-01", null],
  ["7d", null],
  // What `Date.parse` takes for dates.
  ["foo 1", null],
  ["2030", null],
  ["1 Jan 2030", null],
])("%s", (text, ms) => expect(parseIsoMoment(text)).toBe(ms));
