/** From a TypeScript type to what the runtime accepts: a type that holds itself is checked as deep as the data goes. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { defineApp } from "../runtime/codegen/define-app.js";
import { createMemoryStore } from "../runtime/store/memory/memory-store.js";
import { TestEngine } from "../runtime/testing/test-engine.js";
import { compile } from "./index.js";

const repository = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "stepwright-recursive-"));

const program = `
import { EventSchemas, eventType, Stepwright, staticSchema } from "stepwright";

interface Tree { id: string; kids: Tree[] }
interface Link { value: number; next: Link | null; before?: Link }
type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
interface Department { head: Person; parts: Department[] }
interface Person { name: string; leads?: Department }
type Maybe = { more: Maybe } | undefined;

export const client = new Stepwright({
  id: "app",
  schemas: new EventSchemas().fromRecord<{
    tree: { data: Tree };
    links: { data: { first: Link; last?: Link } };
    both: { data: { tree: Tree; department: Department } };
  }>(),
});
export const json = eventType("json", { schema: staticSchema<{ value: Json }>() });
export const department = eventType("department", { schema: staticSchema<Department>() });
export const maybe = eventType("maybe", { schema: staticSchema<{ maybe: Maybe }>() });
`;

let engine: TestEngine;
beforeAll(async () => {
  writeFileSync(join(folder, "events.ts"), program);
  const paths = { stepwright: [join(repository, "runtime/define/index.ts")] };
  const compilerOptions = { module: "nodenext", strict: true, skipLibCheck: true, types: [], paths };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["events.ts"] }));
  const { manifest } = compile({ project: folder });
  const app = defineApp({ manifest: JSON.parse(JSON.stringify(manifest)), declarations: [], expressions: [] });
  engine = await TestEngine.start({ app, store: createMemoryStore() });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const leaf = { id: "leaf", kids: [] };
const person = { name: "Ada" };

test.each<[name: string, data: object, problem: RegExp | null]>([
  ["tree", { id: "1", kids: [{ id: "2", kids: [leaf] }] }, null],
  ["tree", { id: "1", kids: [{ id: "2", kids: [{ id: 3, kids: [] }] }] }, /kids/],
  ["tree", { id: "1", kids: [{ id: "2", kids: [{ id: "3" }] }] }, /kids/],
  ["links", { first: { value: 1, next: { value: 2, next: { value: 3, next: null } } } }, null],
  ["links", { first: { value: 1, next: { value: 2, next: { value: "3", next: null } } } }, /next/],
  ["links", { first: { value: 1, next: null, before: { value: 2, next: {} } } }, /before/],
  ["json", { value: [{ a: [1, "x", null, { b: [true] }] }] }, null],
  [
    "department",
    { head: person, parts: [{ head: { ...person, leads: { head: person, parts: [] } }, parts: [] }] },
    null,
  ],
  ["department", { head: person, parts: [{ head: person, parts: [{ head: {}, parts: [] }] }] }, /parts/],
  ["department", { head: { name: "Ada", leads: { head: { name: 1 }, parts: [] } }, parts: [] }, /leads/],
  ["both", { tree: leaf, department: { head: person, parts: [] } }, null],
  ["both", { tree: { id: "1", kids: [{ id: 2, kids: [] }] }, department: { head: person, parts: [] } }, /kids/],
  ["maybe", { maybe: { more: { more: {} } } }, null],
  ["maybe", { maybe: { more: { more: 1 } } }, /more/],
])("%s %j", async (name, data, problem) => {
  const sent = engine.engine.send([{ name, data }]);
  if (problem === null) await expect(sent).resolves.toBeDefined();
  else await expect(sent).rejects.toThrow(problem);
});
