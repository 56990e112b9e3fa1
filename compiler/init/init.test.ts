import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";

import { TestEnvironment } from "../../runtime/testing/test-environment.js";
import { compile } from "../index.js";
import { emit } from "../phases/5-emit/emit.js";
import { planInit } from "./plan-init.js";
import { listTsconfigAdvice } from "./tsconfig-advice.js";

// Inside the repository, where the package resolves to itself.
const parent = fileURLToPath(new URL("../../fixtures/", import.meta.url));
let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(parent, ".init-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Writes what is planned, as the command does; gives what it says. */
async function init(): Promise<string[]> {
  const planned = planInit(root, "1.2.3");
  if (!planned.ok) throw new Error(planned.problem);
  for (const { file, after } of planned.plan.writes) {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await writeFile(path.join(root, file), after);
  }
  return [
    ...planned.plan.writes.map(({ file, before, what }) => `${before === null ? "new" : "more"} ${file}: ${what}`),
    ...planned.plan.kept.map((file) => `kept ${file}`),
  ];
}

const read = (file: string): Promise<string> => readFile(path.join(root, file), "utf8");

it.each([
  ["an empty folder", null],
  ["a project of ES modules", { name: "@acme/my shop", type: "module" }],
  ["a project in CommonJS", { name: "shop" }],
])("%s gets a function that builds and runs, and the second time nothing", async (_what, json) => {
  if (json) await writeFile(path.join(root, "package.json"), JSON.stringify(json));
  const said = await init();
  expect(said).toHaveLength(5);
  expect(await init()).toEqual(["kept tsconfig.json", "kept src/stepwright/client.ts", "kept src/stepwright/hello.ts"]);
  expect(JSON.parse(await read("package.json"))).toMatchObject(json ?? { type: "module" });

  const { manifest, diagnostics } = compile({ project: root });
  expect(diagnostics).toEqual([]);
  if (!manifest) throw new Error("there is no manifest");
  const outDir = path.join(root, ".stepwright");
  await emit(manifest, { root, outDir, tsconfig: path.join(root, "tsconfig.json") });
  expect(await readdir(outDir)).toContain("app.mjs");

  const { hello } = await import(path.join(root, "src/stepwright/hello.ts"));
  await using t = await TestEnvironment.start({ functions: [hello] });
  await t.send({ name: "app/hello.said", data: { name: "Ada" } });
  await t.advance("10s");
  expect(await t.result(hello)).toBe("Hello, Ada!");
});

it("only adds to what is there", async () => {
  const before = `{\n\t"name": "shop",\n\t"scripts": {\n\t\t"stepwright:dev": "mine"\n\t},\n\t"dependencies": {\n\t\t"stepwright": "*"\n\t}\n}\n`;
  await writeFile(path.join(root, "package.json"), before);
  await writeFile(path.join(root, ".gitignore"), "dist");
  await mkdir(path.join(root, "src/stepwright"), { recursive: true });
  await writeFile(path.join(root, "src/stepwright/client.ts"), "mine");
  expect(await init()).toEqual([
    "more package.json: `stepwright:check`, `stepwright:build`, `stepwright:start`",
    "new tsconfig.json: TypeScript's settings",
    "new src/stepwright/hello.ts: a function with two steps",
    "more .gitignore: `.stepwright/`, which builds write",
    "kept src/stepwright/client.ts",
  ]);
  expect(await read("src/stepwright/client.ts")).toBe("mine");
  expect(await read(".gitignore")).toBe("dist\n.stepwright/\n");
  expect(await read("package.json")).toBe(`{
\t"name": "shop",
\t"scripts": {
\t\t"stepwright:dev": "mine",
\t\t"stepwright:check": "stepwright check",
\t\t"stepwright:build": "stepwright build",
\t\t"stepwright:start": "stepwright start"
\t},
\t"dependencies": {
\t\t"stepwright": "*"
\t}
}
`);
});

it.each([
  ["{", /^package\.json cannot be read: /],
  [`{"scripts": 7}`, /^package\.json: `scripts` is not as npm writes it$/],
])("a package.json that is none is left alone: %s", async (text, problem) => {
  await writeFile(path.join(root, "package.json"), text);
  expect(planInit(root, "1.2.3")).toEqual({ ok: false, problem: expect.stringMatching(problem) });
});

it("says what a tsconfig that is there lacks", async () => {
  await writeFile(path.join(root, "tsconfig.json"), `{"include": ["lib"]}`);
  await init();
  expect(listTsconfigAdvice(root, ["src/stepwright/hello.ts"])).toEqual([
    'tsconfig.json: add "src/stepwright/hello.ts" to `include`',
    "tsconfig.json: set `strict`: without it the types of events are not checked",
  ]);
  expect(await read("tsconfig.json")).toBe(`{"include": ["lib"]}`);
});
