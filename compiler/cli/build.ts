/** `stepwright build`. */
import { relative, resolve } from "node:path";
import { Command } from "commander";

import type { StepNode } from "../../runtime/manifest/manifest.js";
import type { Compilation } from "../index.js";
import type { EmitOptions } from "../phases/5-emit/emit.js";
import { countNoun, formatSeconds, listFound } from "./build-summary.js";
import { compileProject, type FixOptions, makeDryRunOption, makeFixOption } from "./fix-options.js";
import { readSettings } from "./read-settings.js";
import { makeFormatOption, makeProjectOption, refuseBadProject, renderReport, type ReportFormat } from "./report.js";

interface BuildOptions extends FixOptions {
  readonly project?: string;
  readonly out?: string;
  readonly format: ReportFormat;
}

export function makeBuildCommand(): Command {
  return new Command("build")
    .description(
      "Checks the application and writes its manifest, client and runtime glue.\n" +
        "With errors nothing is written and what an earlier build wrote stays.",
    )
    .addOption(makeProjectOption())
    .option("-o, --out <folder>", "where to write; by default `.stepwright` beside the tsconfig")
    .addOption(makeFormatOption())
    .addOption(makeFixOption())
    .addOption(makeDryRunOption())
    .addHelpText("after", "\nExit codes: 0 built, 1 the application has errors, 2 wrong use.")
    .action(build);
}

async function build(options: BuildOptions, command: Command): Promise<void> {
  const started = performance.now();
  // Here and not above: `--help` and a mistyped option need no compiler.
  const { emit, emittedNames } = await import("../phases/5-emit/emit.js");
  const settings = await readSettings(options.project, command);
  const { compilation, stopped } = await compileProject(settings.compile, options);
  refuseBadProject(compilation, options.project, command);
  if (stopped) {
    process.exitCode = options.dryRun && compilation.manifest ? 0 : 1;
    return;
  }
  const { manifest, diagnostics, waivers, root, configPath } = compilation;
  process.stdout.write(renderReport(options.format, diagnostics, root));
  const outDir = options.out === undefined ? (settings.outDir ?? resolve(root, ".stepwright")) : resolve(options.out);
  const out = relative(process.cwd(), outDir) || ".";
  if (!manifest) process.exitCode = 1;
  else {
    const emitOptions: EmitOptions = {
      root,
      outDir,
      importAttributes: compilation.importAttributes,
      ...(configPath !== null && { tsconfig: configPath }),
    };
    const problem = await emit(manifest, emitOptions).then(() => null, describeFailure);
    // It is the application's bundle or the disk; what was there before is still there.
    if (problem !== null) {
      process.exitCode = 1;
      process.stderr.write(`error: nothing was written: ${problem}\n`);
      return;
    }
  }
  const outcome = manifest ? `→ ${out}/{${emittedNames.join(", ")}}` : `; nothing was written to ${out}`;
  const counts = manifest ? countEntries(manifest) : [];
  const summary = [...counts, ...listFound(diagnostics, waivers)].join(", ");
  const line = `${summary} in ${formatSeconds(performance.now() - started)}${manifest ? " " : ""}${outcome}\n`;
  // Other formats are documents that a program reads; a line behind them would spoil them.
  if (options.format !== "text") process.stderr.write(line);
  else process.stdout.write(diagnostics.length > 0 ? `\n${line}` : line);
}

function describeFailure(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function countEntries({ events, functions }: NonNullable<Compilation["manifest"]>): string[] {
  const steps = functions.reduce((sum, fn) => sum + countSteps(fn.steps), 0);
  return [countNoun(events.length, "event"), countNoun(functions.length, "function"), countNoun(steps, "step")];
}

function countSteps(nodes: readonly StepNode[]): number {
  return nodes.reduce((sum, node) => sum + (node.kind === "step" ? 1 : countSteps(node.children)), 0);
}
