/** What is published: every entry of package.json is there after `npm run build`, loads in a plain Node, and shares its classes with the rest. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  exports: Record<string, { types: string; browser?: string; default: string } | string>;
  bin: Record<string, string>;
};
const entries = Object.entries(manifest.exports).filter(([path]) => path !== "./package.json");

test.each(entries)("%s has its code in the bundle and its types beside", (_path, entry) => {
  if (typeof entry === "string") throw new Error("an entry needs types and code");
  expect(entry.default).toMatch(/^\.\/dist\/bundle\//);
  expect(existsSync(join(root, entry.default))).toBe(true);
  expect(existsSync(join(root, entry.types))).toBe(true);
});

test("what browsers load asks for nothing but React", () => {
  const files = entries.flatMap(([, entry]) => (typeof entry === "object" && entry.browser ? [entry.browser] : []));
  expect(files.length).toBeGreaterThan(0);
  const statement = /^(?:import |} from |export .* from )[^"]*"([^"]+)";$/gm;
  const asked = new Set<string>();
  for (let file = files.shift(); file !== undefined; file = files.shift()) {
    for (const [, specifier] of readFileSync(join(root, file), "utf8").matchAll(statement)) {
      if (specifier!.startsWith(".")) files.push(join(dirname(file), specifier!));
      else asked.add(specifier!);
    }
  }
  expect([...asked]).toEqual(["react"]);
});

test("all entries load in one process, and an error is the same class in each", () => {
  const specifiers = entries.map(([path]) => path.replace(".", "stepwright"));
  const program = `
    const loaded = await Promise.all(${JSON.stringify(specifiers)}.map((specifier) => import(specifier)));
    const classes = new Set(loaded.flatMap((entry) => (entry.StepError ? [entry.StepError] : [])));
    console.log(loaded.length, classes.size);`;
  const printed = execFileSync(process.execPath, ["--input-type=module", "-e", program], {
    cwd: root,
    encoding: "utf8",
  });
  expect(printed.trim()).toBe(`${specifiers.length} 1`);
});

test("TypeScript finds the editor's plug-in by its folder, as it reads no `exports`, and gets a function", () => {
  expect(createRequire(import.meta.url)(join(root, "plugin"))).toBeTypeOf("function");
  const compiler = join(root, "dist/bundle/compiler/plugin/editor-compiler.js");
  const program = `console.log(typeof (await import(${JSON.stringify(compiler)})).openCompiler);`;
  const printed = execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
  expect(printed.trim()).toBe("function");
});

test("the command is what the package names", () => {
  for (const file of Object.values(manifest.bin)) {
    const version = execFileSync(process.execPath, [join(root, file), "--version"], { encoding: "utf8" });
    expect(version.trim()).toMatch(/^\d+\.\d+\.\d+/);
  }
});
