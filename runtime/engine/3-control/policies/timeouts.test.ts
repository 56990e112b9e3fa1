import { expect, test } from "vitest";
import { decideDeadline, firstDeadline } from "./timeouts.js";

const minute = 60_000;

test("a run without time limits is never looked at", () => {
  expect(firstDeadline({}, 0)).toBe(null);
});

test.each([
  [{ startMs: 10 }, 110],
  [{ finishMs: 20 }, 120],
  [{ startMs: 10, finishMs: 5 }, 105],
])("%o is looked at first at %i", (timeouts, at) => {
  expect(firstDeadline(timeouts, 100)).toBe(at);
});

test.each([
  ["not started, in time", { startMs: minute }, null, minute - 1, { kind: "waits", dueAt: minute }],
  ["not started, too late", { startMs: minute }, null, minute, { kind: "cancels", timeout: "start", ms: minute }],
  ["started in time, whenever it ends", { startMs: minute }, 5, 2 * minute, { kind: "waits", dueAt: null }],
  ["running", { finishMs: minute }, 5, minute, { kind: "waits", dueAt: minute + 5 }],
  ["running too long", { finishMs: minute }, 5, minute + 5, { kind: "cancels", timeout: "finish", ms: minute }],
  ["not started, with an end only", { finishMs: minute }, null, minute, { kind: "waits", dueAt: 2 * minute }],
  ["not started, both", { startMs: 3 * minute, finishMs: minute }, null, minute, { kind: "waits", dueAt: 2 * minute }],
  ["the function has no limits any more", {}, null, minute, { kind: "waits", dueAt: null }],
])("%s", (_, timeouts, startedAt, now, expected) => {
  expect(decideDeadline(timeouts, { startedAt, startableAt: 0 }, now)).toEqual(expected);
});
