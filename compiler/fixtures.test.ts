/** Every folder of `fixtures/compile` is a case: what `input` compiles to is `expected`. UPDATE_GOLDENS=1 rewrites. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { compile } from "./index.js";
import { manifestSchema } from "../runtime/manifest/manifest.js";
import { renderFiles } from "./phases/5-emit/render-files.js";

const repository = fileURLToPath(new URL("..", import.meta.url));
const casesFolder = path.join(repository, "fixtures/compile");
const cases = (await readdir(casesFolder, { withFileTypes: true })).filter((entry) => entry.isDirectory());
const update = process.env["UPDATE_GOLDENS"] === "1";

describe("fixtures/compile", () => {
  it.each(cases.map(({ name }) => name))("%s", { timeout: 60_000 }, async (name) => {
    const folder = path.join(casesFolder, name);
    const { manifest, diagnostics, root } = compile({ project: path.join(folder, "input/tsconfig.json") });
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    if (!manifest) throw new Error("there is no manifest");
    const outDir = path.join(folder, "expected");
    const files = renderFiles(manifest, { root, outDir });
    if (update) await mkdir(outDir, { recursive: true });
    for (const [file, text] of Object.entries(files)) {
      const golden = path.join(outDir, file);
      if (update) await writeFile(golden, text);
      else expect(text, file).toBe(await readFile(golden, "utf8"));
    }
  });

  it("emits TypeScript that is right under the strictest settings", { timeout: 120_000 }, async () => {
    const folder = await mkdtemp(path.join(casesFolder, ".check-"));
    try {
      await writeFile(path.join(folder, "tsconfig.json"), JSON.stringify(strictProject));
      await writeFile(path.join(folder, "results.ts"), await compareResults());
      const check = promisify(execFile)(process.execPath, [
        path.join(repository, "node_modules/typescript/bin/tsc"),
        "-p",
        folder,
      ]);
      const output = await check.then(
        () => "",
        (error: { stdout?: string }) => error.stdout ?? String(error),
      );
      expect(output).toBe("");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

/** A module that is right only when each printed result type is the one that the definition has. */
async function compareResults(): Promise<string> {
  const lines = ['import type { ResultOf } from "stepwright/codegen";'];
  for (const { name } of cases) {
    const manifest = manifestSchema.parse(
      JSON.parse(await readFile(path.join(casesFolder, name, "expected/manifest.json"), "utf8")),
    );
    for (const { id, export: exported } of manifest.functions) {
      if (!exported) continue;
      const module = `import("../${name}/input/${exported.module.replace(/ts$/, "js")}")`;
      const definition = `(typeof ${module})${[exported.name, ...exported.path].map((key) => `["${key}"]`).join("")}`;
      const printed = `import("../${name}/expected/client.js").Results[${JSON.stringify(id)}]`;
      lines.push(
        `export const printed${lines.length}: ${printed} = 0 as unknown as ResultOf<${definition}>;`,
        `export const defined${lines.length}: ResultOf<${definition}> = 0 as unknown as ${printed};`,
      );
    }
  }
  return lines.join("\n");
}

/** The package is the one in this repository, from its sources. */
const strictProject = {
  compilerOptions: {
    target: "es2022",
    lib: ["es2023", "dom", "dom.asynciterable"],
    module: "nodenext",
    moduleResolution: "nodenext",
    types: ["node"],
    strict: true,
    noUncheckedIndexedAccess: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    verbatimModuleSyntax: true,
    isolatedModules: true,
    resolveJsonModule: true,
    skipLibCheck: true,
    noEmit: true,
    paths: {
      stepwright: ["../../../runtime/define/index.ts"],
      "stepwright/codegen": ["../../../runtime/codegen.ts"],
      "stepwright/experimental": ["../../../runtime/middleware/experimental.ts"],
    },
  },
  include: ["results.ts", "../*/expected/*.ts"],
};
