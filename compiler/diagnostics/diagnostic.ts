/** A finding of the compiler as data. Rules make it, renderers print it; nothing here throws or prints. */
import type { DiagnosticCode } from "./codes.js";

/** `error` stops the build; `warning` is likely a fault; `info` only says what the compiler could not decide. */
export type Severity = "error" | "warning" | "info";

/**
 * A stretch of a file. Lines and columns count from 1, columns in UTF-16 units as editors and SARIF count them;
 * the end is exclusive. `file` is relative to the project root and written with `/`.
 */
export interface SourceSpan {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** A span with a few words that are printed behind its underline. */
export interface LabelledSpan extends SourceSpan {
  readonly label?: string | undefined;
}

/** One finding: `message` says what is wrong, only `help` says what to do. */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  readonly message: string;
  readonly span: LabelledSpan;
  /** Other places that belong to it, such as the first use of an id. */
  readonly related: readonly LabelledSpan[];
  readonly help?: string | undefined;
  /** Ways to repair it that are safe to apply without being read; absent when there is none. The first is the best. */
  readonly fixes?: readonly Fix[] | undefined;
}

/** A repair as data: all its edits belong together, and none overlaps another. */
export interface Fix {
  /** What it does, as an editor offers it: "record it in a step". */
  readonly title: string;
  readonly edits: readonly Edit[];
}

/** Puts `text` in the place of `span`; a span of no length inserts it. */
export interface Edit {
  readonly span: SourceSpan;
  readonly text: string;
}

/** Orders by file, then position, then code, so that equal input prints equal text. */
export function compareDiagnostics(left: Diagnostic, right: Diagnostic): number {
  return (
    compareText(left.span.file, right.span.file) ||
    left.span.line - right.span.line ||
    left.span.column - right.span.column ||
    compareText(left.code, right.code) ||
    compareText(left.message, right.message)
  );
}

/** By code unit: the order must not depend on the locale of the machine. */
function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** How many of each severity. */
export function countBySeverity(diagnostics: readonly Diagnostic[]): Record<Severity, number> {
  const counts = { error: 0, warning: 0, info: 0 };
  for (const { severity } of diagnostics) counts[severity] += 1;
  return counts;
}
