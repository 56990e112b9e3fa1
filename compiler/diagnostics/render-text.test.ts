import { expect, test } from "vitest";

import type { Diagnostic, LabelledSpan } from "./diagnostic.js";
import { renderText } from "./render-text.js";
import { splitLines, type SourceLines } from "./source-lines.js";

/** The span of the first occurrence of `needle` in `text`. */
function find(file: string, text: string, needle: string, label?: string): LabelledSpan {
  const start = text.indexOf(needle);
  const before = splitLines(text.slice(0, start));
  const within = splitLines(text.slice(0, start + needle.length));
  return {
    file,
    line: before.length,
    column: (before.at(-1) ?? "").length + 1,
    endLine: within.length,
    endColumn: (within.at(-1) ?? "").length + 1,
    label,
  };
}

function sourcesOf(files: Record<string, string>): SourceLines {
  return (file, line) => splitLines(files[file] ?? "")[line - 1] ?? null;
}

function diagnosticAt(span: LabelledSpan, related: LabelledSpan[] = [], help?: string): Diagnostic {
  return {
    code: "duplicate-step-id",
    severity: "error",
    message: "the step id `a` is used twice",
    span,
    related,
    help,
  };
}

test("prints two places of one file in one frame, the primary one with carets", () => {
  const text = `${"\n".repeat(7)}  await step.run("a", f)\n\n  await step.run("a", g)\n`;
  const second = find("src/f.ts", text.replace('"a"', "···"), '"a"', "used again here");
  const first = find("src/f.ts", text, '"a"', "first used here");
  const printed = renderText([diagnosticAt(second, [first], "give it another id")], {
    sources: sourcesOf({ "src/f.ts": text }),
    color: false,
  });
  expect(printed).toBe(
    [
      "error[duplicate-step-id]: the step id `a` is used twice",
      "  ┌─ src/f.ts:10:18",
      ' 8│   await step.run("a", f)',
      "  │                  ─── first used here".replace("│", " "),
      '10│   await step.run("a", g)',
      "                     ^^^ used again here",
      "  = help: give it another id",
      "  = page: stepwright explain duplicate-step-id",
      "",
    ].join("\n"),
  );
});

test("opens another frame for another file", () => {
  const a = 'export const a = { id: "x" };';
  const b = 'export const b = { id: "x" };';
  const printed = renderText([diagnosticAt(find("b.ts", b, '"x"'), [find("a.ts", a, '"x"', "first used here")])], {
    sources: sourcesOf({ "a.ts": a, "b.ts": b }),
    color: false,
  });
  expect(printed).toContain(
    ' ┌─ b.ts:1:24\n1│ export const b = { id: "x" };\n                          ^^^\n ┌─ a.ts:1:24\n',
  );
});

test("keeps underlines below tabs, wide and combining characters", () => {
  const text = '\tconst 名前 = "e\u0301", x = "a";';
  const printed = renderText([diagnosticAt(find("a.ts", text, '"a"'))], {
    sources: sourcesOf({ "a.ts": text }),
    color: false,
  });
  const [, , source = "", marks = ""] = printed.split("\n");
  expect(source).toBe('1│     const 名前 = "e\u0301", x = "a";');
  // Two cells more for the two wide characters, one less for the accent.
  expect(marks.indexOf("^")).toBe(source.indexOf('"a"') + 2 - 1);
});

test("shows control characters and direction overrides instead of sending them to the terminal", () => {
  const text = 'const x = "\u001b[31m\u202e";';
  const printed = renderText([{ ...diagnosticAt(find("a.ts", text, "x")), message: "bad \u001b[2J\nsecond" }], {
    sources: sourcesOf({ "a.ts": text }),
    color: false,
  });
  expect(printed).not.toMatch(/[\u001b\u202e]/);
  expect(printed).toContain("bad ␛[2J␊second");
});

test("cuts a very long line around the place", () => {
  const text = `${"x;".repeat(5000)}BAD;${"y;".repeat(5000)}`;
  const printed = renderText([diagnosticAt(find("a.ts", text, "BAD"))], {
    sources: sourcesOf({ "a.ts": text }),
    color: false,
  });
  const [, , source = "", marks = ""] = printed.split("\n");
  expect(source.length).toBeLessThan(150);
  expect(source.slice(marks.indexOf("^"), marks.lastIndexOf("^") + 1)).toBe("BAD");
});

test("underlines the first line of a span over several", () => {
  const text = "call(\n  1,\n);\n";
  const printed = renderText([diagnosticAt(find("a.ts", text, text.trim()))], {
    sources: sourcesOf({ "a.ts": text }),
    color: false,
  });
  expect(printed).toContain("1│ call(\n   ^^^^^\n");
});

test("prints the place and the label without the source", () => {
  const printed = renderText([diagnosticAt(find("a.ts", "gone", "gone", "here"))], {
    sources: () => null,
    color: false,
  });
  expect(printed).toContain(" ┌─ a.ts:1:1\n1│\n   ^ here\n");
});

test("colours only when asked", () => {
  const options = { sources: sourcesOf({}), color: true };
  expect(renderText([diagnosticAt(find("a.ts", "gone", "gone"))], options)).toContain("\u001b[31m");
});
