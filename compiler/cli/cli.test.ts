/** The built command line, as a user starts it. `npm test` builds before it tests. */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const entry = join(repository, "dist/bundle/compiler/cli/main.js");

let folder = "";

const right = `import { Stepwright } from "stepwright";

const client = new Stepwright({ id: "shop" });

export const order = client.createFunction({ id: "order" }, { event: "order/paid" }, async ({ step }) => {
  await step.run("ship", () => "shipped");
  await step.run("tell", () => "told");
});
`;
const suspicious = right.replace('"tell"', '"ship"');
const wrong = right.replace("await step.run", "step.run").replace('await step.run("tell"', 'step.run("tell"');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "stepwright-cli-"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(repository, join(folder, "node_modules/stepwright"));
  write("tsconfig.json", JSON.stringify({ compilerOptions: { strict: true, module: "nodenext" }, include: ["src"] }));
  mkdirSync(join(folder, "src"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

function run(args: string[], options: { cwd?: string; node?: string[] } = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...(options.node ?? []), entry, ...args], {
    cwd: options.cwd ?? folder,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test("builds, and ends with what it found and wrote", () => {
  write("src/order.ts", suspicious);
  const { status, stdout } = run(["build"]);
  expect(stdout).toContain("warning[duplicate-step-id]: the step id `ship` is used at two places of one function\n");
  expect(stdout).toMatch(
    /\n\n1 event, 1 function, 2 steps, 1 warning in [\d.]+ m?s → \.stepwright\/\{manifest\.json, client\.ts, app\.ts, app\.mjs\}\n$/,
  );
  expect(status).toBe(0);
  expect(readdirSync(join(folder, ".stepwright")).sort()).toEqual(["app.mjs", "app.ts", "client.ts", "manifest.json"]);
});

test("checks that there are no more warnings than allowed", () => {
  write("src/order.ts", suspicious);
  expect(run(["check"]).status).toBe(0);
  expect(run(["check", "--max-warnings", "1"]).status).toBe(0);
  const { status, stdout, stderr } = run(["check", "--format", "json", "--max-warnings", "0"]);
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ counts: { warning: 1 } });
  expect(stderr).toContain("error: there are more warnings (1) than `--max-warnings 0` allows\n");
  expect(run(["check", "--max-warnings", "few"])).toMatchObject({ status: 2 });
});

test("exits with 1 on errors, and keeps what was built before", () => {
  write("src/order.ts", right);
  expect(run(["build", "--out", "built"]).status).toBe(0);
  const before = readFileSync(join(folder, "built/manifest.json"), "utf8");
  write("src/order.ts", wrong);
  const { status, stdout } = run(["build", "--out", "built"]);
  expect(stdout).toContain("error[unawaited-step]");
  expect(stdout).toMatch(/\n\n2 errors in [\d.]+ m?s; nothing was written to built\n$/);
  expect(status).toBe(1);
  expect(readFileSync(join(folder, "built/manifest.json"), "utf8")).toBe(before);
});

test("takes a project from elsewhere and writes beside its tsconfig", () => {
  write("src/order.ts", right);
  const { status, stdout } = run(["build", "--project", join(folder, "tsconfig.json")], { cwd: tmpdir() });
  expect(stdout).toMatch(/^1 event, 1 function, 2 steps in /);
  expect(status).toBe(0);
  expect(existsSync(join(folder, ".stepwright/manifest.json"))).toBe(true);
});

test("writes diagnostics for programs, and nothing else to the standard output", () => {
  write("src/order.ts", suspicious);
  const json = run(["check", "--format", "json"]);
  expect(JSON.parse(json.stdout)).toMatchObject({
    counts: { warning: 1 },
    diagnostics: [{ code: "duplicate-step-id", span: { file: "src/order.ts", line: 7, column: 18 } }],
  });
  expect(json.stderr).toMatch(/^1 warning in 1 file, /);
  const sarif = JSON.parse(run(["check", "--format", "sarif"]).stdout);
  expect(sarif.runs[0].results[0].ruleId).toBe("duplicate-step-id");
  const github = run(["check", "--format", "github"]).stdout;
  expect(github).toMatch(
    /^::warning file=src\/order\.ts,line=7,endLine=7,col=18,endColumn=24,title=duplicate-step-id::/,
  );
});

test("names files as they are seen from the working directory", () => {
  write("src/order.ts", suspicious);
  const { stdout } = run(["check", "--project", "../tsconfig.json"], { cwd: join(folder, "src") });
  expect(stdout).toContain(" ┌─ order.ts:7:18\n");
  expect(stdout).toContain('7│   await step.run("ship", () => "told");\n');
});

test("check writes no file", () => {
  write("src/order.ts", right);
  const { status, stdout } = run(["check"]);
  expect(stdout).toMatch(/^nothing to report in 1 file, /);
  expect(status).toBe(0);
  expect(existsSync(join(folder, ".stepwright"))).toBe(false);
});

test.each<[string, string[], RegExp]>([
  ["a project that is not there", ["build", "--project", "nowhere.json"], /^error: .*nowhere\.json.* does not exist/],
  ["a folder without sources", ["build"], /^error: .*tsconfig\.json: No inputs were found/],
  ["an unknown option", ["build", "--fast"], /^error: unknown option '--fast'/],
  ["an unknown format", ["build", "--format", "xml"], /Allowed choices are text, json, sarif, github/],
  ["an unknown command", ["biuld"], /unknown command 'biuld'\n\(Did you mean build\?\)/],
  ["an unknown code", ["explain", "duplicate-stepid"], /did you mean `duplicate-step-id`\?/],
])("exits with 2 on %s", (_name, args, message) => {
  const { status, stdout, stderr } = run(args);
  expect(stderr).toMatch(message);
  expect(stdout).toBe("");
  expect(status).toBe(2);
});

test("exits with 2 on a tsconfig that is not JSON", () => {
  write("src/order.ts", right);
  write("tsconfig.json", '{ "include": ["src" ');
  const { status, stderr } = run(["build"]);
  expect(stderr).toMatch(/^error: .*tsconfig\.json: /);
  expect(status).toBe(2);
});

test("explains a code, and lists all without one", () => {
  expect(run(["explain", "nested-step"]).stdout).toMatch(/^# nested-step\n[^]*## ❌ Wrong\n/);
  expect(run(["explain"]).stdout).toMatch(/^unused-waiver +warning +a waiver that waives nothing$/m);
});

test("has help for the program and for each command", () => {
  expect(run(["--help"]).stdout).toMatch(/build .*check the application and write/);
  expect(run(["build", "--help"]).stdout).toContain("--project <tsconfig>");
  expect(run(["help", "build"]).stdout).toContain("--out <folder>");
  expect(run([]).status).toBe(0);
});

test.each([
  [["explain", "nested-step"], "chunks/explain-"],
  [["build", "--help"], "chunks/build-"],
  // Nobody listens there, so the command goes as far as it can.
  [["send", "order/paid", "--data", "{}", "--url", "http://127.0.0.1:9"], "chunks/send-"],
])("%s loads neither compiler nor engine", (args, own) => {
  const hooks =
    "export async function resolve(specifier, context, next) {" +
    " const found = await next(specifier, context); process._rawDebug(found.url); return found; }";
  const tracer = `import { register } from "node:module"; register("data:text/javascript," + ${JSON.stringify(encodeURIComponent(hooks))});`;
  const node = ["--import", `data:text/javascript,${encodeURIComponent(tracer)}`];
  const { stderr } = run(args, { node });
  expect(stderr).toContain(own);
  expect(stderr).not.toMatch(/ts-morph|esbuild|sqlite|fastify/);
  const chunks = [...stderr.matchAll(/^file:.*dist\/bundle\/.*$/gm)].map(([url]) => readFileSync(new URL(url), "utf8"));
  // what esbuild writes above each module that it has put into a chunk
  expect(chunks.join("\n")).toMatch(/^\/\/ dist\/(compiler|runtime)\/cli\//m);
  expect(chunks.join("\n")).not.toMatch(/^\/\/ dist\/(runtime\/engine\/\d-|compiler\/phases\/)/m);
});

test("shows what a migration would change, makes it, and has nothing to do then", () => {
  write("src/order.ts", right);
  const shown = run(["migrate"]);
  expect(shown.stdout).toContain("--- a/src/order.ts\n+++ b/src/order.ts\n@@ ");
  expect(shown.stdout).toContain(
    '+export const order = client.createFunction({ id: "order", triggers: [{ event: "order/paid" }] }',
  );
  expect(shown.stderr).toBe("1 definition, 1 file would change; `--write` makes the changes\n");
  expect(shown.status).toBe(0);
  expect(readFileSync(join(folder, "src/order.ts"), "utf8")).toBe(right);

  const made = run(["migrate", "--write"]);
  expect(made.stderr).toBe("1 definition, 1 file changed\n");
  expect(run(["migrate"])).toMatchObject({ status: 0, stdout: "", stderr: "1 definition, 0 files would change\n" });
  expect(run(["check"]).status).toBe(0);
});

test("names what a migration cannot change, and exits with 1", () => {
  const trigger = 'const trigger: { event: string } | { event: string }[] = JSON.parse("[]");\n\nexport const order';
  write(
    "src/order.ts",
    right.replace("export const order", trigger).replace('{ event: "order/paid" }, async', "trigger, async"),
  );
  const { status, stdout, stderr } = run(["migrate"]);
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toMatch(/^left: src\/order\.ts:7:61: kept-definition: `trigger` can be one trigger or a list\n/);
});

test("what reads a build finds it where `stepwright.config.ts` says that it goes", () => {
  write("src/order.ts", right);
  write(
    "stepwright.config.ts",
    `import { defineConfig } from "stepwright/config"; export default defineConfig({ out: "built" });`,
  );
  expect(run(["build"]).status).toBe(0);
  expect(run(["diff", "built/manifest.json"])).toMatchObject({ status: 0, stderr: "" });
  expect(run(["graph", "order"]).stdout).toContain("ship");
  rmSync(join(folder, "built/app.mjs"));
  expect(run(["start"])).toMatchObject({ status: 1, stderr: expect.stringContaining("there is no `built/app.mjs`") });
  expect(run(["start", "--app", "other.mjs"]).stderr).toContain("there is no `other.mjs`");
});
