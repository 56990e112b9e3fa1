import { expect, test } from "vitest";

import { findNearestName } from "./nearest-name.js";

const names = ["order/placed", "order/paid", "user/created", "a"];

test.each([
  ["order/plcaed", "order/placed"],
  ["order.placed", "order/placed"],
  ["orderPaid", "order/paid"],
  ["order/payed", "order/paid"],
  ["user/create", "user/created"],
  ["invoice/sent", null],
  ["order/placed", "order/paid"],
  ["", "a"],
])("%s stands for %s", (name, expected) => {
  expect(findNearestName(name, names)).toBe(expected);
});
