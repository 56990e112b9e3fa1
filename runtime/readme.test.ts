/** What the README says must be there: its links, its commands, its scripts, its example. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { compile } from "../compiler/index.js";

const root = join(import.meta.dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");

const findAll = (pattern: RegExp, text: string): string[] => [...text.matchAll(pattern)].map((match) => match[1] ?? "");

describe("the README", () => {
  it("links to what is there", () => {
    const links = findAll(/\]\(([^)#]+)\)/g, readme).filter((link) => !/^https?:/.test(link));
    expect(links.length).toBeGreaterThan(20);
    expect(links.filter((link) => !existsSync(join(root, link)))).toEqual([]);
  });

  it("names every command, and no other", () => {
    const commands = findAll(/^ {4}name: "([a-z]+)"/gm, readFileSync(join(root, "compiler/cli/main.ts"), "utf8"));
    const named = new Set(findAll(/`stepwright ([a-z]+)/g, readme).filter((name) => name !== "help"));
    expect([...named].sort()).toEqual([...commands].sort());
  });

  it("names every script", () => {
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object };
    const named = new Set([...findAll(/`npm (?:run )?([a-z:]+)/g, readme)]);
    // npm calls `prepack` by itself.
    const scripts = Object.keys(manifest.scripts).filter((name) => name !== "prepack");
    expect([...named].sort()).toEqual(scripts.sort());
  });

  it("has an example that compiles without a finding", () => {
    const example = /```ts\n\/\/ src\/shop\.ts\n([^]*?)```/.exec(readme)?.[1] ?? "";
    // inside of the repository, where `stepwright` is the package itself
    const folder = mkdtempSync(join(root, "fixtures", "apps", "readme-"));
    try {
      writeFileSync(
        join(folder, "tsconfig.json"),
        readFileSync(join(root, "fixtures/apps/shop/tsconfig.json"), "utf8"),
      );
      mkdirSync(join(folder, "src"));
      writeFileSync(join(folder, "src", "shop.ts"), example);
      const { manifest, diagnostics } = compile({ project: folder });
      expect(diagnostics).toEqual([]);
      expect(manifest?.functions.map(({ id, steps }) => [id, steps.length])).toEqual([["process-order", 3]]);
      expect(manifest?.events.map(({ name, declared }) => [name, declared])).toEqual([["order/placed", "schema"]]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
