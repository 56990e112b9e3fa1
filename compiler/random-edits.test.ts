import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { historySettings } from "../runtime/testing/histories.js";
import { type Compilation, compile, createCompiler } from "./index.js";

const folder = mkdtempSync(join(tmpdir(), "stepwright-edits-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const define = (id: string, body: string, options = "", trigger = `event: "${id}/asked"`) =>
  `export const ${id} = client.createFunction({ id: "${id}"${options} }, { ${trigger} }, async ({ event, step }) => {
    ${body}
  });\n`;
const events = (owner: string) =>
  ["a", "b", "c"].map((id) => `"${id}/asked": { data: { limit: number; ${owner} } };`).join(" ");
const record = (fields: string) =>
  `import { EventSchemas, Inngest } from "inngest";
   export const client = new Inngest({ id: "app", schemas: new EventSchemas().fromRecord<{ ${fields} }>() });`;
const using = (names: string, from: string) => `import { ${names} } from "./${from}.js";\n`;
const withClient = using("client", "client");
const tell = (name: string, data: string) => `await step.sendEvent("tell", { name: "${name}", data: ${data} });`;

/** What each file may be; null: it is not there. The first is what it is at the beginning. */
const variants: Readonly<Record<string, readonly (string | null)[]>> = {
  "client.ts": [
    record(events("owner: string")),
    record(events("")),
    record(events("owner: string").replace(`"c/asked"`, `"d/asked"`)),
    `import { Inngest } from "inngest"; export const client = new Inngest({ id: "open" });`,
    `import { Inngest } from "inngest"; export const client = new Inngest({ id: process.env.APP! });`,
  ],
  "limits.ts": [
    `export const limit = 2; export const name = "b/asked"; export interface Row { id: string }`,
    `export const limit = "2"; export const name = "b/askde"; export interface Row { id: Date }`,
    `export const limit = Number(process.env.LIMIT); export const name = process.env.NAME!; export type Row = Map<string, number>;`,
    `export { limit, name, type Row } from "./others.js";`,
    null,
  ],
  "others.ts": [
    null,
    `export const limit = 7; export const name = "c/asked"; export interface Row { id: bigint }`,
    `export const limit = 0; export let name = "a/asked"; export interface Row { id: string; at: number }`,
  ],
  "helper.ts": [
    `import type { Row } from "./limits.js"; export const load = async (): Promise<Row> => ({ id: "" }); export const mark = () => 1;`,
    `export const load = async () => new Date(); export const mark = () => Math.random();`,
    `let count = 0; export const load = async () => { count++; return { count }; }; export function mark() { return count; }`,
    `export const load = async () => process.env.REGION ?? "eu"; export const mark = () => process.env.MARK!.length;`,
    `import Stripe from "stripe"; const stripe = new Stripe("k");
     export const load = async () => { await stripe.refunds.create({ charge: "c" }); return 1; }; export const mark = () => Date.now();`,
    `import { wrap } from "./wrap.js"; export const load = wrap(async () => 1); export const mark = wrap(() => Date.now());`,
    `import { Base } from "./wrap.js"; class Late extends Base { override make() { return Date.now(); } }
     export const load = async () => new Base().get(); export const mark = () => new Late().get();`,
    `export { load, mark } from "./deep.js";`,
    null,
  ],
  "wrap.ts": [
    `export const wrap = <R>(make: () => R) => () => make(); export class Base { get() { return this.make(); } make() { return 1; } }`,
    `export const wrap = <R>(make: () => R) => () => { console.log(Math.random()); return make(); };
     export class Base { get() { return this.make() + Math.random(); } make() { return 1; } }`,
  ],
  "deep.ts": [
    `export const load = async (step: any) => step.run("deep", () => 1); export const mark = () => 2;`,
    `export const load = async () => 3n; export const mark = () => crypto.randomUUID();`,
    `// stepwright-allow-file\nexport const load = () => fetch("https://a.test"); export const mark = () => 3;`,
  ],
  "a.ts": [
    `${withClient}${using("b", "b")}${using("load, mark", "helper")}${define("a", `const row = await step.run("load", () => load()); ${tell("b/asked", `{ limit: 1, owner: "o" }`)} await step.invoke("call", { function: b, data: {} }); return row;`)}`,
    `${withClient}${using("load, mark", "helper")}${define("a", `const at = mark(); await load(step as never); await step.run("keep-" + at, () => at); return event.data.owner;`)}`,
    `${withClient}${using("limit, name", "limits")}${define("a", `${tell("c/asked", "{ limit }")} await step.sendEvent("other", { name, data: { limit, owner: "x" } });`, ", concurrency: { limit, key: 'event.data.owner' }")}`,
    `// moves everything\n\n${withClient}${define("b", `await step.run("load", () => 1); await step.run("load", () => 2);`)}`,
    null,
  ],
  "b.ts": [
    `${withClient}${define("b", `await step.waitForEvent("wait", { event: "c/asked", match: "data.owner", timeout: "1h" });`)}`,
    `${withClient}${using("limit, name", "limits")}${define("b", `await step.sleep("pause", limit); ${tell("a/asked", "{ limit: 1, owner: name }")}`, "", `event: name, if: "event.data.limit > 1"`)}`,
    `${withClient}${using("a", "a")}${define("b", `step.run("lost", () => 1); await step.invoke("call", { function: a, data: { limit: 1, owner: "" } });`, ", concurrency: 1")}`,
    `${withClient}${using("mark", "helper")}// stepwright-allow nondeterministic-call: meant\n${define("b", `if (mark() > 1) await step.run("maybe", () => mark());`, "", `cron: "0 3 * * *"`)}`,
  ],
  "c.ts": [
    `${withClient}${define("c", `${tell("a/asked", `{ limit: 1, owner: "c" }`)} return event.data.limit;`)} export const go = () => client.send({ name: "b/asked", data: { limit: 2, owner: "" } });`,
    `${withClient}${using("name", "others")}${define("c", `let kept = 0; await step.run("write", () => { kept = 1; }); return kept;`, "", `event: "b/*"`)} export const go = () => client.send({ name, data: { limit: ambient } });`,
    null,
  ],
  // A script: what it declares is everyone's.
  "ambient.ts": [null, `declare const ambient: number;`, `declare const ambient: Map<string, number>;`],
};

const edit = fc
  .constantFrom(...Object.keys(variants))
  .chain((path) => fc.tuple(fc.constant(path), fc.nat((variants[path]?.length ?? 1) - 1)));

/** Without the folder that it is in. */
function described(compilation: Compilation, root: string): unknown {
  return JSON.parse(JSON.stringify(compilation).replaceAll(root, ""));
}

let folders = 0;

/** A folder of its own for each: nothing that was parsed or kept for another one is taken over. */
function writeAll(files: ReadonlyMap<string, string | null>): string {
  const root = join(folder, String(folders++));
  write(root, "tsconfig.json", `{"compilerOptions":{"module":"nodenext","strict":true,"types":[]}}`);
  for (const [path, text] of files) write(root, path, text);
  return root;
}

function write(root: string, path: string, text: string | null): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  if (text === null) rmSync(file, { force: true });
  else writeFileSync(file, text);
}

test(
  "after any edits in any order the compiler says what one says that has never seen the files",
  { timeout: 300_000 },
  () => {
    const codes = new Set<string>();
    const property = fc.property(fc.array(edit, { minLength: 4, maxLength: 8 }), (edits) => {
      const files = new Map(Object.entries(variants).map(([path, [first]]) => [path, first ?? null]));
      const root = writeAll(files);
      const now = Date.UTC(2026, 0, 1);
      const compiler = createCompiler({ project: root, now });
      compiler.compile();
      for (const [path, variant] of edits) {
        const text = variants[path]?.[variant] ?? null;
        files.set(path, text);
        write(root, path, text);
        const found = compiler.compile();
        for (const { code } of found.diagnostics) codes.add(code);
        const fresh = writeAll(files);
        expect(described(found, root)).toEqual(described(compile({ project: fresh, now }), fresh));
      }
    });
    fc.assert(property, historySettings("random edits", process.env["STEPWRIGHT_HISTORIES"] ? 100 : 10));
    // They are of use only while they change what is found.
    expect(codes.size).toBeGreaterThan(8);
  },
);
