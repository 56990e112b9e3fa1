import { ts } from "ts-morph";
import type { WaiverModel } from "../model.js";
import { spanBetween, spanOf, type Reading } from "../reading.js";

const waiver =
  /(?:\/\/|\/\*|\*|#)[ \t]*stepwright-allow[ \t]+([\w-]+)(?:[ \t]*:[ \t]*([^\n\r]*?))?[ \t]*(?:\*\/\}?)?[ \t]*\r?$/gm;

/** `// stepwright-allow <code>: reason`, behind the code or on the line before it. */
export function readWaivers(reading: Reading): WaiverModel[] {
  const found: WaiverModel[] = [];
  for (const file of reading.source.files) {
    if (!file.text.includes("stepwright-allow")) continue;
    for (const match of file.text.matchAll(waiver)) {
      const [whole, code = "", reason = ""] = match;
      const start = match.index;
      found.push({
        code,
        reason: reason.trim(),
        span: spanBetween(reading, file, start, start + whole.trimEnd().length),
        removable: /^(?:\/\/|\/\*.*\*\/$)/.test(whole.trimEnd()),
        covers: coveredBy(reading, file, start),
      });
    }
  }
  return found;
}

function coveredBy(reading: Reading, file: ts.SourceFile, position: number): WaiverModel["covers"] {
  const lineStarts = file.getLineStarts();
  const { line } = file.getLineAndCharacterOfPosition(position);
  const lineStart = lineStarts[line] ?? 0;
  if (file.text.slice(lineStart, position).trim() !== "") {
    return spanBetween(reading, file, lineStart, (lineStarts[line + 1] ?? file.end + 1) - 1);
  }
  const node = nodeAfter(file, position);
  return node ? spanOf(reading, node) : spanBetween(reading, file, lineStart, position);
}

/** The outermost node that begins behind the comment: the whole definition, statement or property. */
function nodeAfter(file: ts.SourceFile, position: number): ts.Node | null {
  let current: ts.Node = file;
  for (;;) {
    let next: ts.Node | null = null;
    let inside: ts.Node | null = null;
    ts.forEachChild(current, (child) => {
      const start = child.getStart(file);
      if (start >= position) next ??= child;
      else if (child.end > position) inside = child;
    });
    if (inside === null) return next;
    current = inside;
  }
}
