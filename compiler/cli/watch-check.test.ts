import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

import { watchCheck } from "./watch-check.js";

let folder = "";
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "stepwright-watch-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("checks again after a change", async () => {
  const source = (body: string): string => `import { Stepwright } from "stepwright";
export const order = new Stepwright({ id: "shop" }).createFunction({ id: "order" }, { event: "a" }, async ({ step }) => {
  ${body}
});`;
  writeFileSync(join(folder, "tsconfig.json"), "{}");
  writeFileSync(join(folder, "order.ts"), source(`step.run("ship", () => 1);`));
  const said: string[][] = [];
  const corrected = new Promise<void>((resolve) => {
    const watch = watchCheck({
      compile: { project: folder },
      outDir: (root) => join(root, ".stepwright"),
      checked({ diagnostics }) {
        said.push(diagnostics.map(({ code }) => code));
        if (diagnostics.length === 0) resolve(watch.close());
      },
    });
  });
  writeFileSync(join(folder, "order.ts"), source(`await step.run("ship", () => 1);`));
  await corrected;
  expect(said[0]).toEqual(["unawaited-step"]);
});
