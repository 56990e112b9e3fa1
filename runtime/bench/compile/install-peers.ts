import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Peers {
  /** The official SDK, version 3. */
  readonly sdkFolder: string;
  /** The `tsc` of TypeScript 6. */
  readonly typescript6: string;
}

let installed: Peers | null = null;

/** Installs what ours is compared with into a temporary folder outside of the project, once a process. */
export function installPeers(): Peers {
  if (installed !== null) return installed;
  const folder = mkdtempSync(join(tmpdir(), "stepwright-peers-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const packages = ["inngest@3", "typescript@6"];
  execFileSync(
    "npm",
    ["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder, ...packages],
    {
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  const modules = join(folder, "node_modules");
  installed = { sdkFolder: join(modules, "inngest"), typescript6: join(modules, "typescript", "bin", "tsc") };
  return installed;
}
