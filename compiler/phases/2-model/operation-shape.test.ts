import { expect, test } from "vitest";
import { toJsonSchema } from "./json-schema.js";
import { modelOf } from "./model-of.test.program.js";

const main = (expression: string) => `import { EventSchemas, Inngest } from "inngest";
interface Data { n: number; s: string; big: number | string; maybe: string | null; other?: number; in: { deep: number } }
const client = new Inngest({ id: "app", schemas: new EventSchemas().fromRecord<{ e: { data: Data }; f: { data: Data } }>() });
export const f = client.createFunction({ id: "f" }, { event: "e" }, async ({ event, step }) => {
  const { n, s, big, maybe, other } = event.data;
  const reply = await step.waitForEvent("wait", { event: "f", timeout: "1d" });
  return { value: ${expression} };
});`;

const text = { type: "string" };
const number = { type: "number" };
const boolean = { type: "boolean" };

/** All are what the type checker says as well. */
test.each<[string, unknown]>([
  ["n * 2", number],
  ["n - event.data.in.deep", number],
  ["n + 1", number],
  ["n + s", text],
  ["s + other", text],
  ["`${n}` + big", text],
  ["2n * 3n", undefined],
  ["n > 1", boolean],
  ["reply !== null", boolean],
  ["maybe ?? s", text],
  ["maybe ?? null", { anyOf: [{ type: "null" }, text] }],
  ["reply?.data.n ?? n", number],
  ["reply?.data.n ?? s", { anyOf: [text, number] }],
])("%s", (expression, schema) => {
  const [f] = modelOf({ "main.ts": main(expression) }).functions;
  const output = f?.handler?.output;
  const value = output?.kind === "object" ? output.properties.find(({ name }) => name === "value") : undefined;
  expect(value?.optional).toBe(false);
  const found = value && value.shape.kind !== "special" ? toJsonSchema(value.shape) : undefined;
  expect(found).toEqual(schema);
});

test("what an optional chain does not reach is undefined", () => {
  const [f] = modelOf({ "main.ts": main("reply?.data.n") }).functions;
  expect(JSON.stringify(f?.handler?.output)).toContain("undefined");
});
