import { expect, test } from "vitest";
import { headStartMs } from "./priority.js";

test.each([
  [120, 120_000],
  [-120, -120_000],
  [601, 600_000],
  [-1e9, -600_000],
  [Infinity, 600_000],
  [1.9, 1_000],
  [-0.5, 0],
  [30n, 30_000],
  ["120", 0],
  [null, 0],
  [Number.NaN, 0],
])("a priority of %s is a head start of %i ms", (value, expected) => {
  expect(headStartMs(value)).toBe(expected);
});
