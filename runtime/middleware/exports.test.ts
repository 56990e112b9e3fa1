import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const ready = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());

test("each ready middleware is a sub-path of the package", () => {
  expect(ready.length).toBeGreaterThan(3);
  for (const { name } of ready) {
    const target: { types: string; default: string } = manifest.exports[`./${name}`];
    expect(target.types).toBe(target.default.replace("/bundle/", "/").replace(/\.js$/, ".d.ts"));
    expect(existsSync(join(root, target.default.replace("./dist/bundle/", "").replace(/\.js$/, ".ts")))).toBe(true);
  }
});

test("what they need of others is an optional peer, and no dependency", () => {
  const peers = Object.keys(manifest.peerDependencies);
  const imported = new Set<string>();
  for (const { name } of ready) {
    const folder = join(import.meta.dirname, name);
    for (const file of readdirSync(folder).filter((file) => !file.endsWith(".test.ts"))) {
      const text = readFileSync(join(folder, file), "utf8");
      for (const [, specifier] of text.matchAll(/(?:from|import\() ?"([^."][^"]*)"/g)) imported.add(specifier!);
    }
  }
  imported.delete("node:crypto");
  expect([...imported].sort()).toEqual(["@opentelemetry/api", "@sentry/core", "libsodium-wrappers"]);
  for (const name of imported) {
    expect(peers).toContain(name);
    expect(manifest.peerDependenciesMeta[name]).toEqual({ optional: true });
    expect(manifest.dependencies[name]).toBeUndefined();
  }
});
