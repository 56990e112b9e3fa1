import type { Span } from "../2-model/span.js";

/**
 * The word at `position` of a text that is written as a plain literal at `span`; the whole span when the literal has
 * escapes, is over several lines or is built from parts, where positions in the text and in the source differ.
 */
export function narrowToText(span: Span, text: string, position: number): Span {
  const isPlain = span.line === span.endLine && span.end - span.start === text.length + 2;
  if (!isPlain || position < 0 || position >= text.length) return span;
  const [word = ""] = /^(?:[\p{L}\p{N}_]+|\S)/u.exec(text.slice(position)) ?? [];
  if (word === "") return span;
  const offset = 1 + position;
  return {
    ...span,
    start: span.start + offset,
    end: span.start + offset + word.length,
    column: span.column + offset,
    endColumn: span.column + offset + word.length,
  };
}
