/** `stepwright check`. */
import { Command } from "commander";

import { countNoun, formatSeconds, listFound } from "./build-summary.js";
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

interface CheckOptions {
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
    .addHelpText("after", "\nExit codes: 0 no errors, 1 errors or more warnings than allowed, 2 wrong use.")
    .action(check);
}

async function check(options: CheckOptions, command: Command): Promise<void> {
  const started = performance.now();
  // Here and not above: `--help` and a mistyped option need no compiler.
  const { compile } = await import("../index.js");
  const settings = await readSettings(options.project, command);
  const compilation = compile(settings.compile);
  refuseBadProject(compilation, options.project, command);
  const { manifest, diagnostics, waivers, files, root } = compilation;
  process.stdout.write(renderReport(options.format, diagnostics, root));
  if (!manifest || exceedsWarnings(diagnostics, options.maxWarnings)) process.exitCode = 1;
  const found = listFound(diagnostics, waivers).join(", ") || "nothing to report";
  const line = `${found} in ${countNoun(files.length, "file")}, ${formatSeconds(performance.now() - started)}\n`;
  if (options.format !== "text") process.stderr.write(line);
  else process.stdout.write(diagnostics.length > 0 ? `\n${line}` : line);
}
