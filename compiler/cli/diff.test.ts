import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { applicationFromDefinitions } from "../../runtime/codegen/application.js";
import { keepManifest } from "../../runtime/cli/keep-manifest.js";
import * as deployments from "../../runtime/cli/deployment-source.js";
import { Stepwright } from "../../runtime/define/index.js";
import { createServer } from "../../runtime/server/create-server.js";
import { openSqliteStore } from "../../runtime/store/sqlite/open-sqlite-store.js";
import { TestEngine } from "../../runtime/testing/test-engine.js";
import { manifestSchema, type Manifest, type StepNode } from "../../runtime/manifest/manifest.js";
import { makeDiffCommand } from "./diff.js";

const client = new Stepwright({ id: "shop" });
const fn = client.createFunction({ id: "f", triggers: [{ event: "go" }] }, async ({ event, step }) => {
  if (event.data.n > 2) await step.run("big", () => 1);
  await step.run("a", () => 1);
  await step.sleep("night", "8h");
});
const app = applicationFromDefinitions([fn]);

const step = (id: string, line: number, tool: "run" | "sleep" = "run"): StepNode => ({
  kind: "step",
  tool,
  id,
  location: { file: "src/f.ts", line, column: 9 },
});

function manifest(hash: string, ...steps: StepNode[]): Manifest {
  const functions = app.manifest.functions.map((entry) => ({ ...entry, steps, hash: entry.hash + hash, opaque: [] }));
  return manifestSchema.parse({ ...app.manifest, app: { id: "shop", package: "stepwright" }, functions, hash });
}

const folder = mkdtempSync(join(tmpdir(), "stepwright-diff-"));
const file = (name: string): string => join(folder, name);
const first: StepNode = { kind: "branch", children: [step("big", 4)] };
const last = step("night", 6, "sleep");
writeFileSync(file("old.json"), JSON.stringify(manifest("1", first, step("a", 5), last)));
writeFileSync(file("added.json"), JSON.stringify(manifest("2", step("a", 5), last, step("b", 7))));
writeFileSync(file("renamed.json"), JSON.stringify(manifest("3", step("charge", 5), last)));

beforeAll(async () => {
  const store = await openSqliteStore({ path: file("live.db") });
  await keepManifest(store, { ...app, manifest: manifest("1", first, step("a", 5), last) });
  const engine = await TestEngine.start({ app, store });
  for (const n of [1, 2, 3, 1, 1]) await engine.send({ name: "go", data: { n } });
  engine.kill();
  await store.close();
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  process.exitCode = undefined;
  vi.restoreAllMocks();
});

async function diff(...args: string[]): Promise<{ text: string; code: unknown }> {
  let text = "";
  vi.spyOn(process.stdout, "write").mockImplementation((part) => ((text += String(part)), true));
  await makeDiffCommand(deployments).exitOverride().parseAsync(args, { from: "user" });
  vi.restoreAllMocks();
  return { text: text.replace(/[0-9A-Z]{26}/g, "<id>"), code: process.exitCode };
}

it("judges the runs of a database that has been stopped, and groups them", async () => {
  const { text, code } = await diff(file("live.db"), "--live", "--new", file("added.json"));
  expect(text).toContain("will-diverge   1 of `shop-f`  step-gone `big`: the new code has `a` there  src/f.ts:5:9");
  expect(text).toContain(
    "safe           4 of `shop-f`  fits `night`  src/f.ts:6:9\n               <id>, <id>, <id>, …",
  );
  expect(text).toContain("runs in flight: 1 will-diverge, 0 needs-pinning, 4 safe\n");
  expect(code).toBe(1);
});

it("compares with what the database has run last, and takes JSON", async () => {
  const { text, code } = await diff(file("live.db"), "--new", file("renamed.json"), "--format", "json");
  expect(JSON.parse(text).findings.map((each: { code: string }) => each.code)).toContain("step-removed");
  expect(code).toBe(1);
});

it("asks a server that runs", async () => {
  const store = await openSqliteStore({ path: file("live.db") });
  const { engine } = TestEngine.make({ app, store });
  const server = createServer({ engine });
  try {
    const url = await server.listen({ host: "127.0.0.1", port: 0 });
    const { text } = await diff(file("old.json"), "--live", url, "--new", file("renamed.json"));
    expect(text).toContain("4 of `shop-f`  step-gone `a`: the new code has `charge` there  src/f.ts:5:9");
    expect(text).toContain("runs in flight: 5 will-diverge, 0 needs-pinning, 0 safe\n");
    const same = await diff(url, "--live", "--new", file("old.json"));
    expect(same.text).toContain("0 breaking, 0 risky, 0 safe\n");
  } finally {
    await server.close();
    await store.close();
  }
});

it("counts runs of functions that no manifest names", async () => {
  const other = { ...manifest("4"), app: { id: "other", package: "stepwright" } };
  writeFileSync(file("other.json"), JSON.stringify(other));
  const empty = await openSqliteStore({ path: file("empty.db") });
  await empty.close();
  await expect(diff(file("empty.db"), "--new", file("other.json"))).rejects.toMatchObject({ exitCode: 1 });
});
