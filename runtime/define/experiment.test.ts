import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { experiment } from "./experiment.js";

const share = (text: string) => createHash("sha256").update(text).digest().readUInt32BE(0) / 2 ** 32;
const run = (runId: string) => ({ runId, share });

test("weights decide how many runs and users get a variant", () => {
  const weighted = experiment.weighted({ quick: 25, control: 75 });
  const bucket = (user: number) => experiment.bucket(user, { weights: { a: 1, b: 0 } });
  const alike = (user: number) => experiment.bucket(user)(["a", "b", "c"], run("any"));
  const ids = Array.from({ length: 2_000 }, (_, index) => index);
  const quick = ids.filter((id) => weighted(["control", "quick"], run(`run-${id}`)) === "quick").length;
  expect(quick / ids.length).toBeCloseTo(0.25, 1);
  expect(new Set(ids.map((id) => bucket(id)(["a", "b"], run("any"))))).toEqual(new Set(["a"]));
  for (const name of ["a", "b", "c"]) {
    expect(ids.filter((id) => alike(id) === name).length / ids.length).toBeCloseTo(1 / 3, 1);
  }
});

test("a value keeps its variant, and none is as the empty text", () => {
  const choose = (value: unknown) => experiment.bucket(value)(["a", "b"], run(String(Math.random())));
  expect(new Set(Array.from({ length: 20 }, () => choose("u7"))).size).toBe(1);
  expect([choose(null), choose(undefined)]).toEqual([choose(""), choose("")]);
});

test.each([{}, { a: 0 }, { a: -1, b: 2 }, { a: Number.NaN }, { a: Number.POSITIVE_INFINITY }])(
  "refuses %j",
  (weights) => {
    expect(() => experiment.weighted(weights as Record<string, number>)).toThrow(
      expect.objectContaining({ code: "invalid-experiment" }),
    );
    expect(() => experiment.bucket("u", { weights: weights as Record<string, number> })).toThrow("invalid-experiment");
  },
);

test("chooses only for a run", () => {
  expect(() => experiment.fixed("a")()).toThrow(expect.objectContaining({ code: "outside-a-run" }));
});
