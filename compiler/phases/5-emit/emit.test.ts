import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { manifestVersion, type Manifest } from "../../../runtime/manifest/manifest.js";
import { createEmitter, emit, emittedNames } from "./emit.js";
import { replaceFiles } from "./replace-files.js";

// Inside the repository, where the package resolves to itself.
const parent = fileURLToPath(new URL("../../../fixtures/", import.meta.url));
let root: string;

beforeEach(async () => {
  root = await mkdtemp(path.join(parent, ".emit-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const location = { file: "src/functions.ts", line: 1, column: 1 };
const manifest: Manifest = {
  version: manifestVersion,
  app: { id: "shop", package: "stepwright" },
  events: [],
  functions: [
    {
      id: "hello",
      triggers: [
        { kind: "event", event: "a/b", if: { source: "event.id == 'x'", js: '$.equal($.get(event, "id"), "x")' } },
      ],
      config: {
        retries: { limit: 4, backoff: { kind: "table", baseMs: 1, maxMs: 1, jitterMs: 1 } },
        concurrency: [],
        cancelOn: [],
        timeouts: {},
      },
      handlers: { onFailure: false, onCancel: false, onComplete: false },
      steps: [],
      location,
      hash: "h",
      opaque: [],
    },
  ],
  waivers: [],
  opaque: [],
  hash: "h",
};

async function writeSource(): Promise<void> {
  await mkdir(path.join(root, "src"), { recursive: true });
  await mkdir(path.join(root, "node_modules/installed"), { recursive: true });
  await writeFile(
    path.join(root, "node_modules/installed/package.json"),
    '{ "type": "module", "exports": "./index.js" }',
  );
  await writeFile(path.join(root, "node_modules/installed/index.js"), 'export const greeting = "hi";');
  await writeFile(path.join(root, "src/name.ts"), 'export const name: string = "hello";');
  await writeFile(
    path.join(root, "src/functions.ts"),
    `import { greeting } from "installed";
     import { readFile } from "node:fs/promises";
     import { Stepwright } from "stepwright";
     import { name } from "@own/name";
     new Stepwright({ id: "shop" }).createFunction({ id: name, triggers: [{ event: "a/b" }] }, () => [greeting, readFile]);`,
  );
  await writeFile(
    path.join(root, "tsconfig.json"),
    '{ "compilerOptions": { "paths": { "@own/*": ["./src/*"] }, "module": "nodenext", "target": "es2022" } }',
  );
}

it("bundles the application's own modules and keeps the others as imports", async () => {
  await writeSource();
  const outDir = path.join(root, ".stepwright");
  await emit(manifest, { root, outDir, tsconfig: path.join(root, "tsconfig.json") });
  expect((await readdir(outDir)).sort()).toEqual([...emittedNames].sort());
  expect((await readdir(root)).filter((name) => name.includes("building"))).toEqual([]);
  const bundle = await readFile(path.join(outDir, "app.mjs"), "utf8");
  expect(bundle).toMatch(/from "stepwright"/);
  expect(bundle).toMatch(/from "stepwright\/codegen"/);
  expect(bundle).toMatch(/from "installed"/);
  expect(bundle).not.toMatch(/from "@own/);
  expect(bundle).not.toContain("building-");

  const loaded: unknown = await import(pathToFileURL(path.join(outDir, "app.mjs")).href);
  expect(loaded).toMatchObject({ default: { appId: "shop", functions: [{ fullId: "shop-hello" }] } });
});

it("writes the same bytes for the same input", async () => {
  await writeSource();
  const read = async (outDir: string) =>
    Promise.all(emittedNames.map((name) => readFile(path.join(outDir, name), "utf8")));
  const outDir = path.join(root, "out");
  await emit(manifest, { root, outDir });
  const first = await read(outDir);
  await emit(manifest, { root, outDir });
  expect(await read(outDir)).toEqual(first);
});

it("leaves what was there when the bundle cannot be made", async () => {
  await writeSource();
  const outDir = path.join(root, "out");
  await emit(manifest, { root, outDir });
  const before = await readFile(path.join(outDir, "app.mjs"), "utf8");
  await writeFile(path.join(root, "src/functions.ts"), "export const = broken");
  await expect(emit({ ...manifest, hash: "other" }, { root, outDir })).rejects.toThrow();
  expect(await readFile(path.join(outDir, "app.mjs"), "utf8")).toBe(before);
  expect(await readFile(path.join(outDir, "manifest.json"), "utf8")).toContain('"hash": "h"\n');
});

it("reads again what has changed, when it emits again", async () => {
  await writeSource();
  const outDir = path.join(root, "out");
  const emitter = createEmitter({ root, outDir, tsconfig: path.join(root, "tsconfig.json") });
  await emitter.emit(manifest);
  await writeFile(path.join(root, "src/name.ts"), 'export const name: string = "changed";');
  await emitter.emit({ ...manifest, hash: "second" });
  await emitter.close();
  const bundle = await readFile(path.join(outDir, "app.mjs"), "utf8");
  expect(bundle).toContain('"changed"');
  expect(bundle).toMatch(/"hash\\?":\\?"second/);
});

it("builds without a module that is not there; only who uses it fails", async () => {
  await writeSource();
  await writeFile(
    path.join(root, "src/functions.ts"),
    `import { Stepwright } from "stepwright";
     import { gone } from "./gone.js";
     import * as installed from "not-installed";
     new Stepwright({ id: "shop" }).createFunction({ id: "hello", triggers: [{ event: "a/b" }] }, () => gone());
     export const use = () => installed;`,
  );
  const outDir = path.join(root, "out");
  await emit(manifest, { root, outDir });
  const bundle = await readFile(path.join(outDir, "app.mjs"), "utf8");
  expect(bundle).toContain("was not there when the application was built");
  expect(bundle).toContain('from "not-installed"');
});

it("replaces all files or none", async () => {
  const to = path.join(root, "to");
  await mkdir(path.join(to, "b"), { recursive: true });
  await writeFile(path.join(to, "a"), "old");
  await writeFile(path.join(to, "mine"), "mine");
  const files = new Map([
    ["new", "new"],
    ["a", "new"],
    // a folder stands where this one has to go
    ["b", "new"],
  ]);
  await expect(replaceFiles(files, to)).rejects.toThrow();
  expect(await readFile(path.join(to, "a"), "utf8")).toBe("old");
  expect((await readdir(to)).sort()).toEqual(["a", "b", "mine"]);
});
