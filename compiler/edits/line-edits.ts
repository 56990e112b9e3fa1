import type { TextEdit } from "./text-edit.js";

/** Of texts whose differing middle has more pairs of lines than this, the middle is one edit. */
const mostPairs = 4_000_000;

/** The edits of whole lines that make `after` of `before`. */
export function findLineEdits(before: string, after: string): TextEdit[] {
  const [old, young] = [splitLines(before), splitLines(after)];
  let from = 0;
  while (from < old.length && from < young.length && old[from] === young[from]) from++;
  let [oldEnd, youngEnd] = [old.length, young.length];
  while (oldEnd > from && youngEnd > from && old[oldEnd - 1] === young[youngEnd - 1]) {
    oldEnd--;
    youngEnd--;
  }
  const kept = matchLines(old.slice(from, oldEnd), young.slice(from, youngEnd));
  const starts = [0];
  for (const line of old) starts.push((starts.at(-1) ?? 0) + line.length);
  const edits: TextEdit[] = [];
  let [oldAt, youngAt] = [from, from];
  for (const [oldLine, youngLine] of [
    ...kept.map(([a, b]) => [a + from, b + from] as const),
    [oldEnd, youngEnd] as const,
  ]) {
    if (oldLine > oldAt || youngLine > youngAt) {
      const [start = 0, end = 0] = [starts[oldAt], starts[oldLine]];
      edits.push({ start, end, text: young.slice(youngAt, youngLine).join("") });
    }
    [oldAt, youngAt] = [oldLine + 1, youngLine + 1];
  }
  return edits;
}

function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** The longest common subsequence, as pairs of indexes. */
function matchLines(old: readonly string[], young: readonly string[]): (readonly [number, number])[] {
  const [height, width] = [old.length, young.length];
  if (height * width > mostPairs) return [];
  const lengths = Array.from({ length: height + 1 }, () => new Uint16Array(width + 1));
  const at = (row: number, column: number): number => lengths[row]?.[column] ?? 0;
  for (let row = height - 1; row >= 0; row--) {
    for (let column = width - 1; column >= 0; column--) {
      const best =
        old[row] === young[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
      lengths[row]?.fill(best, column, column + 1);
    }
  }
  const pairs: (readonly [number, number])[] = [];
  for (let [row, column] = [0, 0]; row < height && column < width;) {
    if (old[row] === young[column]) pairs.push([row++, column++]);
    else if (at(row + 1, column) >= at(row, column + 1)) row++;
    else column++;
  }
  return pairs;
}
