import { expect, test } from "vitest";

import type { ObjectShape, PropertyShape, Shape } from "../2-model/shape.js";
import { findMisfits } from "./fit-shape.js";

const string: Shape = { kind: "string" };
const number: Shape = { kind: "number" };
const nothing: Shape = { kind: "undefined" };
const unknown: Shape = { kind: "unknown" };
const date: Shape = { kind: "special", name: "Date", type: "Date", json: { kind: "string", format: "date-time" } };

function literal(value: string | number | boolean): Shape {
  return { kind: "literal", value };
}

function union(...members: Shape[]): Shape {
  return { kind: "union", members };
}

/** Names that end in `?` are optional. */
function object(properties: Record<string, Shape>, rest: ObjectShape["rest"] = "closed"): ObjectShape {
  return {
    kind: "object",
    rest,
    properties: Object.entries(properties).map(([name, shape]): PropertyShape => ({
      name: name.replace("?", ""),
      shape,
      optional: name.endsWith("?"),
    })),
  };
}

function list(value: Shape, declared: Shape): string[] {
  return findMisfits(value, declared).map(({ kind, path }) => `${kind} ${path.join(".")}`.trim());
}

const fitting: [string, Shape, Shape][] = [
  ["the same", string, string],
  ["a literal of the type", literal("a"), string],
  ["a type that may be the literal", string, literal("a")],
  ["unknown data", unknown, object({ a: string })],
  ["unknown declaration", string, unknown],
  ["one right alternative of several", union(string, number), string],
  ["a value that may be undefined", union(string, nothing), string],
  ["a property that may be undefined", object({ a: union(string, nothing) }), object({ a: string })],
  ["an optional property for a required one", object({ "a?": string }), object({ a: string })],
  ["an open value for a required property", object({}, "open"), object({ a: string })],
  ["more than an open declaration names", object({ a: string, b: string }), object({ a: string }, "open")],
  ["an undefined property that is not declared", object({ a: string, b: nothing }), object({ a: string })],
  ["a date for text", date, string],
  ["text for a date", literal("2026-01-01T00:00:00Z"), date],
  [
    "an array for an array of something else, which may be empty",
    { kind: "array", element: string },
    { kind: "array", element: number },
  ],
  ["a value for a nullable one", string, union(string, { kind: "null" })],
  ["a tuple for an array", { kind: "tuple", elements: [literal(1), number] }, { kind: "array", element: number }],
  ["text that a pattern refuses, whose flags are not known", literal("x"), { kind: "string", pattern: "^a" }],
  ["a uuid", literal("6f9619ff-8b86-d011-b42d-00cf4fc964ff"), { kind: "string", format: "uuid" }],
  ["a class instance", { kind: "special", name: "class", type: "Money" }, object({ a: string })],
];

test.each(fitting)("fits: %s", (_name, value, declared) => {
  expect(list(value, declared)).toEqual([]);
});

const misfitting: [string, Shape, Shape, string[]][] = [
  ["another type", string, number, ["wrong"]],
  ["another literal", literal("a"), union(literal("b"), literal("c")), ["wrong"]],
  ["a missing property", object({}), object({ a: string }), ["missing a"]],
  ["an undefined property", object({ a: nothing }), object({ a: string }), ["missing a"]],
  ["an unexpected property", object({ a: string, b: number }), object({ a: string }), ["unexpected b"]],
  ["a wrong value in a record", object({ a: string }), { ...object({}, "open"), values: number }, ["wrong a"]],
  [
    "two faults at depth",
    object({ a: object({ b: string }), c: string }),
    object({ a: object({ b: number }), c: number }),
    ["wrong a.b", "wrong c"],
  ],
  ["no alternative fits", union(string, number), { kind: "boolean" }, ["wrong"]],
  ["a date for a number", date, number, ["wrong"]],
  ["null for text", { kind: "null" }, string, ["wrong"]],
  [
    "a wrong element of a tuple",
    { kind: "tuple", elements: [number, string] },
    { kind: "array", element: number },
    ["wrong 1"],
  ],
  ["a number outside its limits", literal(-1), { kind: "number", minimum: 0 }, ["wrong"]],
  ["a fraction for an integer", literal(1.5), { kind: "number", integer: true }, ["wrong"]],
  ["no address", literal("nobody"), { kind: "string", format: "email" }, ["wrong"]],
  [
    "the meant alternative of a tagged union",
    object({ type: literal("card"), pan: number }),
    union(object({ type: literal("card"), pan: string }), object({ type: literal("cash") })),
    ["wrong pan"],
  ],
];

test.each(misfitting)("does not fit: %s", (_name, value, declared, expected) => {
  expect(list(value, declared)).toEqual(expected);
});
