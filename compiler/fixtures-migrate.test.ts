/**
 * Every folder of `fixtures/migrate` is a case: `before` becomes `after`, and what is left is `left.txt`.
 * UPDATE_GOLDENS=1 rewrites.
 */
import { execFile } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { compile } from "./index.js";
import { openSource } from "./phases/1-source/open-source.js";
import { readProjectConfig } from "./phases/1-source/project-config.js";
import { type Migration, migrate } from "./phases/2-model/migrate/migrate.js";
import { applyEdits } from "./edits/text-edit.js";
import { renderDiff } from "./edits/unified-diff.js";

const repository = fileURLToPath(new URL("..", import.meta.url));
const casesFolder = path.join(repository, "fixtures/migrate");
const entries = await readdir(casesFolder, { withFileTypes: true });
const cases = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
const update = process.env["UPDATE_GOLDENS"] === "1";

const migrateFolder = (folder: string): Migration => migrate(openSource(readProjectConfig(folder, undefined)));

describe("fixtures/migrate", () => {
  it.each(cases)("%s", { timeout: 60_000 }, async (name) => {
    const [before, after] = ["before", "after"].map((part) => path.join(casesFolder, name, part)) as [string, string];
    const { files, left } = migrateFolder(before);
    if (update) {
      await rm(after, { recursive: true, force: true });
      await mkdir(after);
      await cp(before, after, { recursive: true });
    }
    const changed = new Map(files.map(({ fileName, text }) => [path.relative(before, fileName), text]));
    for (const file of await readdir(before)) {
      const text = changed.get(file) ?? (await readFile(path.join(before, file), "utf8"));
      if (update) await writeFile(path.join(after, file), text);
      else expect(text, file).toBe(await readFile(path.join(after, file), "utf8"));
    }
    const report = left
      .map(({ code, span, reason }) => `${span.file}:${span.line}:${span.column}: ${code}: ${reason}\n`)
      .join("");
    const reportFile = path.join(casesFolder, name, "left.txt");
    if (update) await writeFile(reportFile, report);
    else expect(report).toBe(await readFile(reportFile, "utf8"));

    // Once more changes nothing, and what is left is the same.
    const again = migrateFolder(after);
    expect(again.files).toEqual([]);
    // An event that had a type by the schemas has none any more: it is named while they go.
    const stay = left.filter(({ code }) => code !== "untyped-event");
    expect(again.left.map(({ reason }) => reason)).toEqual(stay.map(({ reason }) => reason));
    expect(readManifest(after)).toEqual(readManifest(before));
  });

  it("type-checks before and after", { timeout: 120_000 }, async () => {
    const tsc = path.join(repository, "node_modules/typescript/bin/tsc");
    const check = promisify(execFile)(process.execPath, [tsc, "-p", casesFolder]);
    const output = await check.then(
      () => "",
      (error: { stdout?: string }) => error.stdout ?? String(error),
    );
    expect(output).toBe("");
  });
});

/** Without what says where something is, and in which form it was written. */
const positional = new Set(["location", "export", "hash", "manifestHash", "contentHash", "control", "before"]);

function readManifest(folder: string): unknown {
  const { manifest, diagnostics } = compile({ cwd: folder });
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return JSON.parse(JSON.stringify(manifest, (key, value: unknown) => (positional.has(key) ? undefined : value)));
}

describe("renderDiff", () => {
  const text = Array.from({ length: 30 }, (_, index) => `line ${index + 1}\n`).join("");
  const at = (line: number): number => text.indexOf(`line ${line}\n`);

  it("shows three lines around each change, and near ones together", () => {
    const edits = [
      { start: at(2), end: at(3), text: "" },
      { start: at(5), end: at(5), text: "new\n" },
      { start: at(25), end: at(25) + 4, text: "LINE" },
    ];
    expect(applyEdits(text, edits)).toContain("line 4\nnew\nline 5");
    expect(renderDiff("a.ts", text, edits)).toMatchInlineSnapshot(`
      "--- a/a.ts
      +++ b/a.ts
      @@ -1,7 +1,7 @@
       line 1
      -line 2
       line 3
       line 4
      +new
       line 5
       line 6
       line 7
      @@ -22,7 +22,7 @@
       line 22
       line 23
       line 24
      -line 25
      +LINE 25
       line 26
       line 27
       line 28
      "
    `);
  });

  it("is empty when the text stays", () => {
    expect(renderDiff("a.ts", text, [{ start: at(4), end: at(5), text: "line 4\n" }])).toBe("");
  });
});
