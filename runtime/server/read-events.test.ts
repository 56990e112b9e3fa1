import { describe, expect, test } from "vitest";

import { readEvents } from "./read-events.js";
import { RequestError } from "./request-error.js";

const codeOf = (read: () => unknown): string => {
  try {
    read();
  } catch (error) {
    if (error instanceof RequestError) return error.code;
    throw error;
  }
  return "none";
};

describe("readEvents", () => {
  test.each([
    ["an object", '{"name":"a"}', [{ name: "a" }]],
    [
      "an object over several lines",
      '{\n  "name": "a",\n  "data": { "b": {\n} }\n}\n',
      [{ name: "a", data: { b: {} } }],
    ],
    ["a list", '[{"name":"a"},{"name":"b"}]', [{ name: "a" }, { name: "b" }]],
    ["an empty list", "[]", []],
    ["lines", '{"name":"a"}\n{"name":"b"}', [{ name: "a" }, { name: "b" }]],
    [
      "lines with blank ones, and the ends of Windows",
      '{"name":"a"}\r\n\r\n{"name":"b"}\r\n',
      [{ name: "a" }, { name: "b" }],
    ],
  ])("reads %s", (_, text, events) => {
    expect(readEvents(text, "application/json")).toEqual(events);
  });

  test("one line under the content type of lines", () => {
    expect(readEvents('{"name":"a"}\n', "application/x-ndjson; charset=utf-8")).toEqual([{ name: "a" }]);
  });

  test.each([
    ["cut", '{"name":"a"', "malformed-json"],
    ["a bad line", '{"name":"a"}\n{"name":\n{"name":"c"}', "malformed-json"],
    ["a number", "1", "invalid-event"],
    ["null", "null", "invalid-event"],
    ["a list on a line", '{"name":"a"}\n[{"name":"b"}]', "invalid-event"],
    ["__proto__", '{"name":"a","data":{"x":[{"__proto__":{"polluted":1}}]}}', "unsafe-key"],
    ["__proto__, escaped", '{"name":"a","data":{"\\u005f_proto__":1}}', "unsafe-key"],
    ["constructor.prototype", '{"name":"a","data":{"constructor":{"prototype":{}}}}', "unsafe-key"],
    ["__proto__ on a line", '{"name":"a"}\n{"name":"b","__proto__":{}}', "unsafe-key"],
    ["nested deep", `{"name":"a","data":${"[".repeat(600)}${"]".repeat(600)}}`, "nested-too-deep"],
    ["nested very deep", `${"[".repeat(200_000)}${"]".repeat(200_000)}`, "nested-too-deep"],
  ])("refuses %s", (_, text, code) => {
    expect(codeOf(() => readEvents(text, "application/json"))).toBe(code);
  });

  test("names the line", () => {
    expect(() => readEvents('{"name":"a"}\n\n{oops}', "application/x-ndjson")).toThrow(/^line 3 is not JSON/);
  });

  test("a plain field named `constructor` is data like any other", () => {
    const [event] = readEvents('{"name":"a","data":{"constructor":"McLaren"}}', undefined);
    expect(event).toEqual({ name: "a", data: { constructor: "McLaren" } });
  });
});
