import { applyEdits, sortEdits, type TextEdit } from "./text-edit.js";

const context = 3;

interface Region {
  /** Lines of the file as it was, from 0; `end` is not among them. */
  readonly start: number;
  readonly end: number;
  readonly lines: readonly string[];
}

/** The changes of one file as a unified diff, with three lines around each; empty when nothing changes. */
export function renderDiff(path: string, text: string, edits: readonly TextEdit[]): string {
  const old = splitLines(text);
  const regions = listRegions(text, old, edits).filter(
    ({ start, end, lines }) => !isSame(old.slice(start, end), lines),
  );
  if (regions.length === 0) return "";
  let shift = 0;
  const hunks = groupRegions(regions).map((group) => {
    const first = Math.max(0, (group[0]?.start ?? 0) - context);
    const last = Math.min(old.length, (group.at(-1)?.end ?? 0) + context);
    const body: string[] = [];
    let at = first;
    let grown = 0;
    for (const { start, end, lines } of group) {
      body.push(...old.slice(at, start).map((line) => ` ${line}`));
      body.push(...old.slice(start, end).map((line) => `-${line}`), ...lines.map((line) => `+${line}`));
      at = end;
      grown += lines.length - (end - start);
    }
    body.push(...old.slice(at, last).map((line) => ` ${line}`));
    const head = `@@ -${first + 1},${last - first} +${first + 1 + shift},${last - first + grown} @@`;
    shift += grown;
    return [head, ...body].join("\n");
  });
  return [`--- a/${path}`, `+++ b/${path}`, ...hunks, ""].join("\n");
}

function splitLines(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Whole lines that the edits touch; edits of one line are one region. What stays at their ends is cut off. */
function listRegions(text: string, old: readonly string[], edits: readonly TextEdit[]): Region[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  const lineAt = (position: number): number => {
    let low = 0;
    for (let high = starts.length; high - low > 1;) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= position) low = middle;
      else high = middle;
    }
    return low;
  };
  const groups: { start: number; end: number; edits: TextEdit[] }[] = [];
  for (const edit of sortEdits(edits)) {
    const start = lineAt(edit.start);
    const end = Math.min(lineAt(edit.end) + 1, Math.max(old.length, start));
    const last = groups.at(-1);
    if (last && start < last.end) {
      last.end = Math.max(last.end, end);
      last.edits.push(edit);
    } else groups.push({ start, end, edits: [edit] });
  }
  return groups.map((group) => {
    const from = starts[group.start] ?? text.length;
    const moved = group.edits.map((edit) => ({ ...edit, start: edit.start - from, end: edit.end - from }));
    const changed = applyEdits(text.slice(from, starts[group.end] ?? text.length), moved);
    return trimRegion(old, group.start, group.end, splitLines(changed));
  });
}

function trimRegion(old: readonly string[], from: number, to: number, changed: string[]): Region {
  let [start, end] = [from, to];
  const lines = [...changed];
  while (start < end && lines.length > 0 && old[start] === lines[0]) {
    lines.shift();
    start++;
  }
  while (end > start && lines.length > 0 && old[end - 1] === lines.at(-1)) {
    lines.pop();
    end--;
  }
  return { start, end, lines };
}

function groupRegions(regions: readonly Region[]): Region[][] {
  const groups: Region[][] = [];
  for (const region of regions) {
    const last = groups.at(-1);
    if (last && region.start - (last.at(-1)?.end ?? 0) <= 2 * context) last.push(region);
    else groups.push([region]);
  }
  return groups;
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((line, index) => line === right[index]);
}
