/** What the commands that compile share: their options, and how they report. */
import { relative, resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";

import { countBySeverity, type Diagnostic, type LabelledSpan } from "../diagnostics/diagnostic.js";
import { renderGithub } from "../diagnostics/render-github.js";
import { renderJson } from "../diagnostics/render-json.js";
import { renderSarif } from "../diagnostics/render-sarif.js";
import { renderText } from "../diagnostics/render-text.js";
import { readSourceLines } from "../diagnostics/source-lines.js";
import type { Compilation } from "../index.js";
import { readPackageVersion } from "./package-version.js";

export const reportFormats = ["text", "json", "sarif", "github"] as const;
export type ReportFormat = (typeof reportFormats)[number];

/** `--format <format>`, refused with the list of formats when it is none of them. */
export function makeFormatOption(): Option {
  return new Option("--format <format>", "how diagnostics are written").choices(reportFormats).default("text");
}

/** `--max-warnings <number>`: a whole number from 0; without it no number of warnings fails a command. */
export function makeMaxWarningsOption(): Option {
  return new Option("--max-warnings <number>", "fail with more warnings than this").argParser((text) => {
    const limit = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(limit)) return limit;
    throw new InvalidArgumentError("It is a whole number from 0.");
  });
}

/** Whether there are more warnings than `limit`, and says so on stderr, where it spoils no document. */
export function exceedsWarnings(diagnostics: readonly Diagnostic[], limit: number | undefined): boolean {
  const { warning } = countBySeverity(diagnostics);
  if (limit === undefined || warning <= limit) return false;
  process.stderr.write(`error: there are more warnings (${warning}) than \`--max-warnings ${limit}\` allows\n`);
  return true;
}

/**
 * `root` is what the files of the diagnostics are relative to. They are shown relative to the working directory, where
 * terminals, editors and code-scanning services look for them; colours only where somebody looks at them.
 */
export function renderReport(format: ReportFormat, diagnostics: readonly Diagnostic[], root: string): string {
  const folder = process.cwd();
  const shown = root === folder ? diagnostics : diagnostics.map((each) => moveDiagnostic(each, root, folder));
  switch (format) {
    case "text": {
      const color = process.stdout.isTTY === true && process.env["NO_COLOR"] === undefined;
      return renderText(shown, { sources: readSourceLines(folder), color });
    }
    case "json":
      return renderJson(shown);
    case "sarif":
      return renderSarif(shown, { root: folder, version: readPackageVersion() });
    case "github":
      return renderGithub(shown);
  }
}

function moveDiagnostic(diagnostic: Diagnostic, from: string, to: string): Diagnostic {
  const move = (span: LabelledSpan): LabelledSpan => ({
    ...span,
    file: relative(to, resolve(from, span.file)).replaceAll("\\", "/"),
  });
  return { ...diagnostic, span: move(diagnostic.span), related: diagnostic.related.map(move) };
}

/** `--project <tsconfig>`: a tsconfig or a folder. */
export function makeProjectOption(): Option {
  return new Option(
    "-p, --project <tsconfig>",
    "a tsconfig, or a folder that has one; by default the nearest `tsconfig.json`",
  );
}

/**
 * An option of another version of TypeScript, or a base file that a framework makes later: the program can be read all
 * the same, and what depends on it is unknown.
 */
const harmlessProblem = /compiler option|^Argument for '--|^Option '|^File '.*' not found|^Cannot read file '/;

/** Ends with the code for wrong use when there is no such project, or its tsconfig cannot be used. */
export function refuseBadProject(
  { configProblems, configPath, files, root }: Compilation,
  project: string | undefined,
  command: Command,
): void {
  const place = configPath ?? project ?? "tsconfig.json";
  for (const problem of configProblems) {
    if (!harmlessProblem.test(problem)) command.error(`error: ${place}: ${problem}`);
    process.stderr.write(`warning: ${place}: ${problem}\n`);
  }
  if (files.length > 0) return;
  command.error(
    `error: there is no source file in ${configPath ?? root}; run this in the application's folder, ` +
      "or name its tsconfig with `--project`",
  );
}
