import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

import type { Diagnostic, Edit } from "../diagnostics/diagnostic.js";
import { compile } from "../index.js";
import { guessDuration } from "../phases/3-check/duration-fix.js";
import { applyFixes } from "./apply-fixes.js";
import { fixApplication } from "./fix-application.js";
import { fixUntilStable } from "./fix-until-stable.js";
import { findLineEdits } from "./line-edits.js";
import { replaceTexts } from "./replace-texts.js";
import { applyEdits } from "./text-edit.js";
import { renderDiff } from "./unified-diff.js";

let folder = "";
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "stepwright-fix-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

/** `1:3-1:5=text`, one fix of several edits. */
function fixing(...edits: readonly string[]): Diagnostic {
  const span = { file: "a.ts", line: 1, column: 1, endLine: 1, endColumn: 1 };
  return {
    code: "unawaited-step",
    severity: "error",
    message: "",
    span,
    related: [],
    fixes: [{ title: "", edits: edits.map(readEdit) }],
  };
}

function readEdit(text: string): Edit {
  const [place = "", ...rest] = text.split("=");
  const [line = 0, column = 0, endLine = 0, endColumn = 0] = place.split(/[:-]/).map(Number);
  return { span: { file: "a.ts", line, column, endLine, endColumn }, text: rest.join("=") };
}

test.each<[string, string, Diagnostic[], string | undefined, number]>([
  ["two places", "one\ntwo\n", [fixing("1:1-1:4=1"), fixing("2:1-2:1=x ")], "1\nx two\n", 2],
  ["Windows' lines", "one\r\ntwo\r\n", [fixing("2:1-2:4=2")], "one\r\n2\r\n", 1],
  ["an overlap", "abcdef", [fixing("1:1-1:4=x"), fixing("1:3-1:6=y")], "xdef", 1],
  ["all edits or none", "abcdef", [fixing("1:1-1:4=x"), fixing("1:5-1:6=y", "1:2-1:3=z")], "xdef", 1],
  ["the same fix twice", "abc", [fixing("1:1-1:1=x"), fixing("1:1-1:1=x")], "xabc", 2],
  ["two insertions at one place", "abc", [fixing("1:1-1:1=x"), fixing("1:1-1:1=y")], "xabc", 1],
  ["a place that is not there", "abc", [fixing("7:1-7:2=x")], undefined, 0],
  ["a comment on a line of its own", "a\n  // b\nc\n", [fixing("2:3-2:7=")], "a\nc\n", 1],
  ["a comment behind code", "a; // b\nc\n", [fixing("1:4-1:8=")], "a;\nc\n", 1],
])("applies %s", (_name, text, diagnostics, fixed, applied) => {
  const result = applyFixes(diagnostics, () => text);
  expect(result.files.map((file) => file.text)).toEqual(fixed === undefined ? [] : [fixed]);
  expect(result.applied).toBe(applied);
});

test("a round that makes more errors is taken back", () => {
  const check = (changed: ReadonlyMap<string, string>) => ({
    diagnostics: changed.size === 0 ? [fixing("1:1-1:2=x")] : [fixing("1:1-1:2=y"), fixing("1:2-1:3=y")],
  });
  expect(fixUntilStable(check, () => "abc")).toMatchObject({ changed: new Map(), applied: 0 });
});

test("fixes that undo each other come to an end", () => {
  const fixed = fixUntilStable(
    (changed) => ({ diagnostics: [fixing(changed.get("a.ts") === "b" ? "1:1-1:2=a" : "1:1-1:2=b")] }),
    () => "a",
  );
  expect(fixed.applied).toBe(10);
});

const wrong = `import { Stepwright } from "stepwright";
const client = new Stepwright({ id: "shop" });
export const order = client.createFunction(
  { id: "order", timeouts: { start: "PT1H30M" } },
  { event: "order/paid" },
  async ({ step }) => {
    step.run("pack", () => 1);
    const list = [0].map((x) => step.run("tell", () => x));
    await Promise.all([step.run('ship', () => 1), step.run('ship', () => 2), step.run('ship', () => 3)]);
    // stepwright-allow nested-step: there was one
    await step.sleep("rest", "5 minuets");
    await Promise.all(list);
  },
);
`;

test("repairs an application until nothing safe is left, and shows how", () => {
  write("tsconfig.json", `{"compilerOptions":{"module":"nodenext","strict":true}}`);
  write("order.ts", wrong);
  const { compilation, texts, applied } = fixApplication({ project: folder });
  const [text] = texts;
  if (!text || texts.length > 1) throw new Error("one file was to be fixed");
  expect(renderDiff("order.ts", text.before, findLineEdits(text.before, text.after))).toBe(`--- a/order.ts
+++ b/order.ts
@@ -1,14 +1,13 @@
 import { Stepwright } from "stepwright";
 const client = new Stepwright({ id: "shop" });
 export const order = client.createFunction(
-  { id: "order", timeouts: { start: "PT1H30M" } },
+  { id: "order", timeouts: { start: "1h 30m" } },
   { event: "order/paid" },
   async ({ step }) => {
-    step.run("pack", () => 1);
+    await step.run("pack", () => 1);
     const list = [0].map((x) => step.run("tell", () => x));
-    await Promise.all([step.run('ship', () => 1), step.run('ship', () => 2), step.run('ship', () => 3)]);
-    // stepwright-allow nested-step: there was one
-    await step.sleep("rest", "5 minuets");
+    await Promise.all([step.run('ship', () => 1), step.run("ship-2", () => 2), step.run("ship-3", () => 3)]);
+    await step.sleep("rest", "5 minutes");
     await Promise.all(list);
   },
 );
`);
  expect(applied).toBe(6);
  // What is left needs a person.
  expect(compilation.diagnostics.map(({ code }) => code)).toEqual(["duplicate-step-id"]);
  expect(compilation.manifest).not.toBeNull();
  expect(readFileSync(join(folder, "order.ts"), "utf8")).toBe(wrong);
});

test("what is written is what was compiled, with mark and mode", async () => {
  write("tsconfig.json", `{"compilerOptions":{"module":"nodenext","strict":true}}`);
  write("order.ts", `\uFEFF${wrong}`);
  chmodSync(join(folder, "order.ts"), 0o640);
  const { compilation, texts } = fixApplication({ project: folder });
  await replaceTexts(texts);
  expect(readdirSync(folder).sort()).toEqual(["order.ts", "tsconfig.json"]);
  expect(readFileSync(join(folder, "order.ts"), "utf8").startsWith("\uFEFFimport")).toBe(true);
  expect(statSync(join(folder, "order.ts")).mode & 0o777).toBe(0o640);
  expect(compile({ project: folder })).toEqual(compilation);
});

test("a file that was changed in the meantime is not overwritten, nor is another one then", async () => {
  write("a.ts", "a");
  write("b.ts", "other");
  const texts = ["a.ts", "b.ts"].map((name) => ({ path: join(folder, name), before: name[0] ?? "", after: "new" }));
  await expect(replaceTexts(texts)).rejects.toThrow("b.ts` has changed in the meantime");
  expect(readFileSync(join(folder, "a.ts"), "utf8")).toBe("a");
  expect(readdirSync(folder).sort()).toEqual(["a.ts", "b.ts"]);
});

test.each([
  ["PT1H30M", "1h 30m"],
  ["P1D", "1d"],
  ["5 minuets", "5 minutes"],
  ["5 min.", "5 min"],
  ["1 hour and 30 mins", "1 hour 30 mins"],
  ["2 Hourss", "2 hours"],
  ["P1Y", null],
  ["P", null],
  ["5 q", null],
  ["5 fortnights", null],
  ["soon", null],
  ["5 minutes", null],
  ["-5 minutes", null],
])("`%s` means %s", (text, meant) => {
  expect(guessDuration(text)).toBe(meant);
});

test.each([
  ["", "a\nb\n"],
  ["a\nb\nc\n", "a\nc\n"],
  ["a\nb\nc", "x\na\nb\ny\nc"],
  ["a\nb\n", "b\na\n"],
  ["a", "b"],
])("edits of lines make %j of %j", (before, after) => {
  expect(applyEdits(before, findLineEdits(before, after))).toBe(after);
});
