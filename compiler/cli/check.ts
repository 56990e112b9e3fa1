/** `stepwright check`. */
import { resolve } from "node:path";
import { Command, Option } from "commander";

import { countNoun, formatSeconds, listFound } from "./build-summary.js";
import type { Compilation } from "../index.js";
import { compileProject, type FixOptions, makeDryRunOption, makeFixOption } from "./fix-options.js";
import { readSettings } from "./read-settings.js";
import {
  exceedsWarnings,
  makeFormatOption,
  makeMaxWarningsOption,
  makeProjectOption,
  refuseBadProject,
  renderReport,
  type ReportFormat,
} from "./report.js";

interface CheckOptions extends FixOptions {
  readonly watch?: true;
  readonly project?: string;
  readonly format: ReportFormat;
  readonly maxWarnings?: number;
}

export function makeCheckCommand(): Command {
  return new Command("check")
    .description("Checks the application as `stepwright build` does, and writes nothing.")
    .addOption(makeProjectOption())
    .addOption(makeFormatOption())
    .addOption(makeMaxWarningsOption())
    .addOption(makeFixOption())
    .addOption(makeDryRunOption())
    .addOption(
      new Option("--watch", "check again after each change, until it is interrupted").conflicts(["fix", "dryRun"]),
    )
    .addHelpText("after", "\nExit codes: 0 no errors, 1 errors or more warnings than allowed, 2 wrong use.")
    .action(check);
}

async function check(options: CheckOptions, command: Command): Promise<void> {
  if (options.watch) return watch(options, command);
  const started = performance.now();
  const settings = await readSettings(options.project, command);
  const { compilation, stopped } = await compileProject(settings.compile, options);
  refuseBadProject(compilation, options.project, command);
  if (stopped) {
    process.exitCode = options.dryRun && compilation.manifest ? 0 : 1;
    return;
  }
  report(compilation, performance.now() - started, options);
}

function report(
  { manifest, diagnostics, waivers, files, root }: Compilation,
  tookMs: number,
  { format, maxWarnings }: CheckOptions,
): void {
  process.stdout.write(renderReport(format, diagnostics, root));
  process.exitCode = !manifest || exceedsWarnings(diagnostics, maxWarnings) ? 1 : 0;
  const found = listFound(diagnostics, waivers).join(", ") || "nothing to report";
  const line = `${found} in ${countNoun(files.length, "file")}, ${formatSeconds(tookMs)}\n`;
  if (format !== "text") process.stderr.write(line);
  else process.stdout.write(diagnostics.length > 0 ? `\n${line}` : line);
}

/** Until a signal; then the exit code is that of the last check. */
async function watch(options: CheckOptions, command: Command): Promise<void> {
  const { compile, outDir } = await readSettings(options.project, command);
  const { watchCheck } = await import("./watch-check.js");
  let first = true;
  const watching = watchCheck({
    compile,
    outDir: (root) => outDir ?? resolve(root, ".stepwright"),
    checked(compilation, tookMs) {
      if (first) refuseBadProject(compilation, options.project, command);
      first = false;
      report(compilation, tookMs, options);
    },
  });
  const signalled = new Promise<void>((end) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => end());
  });
  try {
    await Promise.race([signalled, watching.failed]);
  } finally {
    await watching.close();
  }
}
