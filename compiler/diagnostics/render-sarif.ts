/** Diagnostics as SARIF 2.1.0 (OASIS), which code-scanning services read. */
import { pathToFileURL } from "node:url";

import { type DiagnosticCode, diagnosticCodes, listDiagnosticCodes } from "./codes.js";
import type { Diagnostic, Fix, LabelledSpan, Severity, SourceSpan } from "./diagnostic.js";
import { readExplainPage } from "./explain-pages.js";

export interface SarifOptions {
  /** Absolute path that the files of spans are relative to. */
  readonly root: string;
  /** Of this package, as the version of the tool. */
  readonly version: string;
}

const levelOf: Record<Severity, "error" | "warning" | "note"> = { error: "error", warning: "warning", info: "note" };

/** One run with all rules, so that a service knows the codes that found nothing as well. */
export function renderSarif(diagnostics: readonly Diagnostic[], options: SarifOptions): string {
  const codes = listDiagnosticCodes();
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "stepwright",
            version: options.version,
            rules: codes.map((code) => ({
              id: code,
              shortDescription: { text: diagnosticCodes[code].title },
              help: writeHelp(code),
              defaultConfiguration: { level: levelOf[diagnosticCodes[code].severity] },
            })),
          },
        },
        // Columns of the spans are UTF-16 units.
        columnKind: "utf16CodeUnits",
        originalUriBaseIds: { ROOT: { uri: pathToFileURL(`${options.root}/`).href } },
        results: diagnostics.map((diagnostic) => ({
          ruleId: diagnostic.code,
          ruleIndex: codes.indexOf(diagnostic.code),
          level: levelOf[diagnostic.severity],
          message: { text: writeMessage(diagnostic) },
          locations: [writeLocation(diagnostic.span)],
          ...(diagnostic.related.length > 0 && {
            relatedLocations: diagnostic.related.map((span, index) => ({
              id: index + 1,
              ...writeLocation(span),
              ...(span.label !== undefined && { message: { text: span.label } }),
            })),
          }),
          ...(diagnostic.fixes && { fixes: diagnostic.fixes.map(writeFix) }),
        })),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

/** The page is Markdown, which reads well as the plain text that the format demands beside it. */
function writeHelp(code: DiagnosticCode): object {
  const page = readExplainPage(code);
  return { text: page, markdown: page };
}

function writeMessage({ message, help }: Diagnostic): string {
  return help === undefined ? message : `${message}\nhelp: ${help}`;
}

/** All edits of a fix that are in one file are one change of it. */
function writeFix({ title, edits }: Fix): object {
  const files = [...new Set(edits.map(({ span }) => span.file))];
  return {
    description: { text: title },
    artifactChanges: files.map((file) => ({
      artifactLocation: writeFile(file),
      replacements: edits
        .filter(({ span }) => span.file === file)
        .map(({ span, text }) => ({ deletedRegion: writeRegion(span), insertedContent: { text } })),
    })),
  };
}

function writeLocation(span: LabelledSpan): object {
  return { physicalLocation: { artifactLocation: writeFile(span.file), region: writeRegion(span) } };
}

function writeFile(file: string): object {
  return { uri: file.split("/").map(encodeURIComponent).join("/"), uriBaseId: "ROOT" };
}

function writeRegion({ line, column, endLine, endColumn }: SourceSpan): object {
  return { startLine: line, startColumn: column, endLine, endColumn };
}
