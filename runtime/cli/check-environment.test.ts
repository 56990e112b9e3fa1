import { join } from "node:path";
import { expect, test } from "vitest";

import { checkEnvironment, describeMissingVariables, findMissingVariables } from "./check-environment.js";

const app = join(import.meta.dirname, "../../fixtures/compile/environment/expected/app.mjs");
const required = {
  ACCOUNT: "a",
  ALERT_URL: "b",
  API_KEY: "c",
  BUCKET: "d",
  DATABASE_URL: "e",
  HOST: "f",
  PAYMENTS_KEY: "",
  TOKEN: "h",
};

test("only what a function cannot do without has to be set", () => {
  expect(() => checkEnvironment(app, required)).not.toThrow();
  const { TOKEN: _, ...others } = required;
  expect(() => checkEnvironment(app, others)).toThrow(
    "an environment variable is not set\n    `TOKEN` is read at src/functions.ts:47 by `required`",
  );
});

test("an application without a manifest is not asked", () => {
  expect(() => checkEnvironment(join(import.meta.dirname, "app.mjs"), {})).not.toThrow();
});

test("names a few of many functions, and what is inherited is not set", () => {
  const location = { file: "a.ts", line: 3, column: 1 };
  const functions = ["a", "b", "c", "d", "e"].map((id) => ({
    id,
    environment: [{ name: "toString", need: "required" as const, location }],
  }));
  expect(describeMissingVariables(findMissingVariables(functions, {}))).toBe(
    "an environment variable is not set\n    `toString` is read at a.ts:3 by `a`, `b`, `c`, 2 more",
  );
  expect(findMissingVariables(functions, { toString: "" as never })).toEqual([]);
});
