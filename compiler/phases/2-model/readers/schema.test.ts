import { expect, test } from "vitest";
import { modelOf } from "../model-of.test.program.js";

const schemaOf = (schema: string, before = "") =>
  modelOf({
    "a.ts": `import { eventType, staticSchema } from "inngest"; import { z } from "zod"; ${before} export const e = eventType("e", { schema: ${schema} });`,
  }).events[0]?.schema;

test.each<[string, unknown]>([
  [
    "z.object({ id: z.string().uuid(), n: z.number().int().min(1).optional() })",
    {
      type: "object",
      properties: { id: { type: "string", format: "uuid" }, n: { type: "integer", minimum: 1 } },
      required: ["id"],
    },
  ],
  [
    "z.strictObject({ a: z.email() })",
    {
      type: "object",
      properties: { a: { type: "string", format: "email" } },
      required: ["a"],
      additionalProperties: false,
    },
  ],
  [
    "z.object({ a: z.enum(['x', 'y']).default('x') }).strict()",
    { type: "object", properties: { a: { enum: ["x", "y"] } }, additionalProperties: false },
  ],
  [
    "z.object({ a: z.array(z.coerce.number()).nonempty() }).extend({ b: z.null() }).omit({ a: true })",
    { type: "object", properties: { b: { type: "null" } }, required: ["b"] },
  ],
  [
    "z.record(z.string(), z.boolean())",
    { type: "object", propertyNames: { type: "string" }, additionalProperties: { type: "boolean" } },
  ],
  [
    "z.discriminatedUnion('k', [z.object({ k: z.literal('a') }), z.object({ k: z.literal('b') })])",
    {
      anyOf: [
        { type: "object", properties: { k: { const: "a" } }, required: ["k"] },
        { type: "object", properties: { k: { const: "b" } }, required: ["k"] },
      ],
    },
  ],
  [
    "z.object({ at: z.date(), maybe: z.string().nullable() })",
    {
      type: "object",
      properties: {
        at: { type: "string", format: "date-time" },
        maybe: { anyOf: [{ type: "string" }, { type: "null" }] },
      },
      required: ["at", "maybe"],
    },
  ],
  [
    "staticSchema<{ a: string; b?: number | null; c: ('x' | 'y')[]; d: Record<string, boolean> }>()",
    {
      type: "object",
      properties: {
        a: { type: "string" },
        b: { anyOf: [{ type: "null" }, { type: "number" }] },
        c: { type: "array", items: { enum: ["x", "y"] } },
        d: { type: "object", additionalProperties: { type: "boolean" } },
      },
      required: ["a", "c", "d"],
    },
  ],
])("%s", (schema, expected) => {
  expect(JSON.parse(JSON.stringify(schemaOf(schema)))).toEqual(expected);
});

test("schemas are followed across modules; what cannot be read is unknown", () => {
  expect(schemaOf("z.object({ a: base })", "const base = z.string().max(5);")).toMatchObject({
    properties: { a: { maxLength: 5 } },
  });
  expect(schemaOf("makeSchema()", `import { makeSchema } from "gone";`)).toBeNull();
});

test("EventSchemas: records and unions of types, zod by name and by literal", () => {
  const { events, clients } = modelOf({
    "a.ts": `import { EventSchemas, Inngest } from "inngest"; import { z } from "zod";
      type Rec = { "a/one": { data: { x: number } }; "a/two": { data: { y?: string } } };
      type One = { name: "b/one"; data: { z: boolean } };
      export const client = new Inngest({ id: "app", schemas: new EventSchemas().fromRecord<Rec>().fromUnion<One | { name: "b/two"; data: {} }>().fromZod({ "c/one": { data: z.object({ q: z.string() }) } }).fromZod([z.object({ name: z.literal("d/one"), data: z.object({}) })]) });`,
  });
  expect(clients[0]?.events).toBe("closed");
  expect(events.map(({ name, declared }) => `${name} ${declared}`)).toEqual([
    "a/one type",
    "a/two type",
    "b/one type",
    "b/two type",
    "c/one schema",
    "d/one schema",
  ]);
  expect(events[0]?.schema).toMatchObject({ properties: { x: { type: "number" } }, required: ["x"] });
});
