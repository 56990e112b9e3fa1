/** Diagnostics as SARIF 2.1.0 (OASIS), which code-scanning services read. */
import { pathToFileURL } from "node:url";

import { diagnosticCodes, listDiagnosticCodes } from "./codes.js";
import type { Diagnostic, LabelledSpan, Severity } from "./diagnostic.js";

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
              help: { text: `stepwright explain ${code}` },
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
        })),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function writeMessage({ message, help }: Diagnostic): string {
  return help === undefined ? message : `${message}\nhelp: ${help}`;
}

function writeLocation(span: LabelledSpan): object {
  return {
    physicalLocation: {
      artifactLocation: { uri: span.file.split("/").map(encodeURIComponent).join("/"), uriBaseId: "ROOT" },
      region: {
        startLine: span.line,
        startColumn: span.column,
        endLine: span.endLine,
        endColumn: span.endColumn,
      },
    },
  };
}
