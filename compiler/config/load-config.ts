import { createRequire } from "node:module";
import { dirname } from "node:path";

import { findConfigFile } from "./config-file.js";
import type { StepwrightConfig } from "./define-config.js";
import { parseConfig } from "./parse-config.js";

export type LoadedConfig =
  /** `path` is null, and `config` empty, where there is no such file. */
  | { readonly ok: true; readonly path: string | null; readonly config: StepwrightConfig }
  | { readonly ok: false; readonly path: string; readonly problems: readonly string[] };

/**
 * Reads `stepwright.config.ts` (or `.mts`, `.js`, `.mjs`) of a folder. The file is a program: it is bundled with what it imports of the
 * project, and run once. Nothing is written, so that it works where the folder cannot be written to.
 */
export async function loadConfig(folder: string): Promise<LoadedConfig> {
  const path = findConfigFile(folder);
  if (path === null) return { ok: true, path: null, config: {} };
  let exported: unknown;
  try {
    exported = await evaluateFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ok: false, path, problems: [`it cannot be run: ${reason}`] };
  }
  const parsed = parseConfig(exported);
  return parsed.ok ? { ...parsed, path } : { ...parsed, path };
}

/** What the file exports as default. */
async function evaluateFile(path: string): Promise<unknown> {
  // Here and not above: most projects have no such file, and starting esbuild takes longer than a small check.
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    write: false,
    platform: "node",
    format: "cjs",
    packages: "external",
    logLevel: "silent",
    plugins: [
      {
        // It is there whatever name the application imports the package by.
        name: "define-config",
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^stepwright\/config$/ }, () => ({ path: "config", namespace: "stepwright" }));
          onLoad({ filter: /.*/, namespace: "stepwright" }, () => ({
            contents: "export const defineConfig = (config) => config;",
          }));
        },
      },
    ],
  });
  const module: { exports: unknown } = { exports: {} };
  const run = new Function("module", "exports", "require", "__filename", "__dirname", outputFiles[0]?.text ?? "");
  run(module, module.exports, createRequire(path), path, dirname(path));
  const { exports } = module;
  return typeof exports === "object" && exports !== null && "default" in exports ? exports.default : exports;
}
