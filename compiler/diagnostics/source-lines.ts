/** The source lines that code frames show. Diagnostics carry positions only; the text is looked up when they print. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

/** Gives a line (from 1) of a file, without its line break; null when the file or the line is not there. */
export type SourceLines = (file: string, line: number) => string | null;

/** Reads from below `root`, each file once, and only when a frame asks for it. */
export function readSourceLines(root: string): SourceLines {
  const files = new Map<string, readonly string[]>();
  return (file, line) => {
    let lines = files.get(file);
    if (!lines) {
      lines = splitLines(readText(resolve(root, file)));
      files.set(file, lines);
    }
    return lines[line - 1] ?? null;
  };
}

/** The line breaks of TypeScript: the separators U+2028 and U+2029 count as well. */
export function splitLines(text: string): string[] {
  return text.split(/\r\n|[\n\r\u2028\u2029]/);
}

/** A file that has gone since the build began costs its frame, not the diagnostic. */
function readText(path: string): string {
  try {
    return readFileSync(path, "utf8").replace(/^\ufeff/, "");
  } catch {
    return "";
  }
}
