import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { manifestSchema, type Manifest } from "../../../runtime/manifest/manifest.js";
import { seededRandom } from "../../../runtime/testing/seeded-random.js";
import { compile } from "../../index.js";
import { RunJudge } from "./judge-run.js";
import { takeOverEverywhere } from "./old-then-new.test.program.js";
import { printModule, Programs } from "./random-program.test.program.js";

const repository = fileURLToPath(new URL("../../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "stepwright-deployments-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** More of them, and others, by hand: DEPLOYMENTS=200 SEED=7. */
const pairs = Number(process.env["DEPLOYMENTS"] ?? 10);
const seed = Number(process.env["SEED"] ?? 1);

function build(side: string, text: string): Manifest {
  writeFileSync(join(folder, `${side}.ts`), text);
  const compilerOptions = {
    target: "es2022",
    module: "nodenext",
    moduleResolution: "nodenext",
    strict: true,
    skipLibCheck: true,
    types: [],
    paths: { stepwright: [join(repository, "runtime/define/index.ts")] },
  };
  writeFileSync(join(folder, `${side}.json`), JSON.stringify({ compilerOptions, files: [`${side}.ts`] }));
  const { manifest, diagnostics } = compile({ project: join(folder, `${side}.json`) });
  if (!manifest) throw new Error(diagnostics.map(({ code, message }) => `${code}: ${message}`).join("\n"));
  return manifestSchema.parse(JSON.parse(JSON.stringify(manifest)));
}

test("what is called safe never diverges, what will diverge does", { timeout: 600_000 }, async () => {
  const random = seededRandom(seed);
  const programs = new Programs((below) => Math.floor(random() * below));
  const names = Array.from({ length: pairs }, (_, index) => `f${index}`);
  const before = Object.fromEntries(names.map((name) => [name, programs.block(2, 3)]));
  const after = Object.fromEntries(names.map((name) => [name, programs.change(before[name] ?? [])]));
  const [oldManifest, newManifest] = [build("old", printModule(before)), build("new", printModule(after))];
  const [old, next] = [await import(join(folder, "old.ts")), await import(join(folder, "new.ts"))];
  const judge = new RunJudge(newManifest, [oldManifest]);
  const counts: Record<string, number> = {};
  for (const name of names) {
    const hash = oldManifest.functions.find(({ id }) => id === name)?.hash ?? "";
    for (const { run, diverged } of await takeOverEverywhere(old[name], next[name], { n: 2 })) {
      const judgement = judge.judge({ ...run, functionHash: hash });
      const { verdict, code } = judgement;
      counts[verdict] = (counts[verdict] ?? 0) + 1;
      const told = `${name} ${verdict} ${code}\n${JSON.stringify(run)}\n${printModule({ [name]: before[name] ?? [] })}\n${printModule({ [name]: after[name] ?? [] })}`;
      if (verdict === "safe") expect(diverged, told).toBe(false);
      if (verdict === "will-diverge") expect(diverged, told).toBe(true);
    }
  }
  // Each of the three is said, or nothing would be shown.
  expect(Object.keys(counts).sort(), JSON.stringify(counts)).toEqual(["needs-pinning", "safe", "will-diverge"]);
  if (process.env["SEED"]) process.stdout.write(`${seed}: ${JSON.stringify(counts)}\n`);
});
