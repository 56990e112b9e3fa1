/** Diagnostics as one JSON document, for editors and scripts. */
import { diagnosticCodes } from "./codes.js";
import { countBySeverity, type Diagnostic } from "./diagnostic.js";

/** Raised when a reader of the document would misunderstand it. */
const documentVersion = 1;

/** `{ version, counts, diagnostics }`; each diagnostic with its positions, related places and help. */
export function renderJson(diagnostics: readonly Diagnostic[]): string {
  const document = {
    version: documentVersion,
    counts: countBySeverity(diagnostics),
    diagnostics: diagnostics.map((diagnostic) => ({
      code: diagnostic.code,
      severity: diagnostic.severity,
      title: diagnosticCodes[diagnostic.code].title,
      message: diagnostic.message,
      span: listSpan(diagnostic.span),
      related: diagnostic.related.map(listSpan),
      help: diagnostic.help ?? null,
      fixes: (diagnostic.fixes ?? []).map(({ title, edits }) => ({
        title,
        edits: edits.map(({ span, text }) => ({ span: listSpan(span), text })),
      })),
    })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function listSpan(span: Diagnostic["span"]): object {
  const { file, line, column, endLine, endColumn } = span;
  return { file, line, column, endLine, endColumn, label: span.label ?? null };
}
