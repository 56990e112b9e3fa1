import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { compile, createCompiler } from "./index.js";

const root = mkdtempSync(join(tmpdir(), "stepwright-compiler-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const write = (path: string, text: string) => writeFileSync(join(root, path), text);

/** Two files of functions that send to, wait for and invoke each other. */
const define = (id: string, body: string, config = "", trigger = `event: "${id}/asked"`) =>
  `export const ${id} = client.createFunction({ id: "${id}"${config} }, { ${trigger} }, async ({ event, step }) => {
    const { limit } = event.data;
    await step.run("load", () => limit * 2);
    ${body}
  });\n`;
const imports = `import { client } from "./client.js";\n`;
const client = (events: string, options = "") =>
  `import { EventSchemas, Inngest } from "inngest";
   export const client = new Inngest({ id: "app"${options}, schemas: new EventSchemas().fromRecord<{ ${events} }>() });`;
const asked = (more: string) =>
  `"a/asked": { data: { limit: number${more} } }; "b/asked": { data: { limit: number } }; "c/asked": { data: { limit: number } };`;
const send = (name: string, data: string) => `await step.sendEvent("tell", { name: "${name}", data: ${data} });`;
const wait = `await step.waitForEvent("wait", { event: "b/asked", match: "data.limit", timeout: "1h" });`;
const invoke = `await step.invoke("call", { function: b, data: {} });`;
const importB = `import { b } from "./b.js";\n`;

const start = {
  "client.ts": client(asked("")),
  "a.ts": `${imports}${importB}${define("a", send("b/asked", "{ limit }") + invoke)}`,
  "b.ts": `${imports}${define("b", wait)}${define("c", send("a/asked", "{ limit: 1 }"), "", `event: "b/*"`)}`,
};

/** Each is made on top of those before it. */
const edits: readonly [string, keyof typeof start, string][] = [
  ["a comment moves everything", "a.ts", `// first\n${start["a.ts"]}`],
  ["a function is no longer invoked or sent to", "a.ts", `${imports}${define("a", "")}`],
  ["what it sends is of another event", "a.ts", `${imports}${define("a", send("c/asked", "{ limit }"))}`],
  ["data that does not fit", "a.ts", `${imports}${define("a", send("c/asked", `{ limit: "x" }`))}`],
  ["the event that did not fit changes", "client.ts", client(asked("").replaceAll("number", "string"))],
  ["an event gets a field", "client.ts", client(asked("; since: string"))],
  ["an event is no longer declared", "client.ts", client(`"a/asked": { data: { limit: number } };`)],
  ["all fits again", "client.ts", start["client.ts"]],
  [
    "steps that are wrong by themselves",
    "b.ts",
    `${imports}${define("b", `step.run("load", () => 1); const kept = await step.run("keep", () => new Map()); ${wait}`)}`,
  ],
  ["results are kept in another way", "client.ts", client(asked(""), `, serialization: "rich"`)],
  ["an id is taken twice", "b.ts", `${imports}${define("b", wait)}${define("c", "").replace(`id: "c"`, `id: "a"`)}`],
  [
    "a waiver",
    "b.ts",
    `${imports}// stepwright-allow duplicate-step-id: meant\n${define("b", `await step.run("load", () => 1);`)}`,
  ],
  ["an id that is not constant", "b.ts", `${imports}${define("b", wait).replace(`id: "b"`, `id: process.env.ID!`)}`],
  ["a setting that is not constant", "b.ts", `${imports}${define("b", wait, ", retries: Number(process.env.N) as 1")}`],
  ["the id of a function that is invoked", "b.ts", `${imports}${define("b", wait).replace(`id: "b"`, `id: "b2"`)}`],
  ["the invocation comes back", "a.ts", start["a.ts"]],
  ["a policy that is wrong", "b.ts", `${imports}${define("b", wait, `, debounce: { period: "soon" }`)}`],
  [
    "a key of a field that is not there",
    "b.ts",
    `${imports}${define("b", wait, `, concurrency: { limit: 1, key: "event.data.owner" }`)}`,
  ],
  [
    "the event gets the field",
    "client.ts",
    client(asked("").replace(`"b/asked": { data: {`, `"b/asked": { data: { owner: string;`)),
  ],
  ["the field becomes another", "client.ts", client(asked(""))],
  ["they start each other", "b.ts", `${imports}${define("b", send("a/asked", "{ limit }"))}`],
  ["as it was", "b.ts", start["b.ts"]],
];

test("after any edit the compiler says what one that begins anew says", () => {
  write("tsconfig.json", `{"compilerOptions":{"module":"nodenext","strict":true}}`);
  for (const [path, text] of Object.entries(start)) write(path, text);
  const incremental = createCompiler({ project: root });
  expect(incremental.compile()).toEqual(compile({ project: root }));
  const seen = new Set<string>();
  for (const [what, path, text] of edits) {
    write(path, text);
    const found = incremental.compile();
    expect(found, what).toEqual(compile({ project: root }));
    for (const { code } of found.diagnostics) seen.add(code);
  }
  // The edits are of use only while they change what is found.
  expect([...seen].sort()).toEqual([
    "duplicate-function-id",
    "duplicate-step-id",
    "event-cycle",
    "invalid-duration",
    "invalid-expression",
    "opaque-definition",
    "orphan-event",
    "payload-mismatch",
    "unawaited-step",
    "unknown-event",
    "unserializable-step-result",
  ]);
});
