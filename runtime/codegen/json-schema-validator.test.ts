import { expect, it } from "vitest";
import { validatorOfJsonSchema } from "./json-schema-validator.js";

const object = (properties: Record<string, unknown>, more: object = {}) => ({
  type: "object",
  properties,
  required: Object.keys(properties),
  ...more,
});

const tree = object({ id: { type: "string" }, kids: { type: "array", items: { $ref: "#" } } });

function nested(depth: number): unknown {
  let value: unknown = { id: "leaf", kids: [] };
  for (let turn = 0; turn < depth; turn++) value = { id: "node", kids: [value] };
  return value;
}

it.each<[string, Record<string, unknown>, unknown, boolean]>([
  ["a right value", object({ a: { type: "string" } }), { a: "x", more: 1 }, true],
  ["a wrong value", object({ a: { type: "string" } }), { a: 1 }, false],
  ["a missing field", object({ a: { type: "string" } }), {}, false],
  ["a field too many", object({ a: {} }, { additionalProperties: false }), { a: 1, b: 1 }, false],
  ["a Date where text is declared", object({ at: { type: "string", format: "date-time" } }), { at: new Date(0) }, true],
  [
    "a moment with an offset",
    object({ at: { type: "string", format: "date-time" } }),
    { at: "2026-01-01T00:00:00+02:00" },
    true,
  ],
  ["a field called format", object({ format: { type: "number" } }), { format: "x" }, false],
  ["a number out of range", object({ n: { type: "number", exclusiveMinimum: 0 } }), { n: 0 }, false],
  ["null among alternatives", object({ n: { anyOf: [{ type: "string" }, { type: "null" }] } }), { n: null }, true],
  ["a bigint", object({ n: { type: "number" } }), { n: 1n }, false],
  ["anything for a schema that says nothing", {}, Symbol.iterator, true],
  ["anything for a schema that cannot be checked", { $ref: "https://example.com/elsewhere" }, 1, true],
  ["a right value at the third turn", tree, { id: "1", kids: [{ id: "2", kids: [{ id: "3", kids: [] }] }] }, true],
  ["a wrong value at the third turn", tree, { id: "1", kids: [{ id: "2", kids: [{ id: 3, kids: [] }] }] }, false],
  ["a value that is too deep", tree, nested(20_000), false],
])("judges %s", async (_name, schema, value, fits) => {
  const result = await validatorOfJsonSchema(schema)["~standard"].validate(value);
  expect(result.issues === undefined).toBe(fits);
});

it("gives the value as it was", async () => {
  const value = { at: new Date(0), more: 1 };
  const schema = object({ at: { type: "string" } });
  const result = await validatorOfJsonSchema(schema)["~standard"].validate(value);
  expect(result).toEqual({ value });
});
