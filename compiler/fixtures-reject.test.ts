/**
 * `fixtures/reject/<code>/<case>`: a program, and in `expected.txt` what the compiler says about it. A case whose name
 * begins with `good-` is a near miss, about which that code says nothing. `UPDATE_GOLDENS=1` writes what is said now.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

import { renderText } from "./diagnostics/render-text.js";
import { readSourceLines } from "./diagnostics/source-lines.js";
import { compile } from "./index.js";

const folder = fileURLToPath(new URL("../fixtures/reject", import.meta.url));

const cases = readdirSync(folder).flatMap((code) =>
  readdirSync(join(folder, code)).map((name) => [code, name] as const),
);

test.each(cases)("%s: %s", (code, name) => {
  const project = join(folder, code, name);
  const { diagnostics, root } = compile({ project, now: Date.UTC(2026, 0, 1) });
  const said = renderText(diagnostics, { sources: readSourceLines(root), color: false });
  const golden = join(project, "expected.txt");
  if (process.env["UPDATE_GOLDENS"] === "1") writeFileSync(golden, said);
  expect(said).toBe(existsSync(golden) ? readFileSync(golden, "utf8") : "");
  const codes = new Set<string>(diagnostics.map((diagnostic) => diagnostic.code));
  expect(codes.has(code)).toBe(!name.startsWith("good-"));
});
