import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

import { compile } from "../index.js";
import { loadConfig } from "./load-config.js";
import { parseConfig } from "./parse-config.js";

let folder = "";
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "stepwright-config-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

test("a configuration is a program, with what it imports of the project", async () => {
  write("levels.ts", `export const quiet: "off" = "off";`);
  write(
    "stepwright.config.ts",
    `import { defineConfig } from "stepwright/config";
     import { basename } from "node:path";
     import { quiet } from "./levels.js";
     export default defineConfig({ rules: { "event-cycle": quiet }, entry: ["src/*.ts"], out: basename("/x/built") });`,
  );
  expect(await loadConfig(folder)).toEqual({
    ok: true,
    path: join(folder, "stepwright.config.ts"),
    config: { rules: { "event-cycle": "off" }, entry: ["src/*.ts"], out: "built" },
  });
});

test("without a file there is nothing to say", async () => {
  expect(await loadConfig(folder)).toEqual({ ok: true, path: null, config: {} });
});

test.each([
  [`throw new Error("no such key")`, /^it cannot be run: no such key$/],
  [`export default {`, /^it cannot be run: .*stepwright\.config\.js:1:16: ERROR/s],
  [`export const config = {}`, /^`config` is not a field/],
])("a file that is none is refused: %s", async (text, reason) => {
  write("stepwright.config.js", text);
  const loaded = await loadConfig(folder);
  expect(loaded).toMatchObject({ ok: false, problems: [expect.stringMatching(reason)] });
});

test.each<[unknown, string]>([
  [7, "the default export is not a configuration: write `export default defineConfig({ … })`"],
  [{ rule: {} }, "`rule` is not a field of the configuration: did you mean `rules`?"],
  [{ rules: { "event-cycel": "off" } }, "`event-cycel` is not a diagnostic code: did you mean `event-cycle`?"],
  [
    { rules: { "event-cycle": "loud" } },
    '`rules["event-cycle"]` is not a level: write one of `error`, `warning`, `info`, `off`',
  ],
  [{ entry: "src" }, "`entry` is not a list"],
  [{ entry: [] }, "`entry` names no file; leave it out to take those of the tsconfig"],
  [{ entry: [7] }, '`entry["0"]` is not a text'],
  [{ out: "" }, "`out` is empty"],
  [JSON.parse('{"__proto__": {}}'), "`__proto__` is not a field of the configuration: it has `rules`, `entry`, `out`"],
])("%j is refused", (exported, problem) => {
  expect(parseConfig(exported)).toEqual({ ok: false, problems: [problem] });
});

const client = `import { Stepwright } from "stepwright"; export const client = new Stepwright({ id: "shop" });`;
const order = (file: string, body: string): void =>
  write(
    `src/${file}.ts`,
    `import { client } from "./client.js";
     export const ${file} = client.createFunction({ id: "${file}" }, { event: "${file}/asked" }, async ({ step }) => {
       ${body}
     });`,
  );

test("levels are those of the configuration, but for what the manifest cannot hold", () => {
  write("tsconfig.json", `{"compilerOptions":{"module":"nodenext","strict":true},"include":["src"]}`);
  write("src/client.ts", client);
  order("ship", `step.run("pack", () => 1);`);
  order("bill", `await step.run("pay", () => 1); await step.run("pay", () => 2);`);
  const said = (levels: NonNullable<Parameters<typeof compile>[0]>["levels"]) => {
    const { diagnostics, manifest } = compile({ project: folder, levels });
    return [diagnostics.map(({ code, severity }) => `${severity} ${code}`), manifest !== null];
  };
  expect(said({})).toEqual([["warning duplicate-step-id", "error unawaited-step"], false]);
  expect(said({ "unawaited-step": "info", "duplicate-step-id": "off" })).toEqual([["info unawaited-step"], true]);
  expect(said({ "unawaited-step": "off", "duplicate-step-id": "error" })).toEqual([["error duplicate-step-id"], false]);

  write(
    "src/bill.ts",
    `import { client } from "./client.js";
    export const bill = client.createFunction({ id: "bill", retries: 1000 }, { event: "a" }, async () => 1);`,
  );
  expect(said({ "unawaited-step": "off", "invalid-config-value": "off" })).toEqual([
    ["error invalid-config-value"],
    false,
  ]);
});

test("entries take the place of the tsconfig's files, and waivers are counted", () => {
  write("tsconfig.json", `{"compilerOptions":{"module":"nodenext","strict":true},"include":["src"]}`);
  write("src/client.ts", client);
  order("ship", `step.run("pack", () => 1);`);
  order("bill", `step.run("pay", () => 1); // stepwright-allow unawaited-step: it is told elsewhere`);
  const built = (entry: readonly string[]) => {
    const { files, waivers, configProblems } = compile({ project: folder, entry });
    return [files.map((file) => file.slice(folder.length + 1)).sort(), waivers, configProblems.length];
  };
  expect(built(["src/bill.ts"])).toEqual([["src/bill.ts", "src/client.ts"], 1, 0]);
  expect(built(["src/**/*.ts", "!src/bill.ts"])).toEqual([["src/client.ts", "src/ship.ts"], 0, 0]);
  expect(built(["lib/*.ts"])).toEqual([[], 0, 1]);
});
