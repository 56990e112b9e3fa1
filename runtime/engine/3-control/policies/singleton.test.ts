import { expect, test } from "vitest";
import { decideSingleton } from "./singleton.js";

test.each([
  ["skip", null, { kind: "starts" }],
  ["cancel", null, { kind: "starts" }],
  ["skip", "r1", { kind: "skipped", runId: "r1" }],
  ["cancel", "r1", { kind: "replaces", runId: "r1" }],
] as const)("singleton %s beside %s", (mode, holder, expected) => {
  expect(decideSingleton({ mode }, holder)).toEqual(expected);
});
