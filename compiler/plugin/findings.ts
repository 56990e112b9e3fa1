/** Findings of the compiler as an editor wants them: offsets in a file's text, and TypeScript's form of a diagnostic. */
import { posix } from "node:path";

import type { ts } from "ts-morph";

import type { Diagnostic, LabelledSpan } from "../diagnostics/diagnostic.js";

/** `length` in UTF-16 units from `start`, in the text of `fileName` (absolute, with `/`) that was checked. */
export interface Place {
  readonly fileName: string;
  readonly start: number;
  readonly length: number;
  readonly label: string | undefined;
}

export interface Finding {
  readonly diagnostic: Diagnostic;
  readonly place: Place;
  readonly related: readonly Place[];
}

type TextOf = (fileName: string) => string | undefined;

/** What was found in files that the editor's program has, by file. */
export function groupFindings(
  diagnostics: readonly Diagnostic[],
  root: string,
  textOf: TextOf,
): ReadonlyMap<string, readonly Finding[]> {
  const locate = createLocator(root, textOf);
  const groups = new Map<string, Finding[]>();
  for (const diagnostic of diagnostics) {
    const place = locate(diagnostic.span);
    if (place === null) continue;
    const related = diagnostic.related.map(locate).filter((each) => each !== null);
    const finding = { diagnostic, place, related };
    const group = groups.get(place.fileName);
    if (group) group.push(finding);
    else groups.set(place.fileName, [finding]);
  }
  return groups;
}

function createLocator(root: string, textOf: TextOf): (span: LabelledSpan) => Place | null {
  const lineStarts = new Map<string, readonly number[]>();
  return (span) => {
    const fileName = posix.join(root, span.file);
    const text = textOf(fileName);
    if (text === undefined) return null;
    let starts = lineStarts.get(fileName);
    if (starts === undefined) lineStarts.set(fileName, (starts = findLineStarts(text)));
    const offset = (line: number, column: number): number =>
      Math.min((starts[line - 1] ?? text.length) + column - 1, text.length);
    const start = offset(span.line, span.column);
    const length = Math.max(0, offset(span.endLine, span.endColumn) - start);
    return { fileName, start, length, label: span.label };
  };
}

/** With the line ends that TypeScript knows. */
function findLineStarts(text: string): number[] {
  return [0, ...[...text.matchAll(/\r\n|[\n\r\u2028\u2029]/g)].map((end) => end.index + end[0].length)];
}

/**
 * Where a place of `before` is in `now`, which is being typed: in front of the edit it stays, behind it moves along. Null when
 * the edit is in it: whether it is still true is not known until the next check.
 */
export function movePlace<Moved extends Pick<Place, "start" | "length">>(
  place: Moved,
  before: string,
  now: string,
): Moved | null {
  if (before === now) return place;
  const most = Math.min(before.length, now.length);
  let prefix = 0;
  while (prefix < most && before[prefix] === now[prefix]) prefix += 1;
  let suffix = 0;
  while (suffix < most - prefix && before[before.length - 1 - suffix] === now[now.length - 1 - suffix]) suffix += 1;
  if (place.start + place.length <= prefix) return place;
  if (place.start < before.length - suffix) return null;
  return { ...place, start: place.start + now.length - before.length };
}

/**
 * The number that editors show beside a code: TypeScript wants one. Made from the code's name (FNV-1a), so that it is the same in
 * every version, in 900000..999999, which TypeScript itself does not use.
 */
export function codeNumber(code: string): number {
  let hash = 0x811c9dc5;
  for (const character of code) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return 900_000 + (hash % 100_000);
}

/** The finding in TypeScript's form; null when the edits since the check (of the texts `checked`) have touched it. */
export function toTypeScriptDiagnostic(
  typescript: typeof ts,
  { diagnostic, place, related }: Finding,
  checked: TextOf,
  program: ts.Program,
): ts.Diagnostic | null {
  const locate = (each: Place) => {
    const file = program.getSourceFile(each.fileName);
    const moved = file && movePlace(each, checked(each.fileName) ?? file.text, file.text);
    return moved ? { file, start: moved.start, length: moved.length } : null;
  };
  const at = locate(place);
  if (at === null) return null;
  const code = codeNumber(diagnostic.code);
  const help = diagnostic.help === undefined ? "" : `\nhelp: ${diagnostic.help}`;
  const label = place.label === undefined ? "" : ` (${place.label})`;
  return {
    ...at,
    code,
    source: "stepwright",
    category: findCategory(typescript, diagnostic),
    messageText: `${diagnostic.message}${label} [${diagnostic.code}]${help}`,
    relatedInformation: related.flatMap((each) => {
      const there = locate(each);
      const category = typescript.DiagnosticCategory.Message;
      return there ? [{ ...there, code, category, messageText: each.label ?? "this belongs to it" }] : [];
    }),
  };
}

function findCategory({ DiagnosticCategory }: typeof ts, { severity }: Diagnostic): ts.DiagnosticCategory {
  if (severity === "error") return DiagnosticCategory.Error;
  // Editors show a `Message` as an error.
  return severity === "warning" ? DiagnosticCategory.Warning : DiagnosticCategory.Suggestion;
}
