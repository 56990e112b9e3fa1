/** Diagnostics as GitHub workflow commands, which show them at the changed lines of a pull request. */
import type { Diagnostic, Severity } from "./diagnostic.js";

const commandOf: Record<Severity, string> = { error: "error", warning: "warning", info: "notice" };

/** One command a line; empty text for none. */
export function renderGithub(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map((diagnostic) => `${renderCommand(diagnostic)}\n`).join("");
}

function renderCommand({ code, severity, message, span, related, help }: Diagnostic): string {
  const properties = [
    `file=${escapeProperty(span.file)}`,
    `line=${span.line}`,
    `endLine=${span.endLine}`,
    // GitHub takes columns only where the annotation stays on one line.
    ...(span.endLine === span.line ? [`col=${span.column}`, `endColumn=${span.endColumn}`] : []),
    `title=${escapeProperty(code)}`,
  ];
  const text = [
    message,
    ...related.map((place) => `${place.file}:${place.line}:${place.column}${place.label ? `: ${place.label}` : ""}`),
    ...(help === undefined ? [] : [`help: ${help}`]),
  ].join("\n");
  return `::${commandOf[severity]} ${properties.join(",")}::${escapeMessage(text)}`;
}

function escapeMessage(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeMessage(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
