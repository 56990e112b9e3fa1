import { expect, test } from "vitest";

import { CircuitBreaker } from "./circuit-breaker.js";

test("after five calls that found nobody it pauses, tries one, and pauses longer", () => {
  const breaker = new CircuitBreaker();
  for (let call = 0; call < 5; call++) {
    expect(breaker.refusal(0)).toBeNull();
    breaker.missed(0);
  }
  expect(breaker.refusal(999)).toBe(1_000);
  expect(breaker.refusal(1_000)).toBeNull();
  expect(breaker.refusal(1_000)).toBe(2_000);
  breaker.missed(1_000);
  expect(breaker.refusal(2_999)).toBe(3_000);
  expect(breaker.refusal(3_000)).toBeNull();
  breaker.reached();
  expect(breaker.refusal(3_000)).toBeNull();
});
