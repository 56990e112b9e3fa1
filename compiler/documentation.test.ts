/**
 * Every form of the SDK that its public documentation shows, in applications of our own: `fixtures/documentation/v3` and `v4`.
 * They are right by the official SDK's types and by ours, and the compiler finds nothing in them.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { compile } from "./index.js";

const repository = fileURLToPath(new URL("..", import.meta.url));
const tsc = path.join(repository, "node_modules/typescript/bin/tsc");

describe.each(["v3", "v4"])("the documentation's forms, %s", (version) => {
  const folder = path.join(repository, "fixtures/documentation", version);

  it.each([`node_modules/inngest-${version}`, "."])(
    "are right by the types of %s",
    async (place) => {
      const paths = await entriesOf(path.resolve(repository, place));
      const project = await mkdtemp(path.join(folder, ".check-"));
      try {
        const own = { extends: "../tsconfig.json", compilerOptions: { paths }, include: ["../*.ts"] };
        await writeFile(path.join(project, "tsconfig.json"), JSON.stringify(own));
        const output = await promisify(execFile)(process.execPath, [tsc, "-p", project]).then(
          () => "",
          (error: { stdout?: string }) => error.stdout ?? String(error),
        );
        expect(output).toBe("");
      } finally {
        await rm(project, { recursive: true, force: true });
      }
    },
    60_000,
  );

  it("are compiled without a finding", () => {
    const { manifest, diagnostics, root } = compile({ project: path.join(folder, "tsconfig.json") });
    // What is only told, such as the type that an event's senders give it, is no finding.
    expect(diagnostics.filter(({ severity }) => severity !== "info")).toEqual([]);
    expect(manifest?.opaque).toEqual([]);
    expect(manifest?.functions.map(({ id }) => id).sort()).toMatchSnapshot();
  });
});

/** What `inngest` and its sub-paths are in a package: of the official SDK its declarations, of this one its sources. */
async function entriesOf(place: string): Promise<Record<string, string[]>> {
  const { exports } = JSON.parse(await readFile(path.join(place, "package.json"), "utf8"));
  const entries = Object.entries<any>(exports).filter(([name]) => !name.endsWith(".json"));
  return Object.fromEntries(
    entries.map(([name, { types }]) => {
      const declared: string = types.import ?? types;
      const source = declared.replace("./dist/", "./").replace(/\.d\.ts$/, ".ts");
      return [
        `inngest${name.slice(1)}`,
        [path.join(place, path.relative(repository, place) === "" ? source : declared)],
      ];
    }),
  );
}
