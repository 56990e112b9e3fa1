/** `--fix` and `--dry-run` of the commands that compile. */
import { relative } from "node:path";
import { Option } from "commander";

import type { Compilation, CompileOptions } from "../index.js";
import { countNoun } from "./build-summary.js";

export interface FixOptions {
  readonly fix?: true;
  readonly dryRun?: true;
}

export function makeFixOption(): Option {
  return new Option("--fix", "repair what can be repaired safely, and report the rest");
}

export function makeDryRunOption(): Option {
  return new Option("--dry-run", "show what `--fix` would change, and change nothing").implies({ fix: true });
}

export interface CompiledProject {
  readonly compilation: Compilation;
  /** Files were not written that would have to be; nothing else must be done with what was compiled. */
  readonly stopped: boolean;
}

/** Compiles, with the fixes when they are asked for: they are written, or shown as a diff on the standard output. */
export async function compileProject(
  compileOptions: CompileOptions,
  { fix, dryRun }: FixOptions,
): Promise<CompiledProject> {
  if (!fix) {
    const { compile } = await import("../index.js");
    return { compilation: compile(compileOptions), stopped: false };
  }
  const [{ fixApplication }, { replaceTexts }, { renderDiff }, { findLineEdits }] = await Promise.all([
    import("../edits/fix-application.js"),
    import("../edits/replace-texts.js"),
    import("../edits/unified-diff.js"),
    import("../edits/line-edits.js"),
  ]);
  const { compilation, texts, applied } = fixApplication(compileOptions);
  const count = `${countNoun(applied, "fix", "fixes")} in ${countNoun(texts.length, "file")}`;
  if (dryRun) {
    for (const { path, before, after } of texts)
      process.stdout.write(
        renderDiff(relative(process.cwd(), path).replaceAll("\\", "/"), before, findLineEdits(before, after)),
      );
    process.stderr.write(`${count} would be made\n`);
    return { compilation, stopped: true };
  }
  try {
    await replaceTexts(texts);
  } catch (error) {
    process.stderr.write(`error: nothing was fixed: ${error instanceof Error ? error.message : String(error)}\n`);
    return { compilation, stopped: true };
  }
  if (applied > 0) process.stderr.write(`${count} made\n`);
  return { compilation, stopped: false };
}
