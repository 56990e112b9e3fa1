/** The `--format` of commands that report diagnostics. */
import { Option } from "commander";

import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { renderGithub } from "../diagnostics/render-github.js";
import { renderJson } from "../diagnostics/render-json.js";
import { renderSarif } from "../diagnostics/render-sarif.js";
import { renderText } from "../diagnostics/render-text.js";
import { readSourceLines } from "../diagnostics/source-lines.js";
import { readPackageVersion } from "./package-version.js";

export const reportFormats = ["text", "json", "sarif", "github"] as const;
export type ReportFormat = (typeof reportFormats)[number];

/** `--format <format>`, refused with the list of formats when it is none of them. */
export function makeFormatOption(): Option {
  return new Option("--format <format>", "how diagnostics are written").choices(reportFormats).default("text");
}

/** `root` is what the files of the diagnostics are relative to; colours only where somebody looks at them. */
export function renderReport(format: ReportFormat, diagnostics: readonly Diagnostic[], root: string): string {
  switch (format) {
    case "text": {
      const color = process.stdout.isTTY === true && process.env["NO_COLOR"] === undefined;
      return renderText(diagnostics, { sources: readSourceLines(root), color });
    }
    case "json":
      return renderJson(diagnostics);
    case "sarif":
      return renderSarif(diagnostics, { root, version: readPackageVersion() });
    case "github":
      return renderGithub(diagnostics);
  }
}
