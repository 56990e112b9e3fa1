import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

import { compile } from "../index.js";
import { listDiagnosticCodes } from "./codes.js";
import { listExplainExamples, readExplainPage } from "./explain-pages.js";

const repository = fileURLToPath(new URL("../..", import.meta.url));
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "stepwright-explain-"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(repository, join(folder, "node_modules/stepwright"));
  symlinkSync(join(repository, "node_modules/zod"), join(folder, "node_modules/zod"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const examples = listDiagnosticCodes().flatMap((code) => {
  const { wrong, right } = listExplainExamples(readExplainPage(code));
  return [
    ...wrong.map((program, index) => ({ code, mark: "❌", index, program, expected: [code] })),
    ...right.map((program, index) => ({ code, mark: "✅", index, program, expected: [] })),
  ];
});

test.each(examples)("$code $mark $index", ({ code, mark, index, program, expected }) => {
  const project = join(folder, `${code}-${mark === "❌" ? "wrong" : "right"}-${index}`);
  mkdirSync(project);
  writeFileSync(join(project, "example.ts"), program);
  const codes = compile({ project }).diagnostics.map((diagnostic) => diagnostic.code);
  expect([...new Set(codes)]).toEqual(expected);
});
