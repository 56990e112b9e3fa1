/** Diagnostics as a person reads them in a terminal: the message, then a code frame for each place, then the help. */
import { createColors } from "picocolors";

import type { Diagnostic, LabelledSpan, Severity } from "./diagnostic.js";
import type { SourceLines } from "./source-lines.js";
import { layOutLine, makePrintable } from "./terminal-text.js";

export interface TextOptions {
  readonly sources: SourceLines;
  readonly color: boolean;
}

type Colors = ReturnType<typeof createColors>;

/** A span that the frame underlines; the primary one with `^`, the others with `─`. */
interface Mark {
  readonly span: LabelledSpan;
  readonly primary: boolean;
}

/** Cells of source that a frame shows at most: a minified file must not fill the screen. */
const widestFrame = 140;

/** All diagnostics, a blank line between two; empty text for none. */
export function renderText(diagnostics: readonly Diagnostic[], options: TextOptions): string {
  const colors = createColors(options.color);
  return diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, options.sources, colors)).join("\n");
}

function renderDiagnostic(diagnostic: Diagnostic, sources: SourceLines, colors: Colors): string {
  const paint = colorOf(diagnostic.severity, colors);
  const marks: Mark[] = [
    { span: diagnostic.span, primary: true },
    ...diagnostic.related.map((span) => ({ span, primary: false })),
  ];
  const gutter = String(Math.max(...marks.map((mark) => mark.span.line))).length;
  const lines = [
    `${paint(`${diagnostic.severity}[${diagnostic.code}]`)}${colors.bold(`: ${makePrintable(diagnostic.message)}`)}`,
  ];
  // The primary place opens the first frame; the other files follow in the order in which the rule named them.
  for (const file of new Set(marks.map((mark) => mark.span.file))) {
    const inFile = marks.filter((mark) => mark.span.file === file);
    lines.push(...renderFrame(file, inFile, gutter, sources, paint, colors));
  }
  const margin = " ".repeat(gutter);
  if (diagnostic.help !== undefined) lines.push(`${margin}${colors.blue("=")} help: ${makePrintable(diagnostic.help)}`);
  lines.push(`${margin}${colors.blue("=")} page: stepwright explain ${diagnostic.code}`);
  return `${lines.join("\n")}\n`;
}

function renderFrame(
  file: string,
  marks: readonly Mark[],
  gutter: number,
  sources: SourceLines,
  paint: (text: string) => string,
  colors: Colors,
): string[] {
  const margin = " ".repeat(gutter);
  const first = marks.find((mark) => mark.primary) ?? marks[0];
  if (!first) return [];
  const place = `${makePrintable(file)}:${first.span.line}:${first.span.column}`;
  const lines = [`${margin}${colors.blue("┌─")} ${place}`];
  const numbers = [...new Set(marks.map((mark) => mark.span.line))].sort((left, right) => left - right);
  for (const line of numbers) {
    const onLine = marks.filter((mark) => mark.span.line === line);
    const source = sources(file, line);
    // Without its text the line number still says where, and the labels still say what.
    const window = cutWindow(source ?? "", onLine);
    lines.push(`${colors.blue(`${String(line).padStart(gutter)}│`)} ${window.text}`.trimEnd());
    for (const { mark, from, width } of window.underlines) {
      const draw = mark.primary ? paint("^".repeat(width)) : colors.blue("─".repeat(width));
      const label = mark.span.label === undefined ? "" : ` ${makePrintable(mark.span.label)}`;
      lines.push(`${margin}  ${" ".repeat(from)}${draw}${mark.primary ? paint(label) : colors.blue(label)}`);
    }
  }
  return lines;
}

interface FrameWindow {
  readonly text: string;
  readonly underlines: readonly { readonly mark: Mark; readonly from: number; readonly width: number }[];
}

/** The part of a line that is shown, and where the underlines stand in it, in terminal cells. */
function cutWindow(source: string, marks: readonly Mark[]): FrameWindow {
  const { text, cells } = layOutLine(source);
  const total = cells.at(-1) ?? 0;
  const cellAt = (column: number): number => cells[Math.min(column - 1, cells.length - 1)] ?? 0;
  const underlines = marks.map((mark) => {
    const from = cellAt(mark.span.column);
    // A span over several lines is underlined to the end of its first.
    const to = mark.span.endLine > mark.span.line ? measureTrimmed(source, cells) : cellAt(mark.span.endColumn);
    return { mark, from, width: Math.max(1, to - from) };
  });
  underlines.sort((left, right) => Number(right.mark.primary) - Number(left.mark.primary) || left.from - right.from);
  if (total <= widestFrame) return { text, underlines };
  const start = Math.max(0, Math.min(...underlines.map((underline) => underline.from)) - 20);
  return {
    text: `${start > 0 ? "…" : ""}${sliceCells(text, start, start + widestFrame)}…`,
    underlines: underlines.map(({ mark, from, width }) => {
      const shown = Math.min(from - start, widestFrame) + (start > 0 ? 1 : 0);
      return { mark, from: shown, width: Math.max(1, Math.min(width, widestFrame - shown)) };
    }),
  };
}

/** The cell behind the last character that is not white space. */
function measureTrimmed(source: string, cells: readonly number[]): number {
  return cells[source.trimEnd().length] ?? 0;
}

/** The characters of a laid out line that lie in the cells `from` (included) to `to`. */
function sliceCells(text: string, from: number, to: number): string {
  const { cells } = layOutLine(text);
  let result = "";
  let offset = 0;
  for (const character of text) {
    const cell = cells[offset] ?? 0;
    if (cell >= from && cell < to) result += character;
    offset += character.length;
  }
  return result;
}

function colorOf(severity: Severity, colors: Colors): (text: string) => string {
  switch (severity) {
    case "error":
      return (text) => colors.bold(colors.red(text));
    case "warning":
      return (text) => colors.bold(colors.yellow(text));
    case "info":
      return (text) => colors.bold(colors.cyan(text));
  }
}
