/** `stepwright check`. */
import { Command } from "commander";

import { countNoun, formatSeconds, listSeverityCounts } from "./build-summary.js";
import { makeFormatOption, makeProjectOption, refuseBadProject, renderReport, type ReportFormat } from "./report.js";

interface CheckOptions {
  readonly project?: string;
  readonly format: ReportFormat;
}

export function makeCheckCommand(): Command {
  return new Command("check")
    .description("Checks the application as `stepwright build` does, and writes nothing.")
    .addOption(makeProjectOption())
    .addOption(makeFormatOption())
    .addHelpText("after", "\nExit codes: 0 no errors, 1 the application has errors, 2 wrong use.")
    .action(check);
}

async function check(options: CheckOptions, command: Command): Promise<void> {
  const started = performance.now();
  // Here and not above: `--help` and a mistyped option need no compiler.
  const { compile } = await import("../index.js");
  const compilation = compile({ project: options.project });
  refuseBadProject(compilation, options.project, command);
  const { manifest, diagnostics, files, root } = compilation;
  process.stdout.write(renderReport(options.format, diagnostics, root));
  if (!manifest) process.exitCode = 1;
  const found = listSeverityCounts(diagnostics).join(", ") || "nothing to report";
  const line = `${found} in ${countNoun(files.length, "file")}, ${formatSeconds(performance.now() - started)}\n`;
  if (options.format !== "text") process.stderr.write(line);
  else process.stdout.write(diagnostics.length > 0 ? `\n${line}` : line);
}
