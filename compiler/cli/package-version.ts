import { createRequire } from "node:module";

/** The version of this package, whatever name it was installed under. */
export function readPackageVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)("stepwright/package.json");
  return typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : "0";
}
