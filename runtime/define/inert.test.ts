import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const folder = new URL("./", import.meta.url);

test("the authoring API loads nothing but itself, `ms` and what the compiler folds as it does", () => {
  const sources = readdirSync(folder).filter((name) => name.endsWith(".ts") && !/\.test(?:-d)?\.ts$/.test(name));
  const imports = sources.flatMap((name) =>
    [...readFileSync(new URL(name, folder), "utf8").matchAll(/ from "([^"]+)"/g)].map((match) => match[1]!),
  );
  expect(imports.length).toBeGreaterThan(50);
  expect([...new Set(imports.filter((specifier) => !/^\.\/[a-z-]+\.js$/.test(specifier)))]).toEqual([
    "ms",
    "../manifest/slugify.js",
  ]);
  expect(readFileSync(new URL("../manifest/slugify.ts", folder), "utf8")).not.toMatch(/^import /m);
});
