/** The plug-in in a language service of TypeScript, over a project on the disk whose open files are not saved. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { ts } from "ts-morph";
import { afterAll, expect, test } from "vitest";

import { listDiagnosticCodes } from "../diagnostics/codes.js";
import type { Compilation } from "../index.js";
import { openCompiler } from "./editor-compiler.js";
import { codeNumber, movePlace } from "./findings.js";
import { createPlugin } from "./plugin.js";
import type { OpenCompiler } from "./project-check.js";

const parent = realpathSync(mkdtempSync(join(tmpdir(), "stepwright-plugin-"))).replaceAll("\\", "/");
afterAll(() => rmSync(parent, { recursive: true, force: true }));

const packageFiles = {
  "node_modules/stepwright/package.json": `{ "name": "stepwright", "version": "1.0.0", "types": "index.d.ts" }`,
  "node_modules/stepwright/index.d.ts": `
    export declare class Stepwright {
      constructor(options: { id: string });
      createFunction(config: object, ...more: unknown[]): object;
      send(event: unknown): Promise<unknown>;
    }
    export declare function eventType(name: string): { event: string };`,
  "tsconfig.json": `{ "compilerOptions": { "module": "nodenext", "target": "es2022", "strict": true, "types": [] } }`,
};
const client = `
import { eventType, Stepwright } from "stepwright";
export const shop = new Stepwright({ id: "shop" });
export const placed = eventType("order/placed");
export const paid = eventType("order/paid");
`;
const define = (body: string, trigger = "order/placed") => `
import { shop } from "./client.js";
export const ship = shop.createFunction(
  { id: "ship", triggers: [{ event: "${trigger}" }] },
  async ({ step }: { step: any }) => {
    ${body}
  },
);
export const pay = (other: { send(event: unknown): void }) => shop.send({ name: "order/placed", data: {} });
`;

let projects = 0;

/** An editor: what is typed stays in memory; the checks that the plug-in has put off run when `settle` is called. */
function openEditor(files: Record<string, string>, open: OpenCompiler = openCompiler) {
  const root = `${parent}/${(projects += 1)}`;
  for (const [path, text] of Object.entries({ ...packageFiles, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const typed = new Map<string, { text: string; version: number }>();
  let version = 0;
  const read = (path: string) => typed.get(path)?.text ?? ts.sys.readFile(path);
  const host: ts.LanguageServiceHost = {
    getCompilationSettings: () => ({ module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022, types: [] }),
    getScriptFileNames: () => Object.keys(files).map((path) => `${root}/${path}`),
    getScriptVersion: (path) => String(typed.get(path)?.version ?? 0),
    getScriptSnapshot(path) {
      const text = read(path);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => root,
    getDefaultLibFileName: () => "/lib.d.ts",
    fileExists: ts.sys.fileExists,
    readFile: read,
  };
  let waiting: (() => Promise<void>)[] = [];
  const seen = { refreshes: 0, compiles: 0, log: [] as string[] };
  const plugin = createPlugin(ts, {
    async openCompiler(...project) {
      const compile = await open(...project);
      return () => {
        seen.compiles += 1;
        return compile();
      };
    },
    schedule(task) {
      waiting.push(task);
      return () => void (waiting = waiting.filter((each) => each !== task));
    },
  });
  const own = ts.createLanguageService(host);
  const info = {
    languageService: own,
    languageServiceHost: host,
    config: {},
    project: {
      getProjectName: () => `${root}/tsconfig.json`,
      refreshDiagnostics: () => void (seen.refreshes += 1),
      projectService: { logger: { info: (line: string) => void seen.log.push(line) } },
    },
  };
  // Of a project, which only a running tsserver has, this is all that the plug-in asks for.
  const service = plugin.create(info as unknown as ts.server.PluginCreateInfo);
  const at = (path: string) => `${root}/${path}`;
  return {
    own,
    service,
    seen,
    at,
    pending: () => waiting.length,
    type(path: string, text: string) {
      typed.set(at(path), { text, version: (version += 1) });
    },
    async settle() {
      const tasks = waiting;
      waiting = [];
      await Promise.all(tasks.map((task) => task()));
    },
    /** Each finding with the text that it underlines. */
    findings: (path: string) =>
      service
        .getSemanticDiagnostics(at(path))
        .filter(({ source }) => source === "stepwright")
        .map(({ file, start = 0, length = 0, ...rest }) => ({
          ...rest,
          under: file?.text.slice(start, start + length),
        })),
    /** What is offered where the text has `|`, which is typed without it. */
    complete(path: string, marked: string) {
      const position = marked.indexOf("|");
      this.type(path, marked.replace("|", ""));
      return service.getCompletionsAtPosition(at(path), position, undefined);
    },
  };
}

const twice = `await step.run("pack", () => 1);\n    await step.run("pack", () => 2);`;
const once = `await step.run("pack", () => 1);`;

test("a finding is at its place, beside the host's own, until an edit that is not saved removes it", async () => {
  const editor = openEditor({ "client.ts": client, "ship.ts": define(`${twice}\n    const wrong: number = "x";`) });
  expect(editor.findings("ship.ts")).toEqual([]);
  expect(editor.seen.compiles).toBe(0);
  await editor.settle();
  expect(editor.seen).toMatchObject({ refreshes: 1, compiles: 1, log: [] });
  const [finding, ...others] = editor.findings("ship.ts");
  expect(others).toEqual([]);
  expect(finding).toMatchObject({
    under: `"pack"`,
    category: ts.DiagnosticCategory.Warning,
    code: codeNumber("duplicate-step-id"),
    messageText: expect.stringMatching(/^.*`pack`.* \[duplicate-step-id\]\nhelp: /s),
    relatedInformation: [{ messageText: expect.stringContaining("first") }],
  });
  const all = editor.service.getSemanticDiagnostics(editor.at("ship.ts"));
  expect(all.length).toBe(editor.own.getSemanticDiagnostics(editor.at("ship.ts")).length + 1);
  expect(all.map(({ code }) => code)).toContain(2322);

  editor.type("ship.ts", define(once));
  expect(editor.findings("ship.ts")).toEqual([]);
  await editor.settle();
  expect(editor.findings("ship.ts")).toEqual([]);
  editor.type("ship.ts", define(twice));
  editor.findings("ship.ts");
  await editor.settle();
  expect(editor.findings("ship.ts")).toHaveLength(1);
  expect(readFileSync(editor.at("ship.ts"), "utf8")).toContain("wrong");
});

test("an unchanged project is not compiled again, and until the next check findings move with the text", async () => {
  const editor = openEditor({ "client.ts": client, "ship.ts": define(twice) });
  for (const path of ["ship.ts", "client.ts", "ship.ts"]) editor.findings(path);
  expect(editor.pending()).toBe(1);
  await editor.settle();
  for (const path of ["ship.ts", "client.ts", "ship.ts"]) editor.findings(path);
  expect(editor.pending()).toBe(0);
  editor.type("ship.ts", `// a line more\n${define(twice)}`);
  expect(editor.findings("ship.ts")).toMatchObject([{ under: `"pack"` }]);
  editor.type("ship.ts", `// and one more\n// a line more\n${define(twice)}`);
  expect(editor.findings("ship.ts")).toMatchObject([{ under: `"pack"` }]);
  expect(editor.pending()).toBe(1);
  expect(editor.seen.compiles).toBe(1);
  editor.service.dispose();
  expect(editor.pending()).toBe(0);
});

test.each([
  ["in front", 2, { start: 2, length: 3 }],
  ["behind", 20, { start: 22, length: 3 }],
  ["in it", 9, null],
])("a place %s of what is typed", (_where, start, expected) => {
  const before = "0123456789abcdefghijklmnopqrstuvwxyz";
  expect(movePlace({ start, length: 3 }, before, `${before.slice(0, 10)}--${before.slice(10)}`)).toEqual(expected);
});

const around: readonly [string, string, boolean][] = [
  ["a trigger", define(once, "|"), true],
  ["a trigger that is begun", define(once, "order/|"), true],
  [
    "a trigger in the form of v3",
    define(once).replace("ship.create", "") + `shop.createFunction({ id: "b" }, { event: "|" }, f);`,
    true,
  ],
  ["cancelOn", `${define(once)} shop.createFunction({ id: "b", cancelOn: [{ event: "|" }] }, f);`, true],
  ["a wait", define(`await step.waitForEvent("w", { event: "|", timeout: "1h" });`), true],
  ["sendEvent", define(`await step.sendEvent("s", { name: '|', data: {} });`), true],
  ["a list for sendEvent", define(`await step.sendEvent("s", [{ name: "order/paid" }, { name: "|" }]);`), true],
  ["a client's send", define(once).replace(`name: "order/placed"`, `name: "|"`), true],
  ["a string without an end", define(`await step.waitForEvent("w", { event: "ord|\n`), true],
  [
    "somebody else's send",
    define(once).replace("shop.send", "other.send").replace(`name: "order/placed"`, `name: "|"`),
    false,
  ],
  ["an event's data", define(`await step.sendEvent("s", { name: "order/paid", data: { name: "|" } });`), false],
  ["an id", define(`await step.run("|", () => 1);`), false],
  ["behind the quotes", define(`await step.waitForEvent("w", { event: "order/paid"| });`), false],
];

test("names of events are offered where one is written, and nowhere else", async () => {
  const editor = openEditor({ "client.ts": client, "ship.ts": define(once) });
  editor.findings("ship.ts");
  await editor.settle();
  for (const [where, marked, offered] of around) {
    const entries = editor.complete("ship.ts", marked)?.entries ?? [];
    const names = entries.map(({ name }) => name).filter((name) => name.startsWith("order/"));
    expect(names, where).toEqual(offered ? ["order/paid", "order/placed"] : []);
  }
});

test("what is offered replaces the literal, and stands beside the host's entries, none twice", async () => {
  const editor = openEditor({ "client.ts": client, "ship.ts": define(once) });
  editor.findings("ship.ts");
  await editor.settle();
  const begun = define(once).replace(
    `{ event: "order/placed" }`,
    `{ event: "order/p|" } satisfies { event: "order/paid" | "order/other" }`,
  );
  const entries = editor.complete("ship.ts", begun)?.entries ?? [];
  expect(entries.map(({ name }) => name).sort()).toEqual(["order/other", "order/paid", "order/placed"]);
  const start = begun.indexOf("order/p|");
  expect(entries.find(({ name }) => name === "order/placed")?.replacementSpan).toEqual({ start, length: 7 });
});

test("names stay while there are errors, and those declared since then come", async () => {
  const editor = openEditor({ "client.ts": client, "ship.ts": define(once) });
  editor.findings("ship.ts");
  await editor.settle();
  editor.type("client.ts", `${client}export const late = eventType("order/late");`);
  editor.type("ship.ts", define(twice));
  editor.findings("ship.ts");
  await editor.settle();
  const names = editor.complete("ship.ts", define(twice, "|"))?.entries.map(({ name }) => name);
  expect(names).toEqual(["order/late", "order/paid", "order/placed"]);
});

test("when the compiler fails the host's answers stay, and the next change begins anew", async () => {
  let faults = 0;
  const failing: OpenCompiler = async (...project) => {
    const compile = await openCompiler(...project);
    return (): Compilation => {
      if ((faults += 1) === 2) throw new Error("internal error");
      return compile();
    };
  };
  const editor = openEditor({ "client.ts": client, "ship.ts": define(twice) }, failing);
  const file = editor.at("ship.ts");
  editor.findings("ship.ts");
  await editor.settle();
  expect(editor.findings("ship.ts")).toHaveLength(1);
  editor.type("ship.ts", `${define(twice)}// once more`);
  editor.findings("ship.ts");
  await editor.settle();
  expect(editor.seen.log).toEqual([expect.stringContaining("stepwright: Error: internal error")]);
  expect(editor.service.getSemanticDiagnostics(file)).toEqual(editor.own.getSemanticDiagnostics(file));
  expect(editor.pending()).toBe(0);
  editor.type("ship.ts", define(twice));
  editor.findings("ship.ts");
  await editor.settle();
  expect(editor.findings("ship.ts")).toHaveLength(1);
});

test("a configuration that is wrong is logged; its levels count", async () => {
  const configured = (config: string) =>
    openEditor({
      "client.ts": client,
      "ship.ts": define(`void step.run("a", () => 1);`),
      "stepwright.config.ts": config,
    });
  const wrong = configured(`export default { rules: { "no-such": "off" } };`);
  wrong.findings("ship.ts");
  await wrong.settle();
  expect(wrong.findings("ship.ts")).toEqual([]);
  expect(wrong.seen.log.join()).toContain("stepwright.config.ts: ");
  const usual = configured(`export default {};`);
  usual.findings("ship.ts");
  await usual.settle();
  expect(usual.findings("ship.ts")).toMatchObject([{ category: ts.DiagnosticCategory.Error }]);
  const lower = configured(`export default { rules: { "unawaited-step": "warning" } };`);
  lower.findings("ship.ts");
  await lower.settle();
  expect(lower.findings("ship.ts")).toMatchObject([{ category: ts.DiagnosticCategory.Warning }]);
});

test("each code has a number of its own, the same in every version", () => {
  const codes = listDiagnosticCodes();
  expect(new Set(codes.map(codeNumber)).size).toBe(codes.length);
  expect(codeNumber("duplicate-step-id")).toBe(928_991);
});
