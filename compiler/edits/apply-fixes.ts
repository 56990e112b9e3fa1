import type { Diagnostic, Edit, Fix } from "../diagnostics/diagnostic.js";
import { applyEdits, type TextEdit } from "./text-edit.js";

export interface FixedText {
  /** As the diagnostics name it. */
  readonly file: string;
  readonly text: string;
}

export interface AppliedFixes {
  readonly files: readonly FixedText[];
  /** How many diagnostics had their fix applied. Those whose fix overlaps another are left for the next time. */
  readonly applied: number;
}

/**
 * Applies the first fix of each diagnostic, in their order; all edits of a fix, or none. A fix that touches text which another one has
 * changed is left out, unless it makes just the same edits. `readText` gives the text that the diagnostics are about; null when there is
 * none.
 */
export function applyFixes(
  diagnostics: readonly Diagnostic[],
  readText: (file: string) => string | null,
): AppliedFixes {
  const files = new Map<string, OpenFile | null>();
  const open = (file: string): OpenFile | null => {
    let known = files.get(file);
    if (known === undefined) {
      const text = readText(file);
      files.set(file, (known = text === null ? null : { text, lineStarts: findLineStarts(text), edits: [] }));
    }
    return known;
  };
  let applied = 0;
  for (const { fixes } of diagnostics) {
    const placed = fixes?.[0] && placeFix(fixes[0], open);
    if (!placed) continue;
    const isDone = placed.every(({ file, edit }) => file.edits.some((other) => isSame(edit, other)));
    if (!isDone && placed.some(({ file, edit }) => file.edits.some((other) => overlaps(edit, other)))) continue;
    if (!isDone) for (const { file, edit } of placed) file.edits.push(edit);
    applied += 1;
  }
  const changed = [...files].flatMap(([file, known]) =>
    known && known.edits.length > 0 ? [{ file, text: applyEdits(known.text, known.edits) }] : [],
  );
  return { files: changed, applied };
}

interface OpenFile {
  readonly text: string;
  readonly lineStarts: readonly number[];
  readonly edits: TextEdit[];
}

/** Null when one of its places is not there. */
function placeFix(
  { edits }: Fix,
  open: (file: string) => OpenFile | null,
): { file: OpenFile; edit: TextEdit }[] | null {
  const placed = edits.flatMap((edit) => {
    const file = open(edit.span.file);
    const text = file && toTextEdit(file, edit);
    return file && text ? [{ file, edit: text }] : [];
  });
  return placed.length === edits.length && placed.length > 0 ? placed : null;
}

function toTextEdit({ text, lineStarts }: OpenFile, { span, text: replacement }: Edit): TextEdit | null {
  const start = (lineStarts[span.line - 1] ?? Infinity) + span.column - 1;
  const end = (lineStarts[span.endLine - 1] ?? Infinity) + span.endColumn - 1;
  if (!(start <= end && end <= text.length)) return null;
  if (replacement !== "") return { start, end, text: replacement };
  // What is taken away takes its line along when nothing else is on it, and else the space before it.
  const lineStart = lineStarts[span.line - 1] ?? 0;
  const before = text.slice(lineStart, start);
  const rest = /^[ \t]*(\r?\n|$)/.exec(text.slice(end));
  if (rest && before.trim() === "") return { start: lineStart, end: end + rest[0].length, text: "" };
  return { start: rest ? lineStart + before.trimEnd().length : start, end, text: "" };
}

/** As TypeScript counts lines. */
function findLineStarts(text: string): number[] {
  return [0, ...[...text.matchAll(/\r\n|[\n\r\u2028\u2029]/g)].map(({ 0: line, index }) => index + line.length)];
}

function isSame(left: TextEdit, right: TextEdit): boolean {
  return left.start === right.start && left.end === right.end && left.text === right.text;
}

/** Two insertions at one place count, too: their order would be a guess. */
function overlaps(left: TextEdit, right: TextEdit): boolean {
  return left.start === right.start || (left.start < right.end && right.start < left.end);
}
