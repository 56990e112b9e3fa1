import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openSource, type Source } from "../1-source/open-source.js";
import { readProjectConfig } from "../1-source/project-config.js";
import { buildModel } from "./build-model.js";
import { createFacts } from "./facts.js";
import { prelude } from "./model-of.test.program.js";

const root = mkdtempSync(join(tmpdir(), "stepwright-facts-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const write = (path: string, text: string) => writeFileSync(join(root, path), text);

test("after any edit the model is the same as if it were read anew", () => {
  write("tsconfig.json", `{"compilerOptions":{"module":"nodenext","strict":true}}`);
  write("client.ts", `${prelude} export { client };`);
  write("limits.ts", `export const limit = 1; export interface Row { a: string }`);
  write(
    "helper.ts",
    `import type { Row } from "./limits.js"; export const load = async (): Promise<Row> => ({ a: "" });`,
  );
  const define = (id: string, body: string, more = "") =>
    `import { client } from "./client.js"; import { limit } from "./limits.js"; import { load } from "./helper.js"; ${more}
     export const ${id} = client.createFunction({ id: "${id}", concurrency: limit }, { event: "e" }, async ({ event, step }) => { ${body} });`;
  const send = `const row = await step.run("load", () => load()); await step.sendEvent("s", { name: "x", data: row });`;
  write("a.ts", define("a", `${send} await step.invoke("i", { function: b });`, `import { b } from "./b.js";`));
  write("b.ts", define("b", send) + `\nexport const go = () => client.send({ name: "y", data: { n: 1 } });`);
  const edits: [string, string][] = [
    ["b.ts", define("b", `await step.run("other", () => 1);`)],
    ["limits.ts", `export const limit = 7; export interface Row { a: Date; b: number }`],
    [
      "a.ts",
      `${define("first", send)}\n${define("a", `${send} await step.invoke("i", { function: b });`, `import { b } from "./b.js";`).split("\n").slice(1).join("\n")}\nimport { b } from "./b.js";`,
    ],
    [
      "client.ts",
      `import { EventSchemas, Inngest } from "inngest"; export const client = new Inngest({ id: "other", schemas: new EventSchemas().fromRecord<{ e: { data: { n: number } } }>() });`,
    ],
    ["c.ts", define("c", send)],
    ["helper.ts", `export const load = async () => new Date();`],
  ];
  const facts = createFacts();
  let previous: Source | undefined;
  const read = () => {
    previous = openSource(readProjectConfig(root, undefined), previous);
    return buildModel(previous, facts);
  };
  const before = read();
  expect(read().functions.map((fn, index) => fn === before.functions[index])).toEqual([true, true]);
  for (const [path, text] of edits) {
    write(path, text);
    expect(read(), path).toEqual(buildModel(openSource(readProjectConfig(root, undefined))));
  }
});
