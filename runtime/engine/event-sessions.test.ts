import { expect, test } from "vitest";
import { resolveSessions } from "./event-sessions.js";

const many = (count: number, prefix: string) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}${i}`, "id"]));

test.each<[string, unknown, unknown]>([
  ["nothing", undefined, undefined],
  ["null", null, undefined],
  ["what has no sessions", { traceparent: "00-1" }, { traceparent: "00-1" }],
  ["the own, numbers as text", { sessions: { org: "a", user: 7 } }, { sessions: { org: "a", user: "7" } }],
  ["the inherited", { propagated_sessions: { org: "a" } }, { sessions: { org: "a" } }],
  [
    "both, the own first",
    { traceparent: "t", sessions: { org: "b" }, propagated_sessions: { org: "a", team: "x" } },
    { traceparent: "t", sessions: { org: "b", team: "x" } },
  ],
  [
    "without one that is taken away",
    { sessions: { org: null }, propagated_sessions: { org: "a", team: "x" } },
    { sessions: { team: "x" } },
  ],
  ["without all inherited", { sessions: null, propagated_sessions: { org: "a" } }, undefined],
  [
    "as many inherited as there is room for, by their names",
    { sessions: many(4, "z"), propagated_sessions: { c: "1", b: "2" } },
    { sessions: { ...many(4, "z"), b: "2" } },
  ],
])("gives %s", (_, meta, resolved) => {
  expect(resolveSessions(meta)).toEqual({ ok: true, meta: resolved });
});

test.each<[string, unknown, string]>([
  ["text", "x", "no object"],
  ["a list", { sessions: [] }, "no object"],
  ["a truth value", { sessions: { org: true } }, "must be text or a number"],
  ["an inherited null", { propagated_sessions: { org: null } }, "must be text or a number"],
  ["an empty id", { sessions: { org: "" } }, "1 to 512 bytes"],
  ["a long id", { sessions: { org: "é".repeat(300) } }, "1 to 512 bytes"],
  ["an empty name", { sessions: { "": "a" } }, "1 to 128 bytes"],
  ["too many", { sessions: many(6, "s") }, "at most 5"],
])("refuses %s", (_, meta, problem) => {
  expect(resolveSessions(meta)).toEqual({ ok: false, problem: expect.stringContaining(problem) });
});
