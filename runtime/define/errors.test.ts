import { describe, expect, test } from "vitest";
import {
  errorTable,
  isNonRetriableError,
  isRetryAfterError,
  isStepError,
  isStepwrightError,
  NonRetriableError,
  RetryAfterError,
  StepError,
  StepwrightError,
} from "./errors.js";
import { serializeError } from "./serialize-error.js";

describe("NonRetriableError", () => {
  test("keeps message and cause, and is recognised", () => {
    const cause = new Error("inner");
    const error = new NonRetriableError("no", { cause });
    expect(error).toMatchObject({ name: "NonRetriableError", message: "no", cause });
    expect(isNonRetriableError(error)).toBe(true);
    expect(isRetryAfterError(error)).toBe(false);
  });

  test("is recognised in a subclass with another name, and from another copy by name", () => {
    class Mine extends NonRetriableError {
      override name = "Mine";
    }
    expect(isNonRetriableError(new Mine("x"))).toBe(true);
    expect(isNonRetriableError(Object.assign(new Error("x"), { name: "NonRetriableError" }))).toBe(true);
    expect([null, undefined, "NonRetriableError", {}].some(isNonRetriableError)).toBe(false);
  });
});

describe("RetryAfterError", () => {
  test.each([
    [1500, "2"],
    ["10m", "600"],
    ["2 hours", "7200"],
    [0, "0"],
    [-5, "0"],
    [new Date(Date.UTC(2030, 0, 1)), "2030-01-01T00:00:00.000Z"],
  ])("%s becomes %s", (time, expected) => {
    const error = new RetryAfterError("later", time);
    expect(error.retryAfter).toBe(expected);
    expect(isRetryAfterError(error)).toBe(true);
  });

  test.each(["soon", "", "x".repeat(200), Number.NaN, Number.POSITIVE_INFINITY, new Date("x")])(
    "%s is refused",
    (time) => {
      expect(() => new RetryAfterError("later", time)).toThrow(
        expect.objectContaining({ code: "invalid-retry-after" }),
      );
    },
  );
});

describe("StepError", () => {
  test("bears the step's error, its cause revived", () => {
    const error = new StepError("charge", {
      name: "CardError",
      message: "declined",
      stack: "CardError: declined\n    at pay",
      cause: { name: "HttpError", message: "402", cause: "bank" },
    });
    expect(error).toMatchObject({ name: "CardError", message: "declined", stepId: "charge" });
    expect(error.stack).toContain("at pay");
    expect(error.cause).toBeInstanceOf(Error);
    expect(error.cause).toMatchObject({ name: "HttpError", message: "402", cause: "bank" });
    expect(isStepError(error)).toBe(true);
  });

  test.each([
    ["text", "text"],
    [undefined, "Unknown error"],
    [{}, "Unknown error"],
    [{ error: "legacy" }, "legacy"],
    [7, "7"],
  ])("takes what is no error: %s", (thrown, message) => {
    expect(new StepError("s", thrown)).toMatchObject({ name: "Error", message });
  });
});

test("a StepwrightError says what is wrong and what to do", () => {
  const error = new StepwrightError("missing-client-id");
  expect(error).toMatchObject({ code: "missing-client-id", help: errorTable["missing-client-id"].help });
  expect(error.message).toContain("missing-client-id");
  expect(isStepwrightError(error)).toBe(true);
});

test("an error becomes JSON and a StepError becomes it again", () => {
  const error = new TypeError("bad", { cause: new RangeError("inner", { cause: "text" }) });
  const json = JSON.parse(JSON.stringify(serializeError(error))) as unknown;
  expect(json).toMatchObject({ name: "TypeError", message: "bad", cause: { name: "RangeError", cause: "text" } });
  expect(new StepError("s", json)).toMatchObject({ name: "TypeError", cause: { message: "inner", cause: "text" } });
  expect(serializeError("text")).toEqual({ name: "Error", message: "text" });
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  expect(serializeError(circular)).toEqual({ name: "Error", message: "[object Object]" });
});
