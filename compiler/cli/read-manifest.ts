import { readFileSync } from "node:fs";
import type { Command } from "commander";

import { manifestSchema, type Manifest } from "../../runtime/manifest/manifest.js";

/** Where `stepwright build` writes it, unless told otherwise. */
export const defaultManifest = ".stepwright/manifest.json";

/** Reads and validates a manifest; otherwise the command ends with what is wrong, and exit code 2. */
export function readManifest(path: string, command: Command): Manifest {
  try {
    const parsed = manifestSchema.safeParse(JSON.parse(readFileSync(path, "utf8")));
    if (parsed.success) return parsed.data;
  } catch (error) {
    command.error(
      `error: cannot read \`${path}\`: ${error instanceof Error ? error.message : String(error)}; \`stepwright build\` writes one`,
    );
  }
  return command.error(`error: \`${path}\` is not a manifest of this version; \`stepwright build\` writes one`);
}
