import { expect, test } from "vitest";
import { createEventId } from "./event-id.js";

test("ids are 26 characters, unique, and ascend", () => {
  const ids = Array.from({ length: 10_000 }, () => createEventId());
  expect(ids.every((id) => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(id))).toBe(true);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.toSorted()).toEqual(ids);
});

test("an id holds its time, and later times sort later", () => {
  const later = createEventId(Date.UTC(2100, 0, 1));
  const latest = createEventId(Date.UTC(2100, 0, 2));
  expect(later < latest).toBe(true);
  // a clock that goes back does not make ids go back
  expect(createEventId(Date.UTC(2099, 0, 1)) > latest).toBe(true);
});
