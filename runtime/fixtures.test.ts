import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { applicationFromDefinitions } from "./codegen/application.js";
import type { FunctionDefinition } from "./define/function-definition.js";
import { createMemoryStore } from "./store/memory/memory-store.js";
import { openSqliteStore } from "./store/sqlite/open-sqlite-store.js";
import type { EngineLimits } from "./engine/engine.js";
import type { Store } from "./store/store.js";
import { renderRuns } from "./testing/render-runs.js";
import { TestEngine } from "./testing/test-engine.js";

/**
 * `fixtures/run/<case>/`: `functions.ts` and `scenario.ts` → `expected.txt`, the journals as text, on every store.
 * `UPDATE_GOLDENS=1` writes them anew.
 */
const root = fileURLToPath(new URL("../fixtures/run/", import.meta.url));

interface Case {
  readonly functions: readonly FunctionDefinition[];
  readonly scenario: (test: TestEngine) => Promise<TestEngine | void>;
  readonly limits?: Partial<EngineLimits>;
}

const stores: Record<string, (folder: string) => Promise<Store>> = {
  memory: async () => createMemoryStore(),
  sqlite: (folder) => openSqliteStore({ path: join(folder, "test.db") }),
};

for (const name of readdirSync(root)) {
  describe(name, () => {
    for (const [kind, open] of Object.entries(stores)) {
      test(kind, async () => {
        const { functions, scenario, limits = {} } = await load(name);
        const folder = mkdtempSync(join(tmpdir(), "stepwright-run-"));
        const store = await open(folder);
        try {
          const app = applicationFromDefinitions(functions);
          const engine = await TestEngine.start({ app, store, limits });
          const start = engine.clock.now();
          const last = (await scenario(engine)) ?? engine;
          await last.settle();
          const text = renderRuns(await last.runs(), start);
          const violations = await store.verify(last.clock.now());
          await last.engine.stop();
          compare(name, text);
          expect(violations).toEqual([]);
        } finally {
          await store.close();
          rmSync(folder, { recursive: true });
        }
      });
    }
  });
}

async function load(name: string): Promise<Case> {
  const { functions } = await import(join(root, name, "functions.ts"));
  const { default: scenario, limits } = await import(join(root, name, "scenario.ts"));
  return { functions, scenario, limits };
}

function compare(name: string, text: string): void {
  const file = join(root, name, "expected.txt");
  if (process.env["UPDATE_GOLDENS"]) writeFileSync(file, text);
  expect(text).toBe(existsSync(file) ? readFileSync(file, "utf8") : "");
}
