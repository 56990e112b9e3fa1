import { relative, resolve } from "node:path";
import type { Command } from "commander";

import type { CompileOptions } from "../index.js";

export interface Settings {
  readonly compile: Pick<CompileOptions, "project" | "levels" | "entry">;
  /** Absolute; null: where the command itself says. */
  readonly outDir: string | null;
}

/** The settings of the project's `stepwright.config.ts`, if there is one; a wrong one ends the command. */
export async function readSettings(project: string | undefined, command: Command): Promise<Settings> {
  const [{ findProjectRoot }, { loadConfig }] = await Promise.all([
    import("../phases/1-source/project-config.js"),
    import("../config/load-config.js"),
  ]);
  const root = findProjectRoot(process.cwd(), project);
  const loaded = await loadConfig(root);
  if (!loaded.ok) {
    const path = relative(process.cwd(), loaded.path);
    command.error(loaded.problems.map((problem) => `error: ${path}: ${problem}`).join("\n"));
  }
  const { rules, entry, out } = loaded.config;
  return {
    compile: { project, ...(rules && { levels: rules }), ...(entry && { entry }) },
    outDir: out === undefined ? null : resolve(root, out),
  };
}
