import { expect, test } from "vitest";

import { listDiagnosticCodes } from "./codes.js";
import type { Diagnostic } from "./diagnostic.js";
import { readExplainPage } from "./explain-pages.js";
import { renderGithub } from "./render-github.js";
import { renderJson } from "./render-json.js";
import { renderSarif } from "./render-sarif.js";

const span = { file: "src/a b,c:d.ts", line: 3, column: 5, endLine: 3, endColumn: 9 };
const diagnostic: Diagnostic = {
  code: "unknown-event",
  severity: "warning",
  message: "100% of `a::b`\r\nis odd",
  span,
  related: [{ ...span, file: "src/b.ts", label: "declared here" }],
  help: "rename it",
};

test("github escapes what would end a property or a command", () => {
  expect(renderGithub([diagnostic])).toBe(
    "::warning file=src/a b%2Cc%3Ad.ts,line=3,endLine=3,col=5,endColumn=9,title=unknown-event" +
      "::100%25 of `a::b`%0D%0Ais odd%0Asrc/b.ts:3:5: declared here%0Ahelp: rename it\n",
  );
});

test("github calls an info a notice and leaves out columns of spans over several lines", () => {
  const printed = renderGithub([{ ...diagnostic, severity: "info", span: { ...span, endLine: 4 } }]);
  expect(printed).toMatch(/^::notice file=[^,]+,line=3,endLine=4,title=/);
});

test("json has every field and the counts", () => {
  const document: unknown = JSON.parse(renderJson([diagnostic]));
  expect(document).toMatchObject({
    version: 1,
    counts: { error: 0, warning: 1, info: 0 },
    diagnostics: [
      {
        code: "unknown-event",
        severity: "warning",
        span: { ...span, label: null },
        related: [{ file: "src/b.ts", label: "declared here" }],
        help: "rename it",
      },
    ],
  });
});

test("sarif names the rule by id and index and writes files as escaped references", () => {
  const log = JSON.parse(renderSarif([diagnostic], { root: "/app", version: "1.2.3" }));
  expect(log.version).toBe("2.1.0");
  const [run] = log.runs;
  const [result] = run.results;
  expect(run.tool.driver.rules[result.ruleIndex].id).toBe("unknown-event");
  expect(run.originalUriBaseIds.ROOT.uri).toBe("file:///app/");
  expect(result).toMatchObject({
    ruleId: "unknown-event",
    level: "warning",
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: "src/a%20b%2Cc%3Ad.ts", uriBaseId: "ROOT" },
          region: { startLine: 3, startColumn: 5, endLine: 3, endColumn: 9 },
        },
      },
    ],
    relatedLocations: [{ id: 1, message: { text: "declared here" } }],
  });
});

test("sarif explains each rule with its page", () => {
  const { rules } = JSON.parse(renderSarif([], { root: "/app", version: "1" })).runs[0].tool.driver;
  expect(rules.map(({ id }: { id: string }) => id)).toEqual(listDiagnosticCodes());
  for (const { id, help } of rules) expect(help).toEqual({ text: readExplainPage(id), markdown: readExplainPage(id) });
});

test("sarif of nothing is a run without results", () => {
  expect(JSON.parse(renderSarif([], { root: "/app", version: "1" })).runs[0].results).toEqual([]);
});

const fix = { title: "record it", edits: [{ span, text: "await it" }] };

test("json and sarif carry the edits of a fix", () => {
  const document = JSON.parse(renderJson([{ ...diagnostic, fixes: [fix] }]));
  expect(document.diagnostics[0].fixes).toEqual([
    { title: "record it", edits: [{ span: { ...span, label: null }, text: "await it" }] },
  ]);
  const log = JSON.parse(renderSarif([{ ...diagnostic, fixes: [fix] }], { root: "/app", version: "1.2.3" }));
  expect(log.runs[0].results[0].fixes).toEqual([
    {
      description: { text: "record it" },
      artifactChanges: [
        {
          artifactLocation: { uri: "src/a%20b%2Cc%3Ad.ts", uriBaseId: "ROOT" },
          replacements: [
            {
              deletedRegion: { startLine: 3, startColumn: 5, endLine: 3, endColumn: 9 },
              insertedContent: { text: "await it" },
            },
          ],
        },
      ],
    },
  ]);
});
