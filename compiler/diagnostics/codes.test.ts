import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

import { listDiagnosticCodes } from "./codes.js";
import { listExplainExamples, readExplainPage } from "./explain-pages.js";

const codes = listDiagnosticCodes();

function listNames(folder: string, extension: string): string[] {
  const path = fileURLToPath(new URL(folder, import.meta.url));
  return readdirSync(path)
    .filter((name) => name.endsWith(extension) && !name.endsWith(`.test${extension}`))
    .map((name) => name.slice(0, name.length - extension.length))
    .sort();
}

test("each code has a rule, and each rule a code", () => {
  expect(listNames("../phases/3-check/rules", ".ts")).toEqual(codes);
});

test("each code has a page, and each page a code", () => {
  expect(listNames("./explain", ".md")).toEqual(codes);
});

test("each code has fixtures, and each fixture folder a code", () => {
  expect(listNames("../../fixtures/reject", "")).toEqual(codes);
});

test.each(codes)("%s has wrong programs and near misses", (code) => {
  const cases = listNames(`../../fixtures/reject/${code}`, "");
  const near = cases.filter((name) => name.startsWith("good-"));
  expect(near.length).toBeGreaterThan(0);
  expect(cases.length - near.length).toBeGreaterThan(0);
  for (const name of cases) {
    const expected = new URL(`../../fixtures/reject/${code}/${name}/expected.txt`, import.meta.url);
    expect(existsSync(expected), `${code}/${name}/expected.txt`).toBe(true);
  }
});

test.each(codes)("the page of %s says what, why and how to waive, with a wrong and a right program", (code) => {
  const page = readExplainPage(code);
  expect(page.split("\n", 1)).toEqual([`# ${code}`]);
  const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual(["Why it fails in production", "❌ Wrong", "✅ Right", "Waiving it"]);
  const examples = listExplainExamples(page);
  expect(examples.wrong.length).toBeGreaterThan(0);
  expect(examples.right.length).toBeGreaterThan(0);
});
