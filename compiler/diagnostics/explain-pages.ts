/** The page of each code: what it is, why it fails in production, a wrong and a right program, how to waive it. */
import { readFileSync } from "node:fs";

import { packageFile } from "../../runtime/manifest/package-files.js";
import type { DiagnosticCode } from "./codes.js";

/** The page as Markdown. */
export function readExplainPage(code: DiagnosticCode): string {
  return readFileSync(packageFile(`compiler/diagnostics/explain/${code}.md`), "utf8");
}

export interface ExplainExamples {
  /** Programs of the ❌ sections: each gives exactly the page's code. */
  readonly wrong: readonly string[];
  /** Programs of the ✅ sections: each gives no diagnostic. */
  readonly right: readonly string[];
}

/** The TypeScript programs of a page, by the mark in the heading above them. */
export function listExplainExamples(page: string): ExplainExamples {
  const wrong: string[] = [];
  const right: string[] = [];
  for (const section of page.split(/^## /m).slice(1)) {
    const into = section.startsWith("❌") ? wrong : section.startsWith("✅") ? right : null;
    for (const [, program = ""] of section.matchAll(/^```ts\n(.*?)^```$/gms)) into?.push(program);
  }
  return { wrong, right };
}
