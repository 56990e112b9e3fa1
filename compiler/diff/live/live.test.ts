/**
 * `fixtures/diff/<case>/{old,new}.ts` → `expected.txt`: what is said about the deployment and about runs in flight at
 * each commit, beside what the real engine then does. UPDATE_GOLDENS=1 writes them anew.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import type { FunctionDefinition } from "../../../runtime/define/function-definition.js";
import type { Manifest } from "../../../runtime/manifest/manifest.js";
import { compile } from "../../index.js";
import { compareManifests } from "../compare-manifests.js";
import { renderFindings } from "../finding.js";
import { RunJudge } from "./judge-run.js";
import { takeOverEverywhere, type Takeover } from "./old-then-new.test.program.js";

const root = fileURLToPath(new URL("../../../fixtures/diff/", import.meta.url));
const cases = readdirSync(root).filter((name) => existsSync(join(root, name, "old.ts")));

let manifests: Readonly<Record<"old" | "new", Manifest>>;
beforeAll(() => {
  manifests = { old: build("old"), new: build("new") };
}, 60_000);

function build(side: "old" | "new"): Manifest {
  const { manifest, diagnostics } = compile({ project: join(root, `tsconfig.${side}.json`) });
  if (!manifest) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return manifest;
}

/** A manifest of one function. */
function only(side: "old" | "new", id: string): Manifest {
  return { ...manifests[side], events: [], functions: manifests[side].functions.filter((entry) => entry.id === id) };
}

describe.each(cases)("%s", (name) => {
  test("what is said is what happens", async () => {
    const [before, after] = [only("old", name), only("new", name)];
    const judge = new RunJudge(after, [before]);
    const lines = [renderFindings(compareManifests(before, after))];
    const hash = before.functions[0]?.hash ?? "";
    for (const takeover of await takeOverEverywhere(await load(name, "old"), await load(name, "new"), { n: 2 })) {
      // Without a build the engine gives the run a hash of its own.
      const { verdict, code, step, detail, location } = judge.judge({ ...takeover.run, functionHash: hash });
      const where = location === null ? "" : ` ${location.file}:${location.line}`;
      const words = [verdict, code, step && `\`${step}\``, detail && `(${detail})`].filter(Boolean).join(" ");
      lines.push(
        `${describeRun(takeover)}\n  said: ${words}${where}\n  then: ${takeover.diverged ? "diverged" : takeover.status}\n`,
      );
      if (verdict === "safe") expect(takeover.diverged, lines.at(-1)).toBe(false);
      if (verdict === "will-diverge") expect(takeover.diverged, lines.at(-1)).toBe(true);
    }
    const file = join(root, name, "expected.txt");
    const text = lines.join("\n");
    if (process.env["UPDATE_GOLDENS"] === "1") writeFileSync(file, text);
    expect(text).toBe(existsSync(file) ? readFileSync(file, "utf8") : "");
  });
});

function describeRun({ run }: Takeover): string {
  const steps = run.steps.map(({ key, status }) => (status === "failed" ? `${key} failed` : key));
  const waits = run.waits.map(({ key }) => key);
  return `[${steps.join(", ")}]${waits.length === 0 ? "" : ` waits for ${waits.join(", ")}`}`;
}

async function load(name: string, side: "old" | "new"): Promise<FunctionDefinition> {
  const { fn } = await import(join(root, name, `${side}.ts`));
  return fn;
}
