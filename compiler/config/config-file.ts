import { existsSync } from "node:fs";
import { join } from "node:path";

const fileNames = ["stepwright.config.ts", "stepwright.config.mts", "stepwright.config.js", "stepwright.config.mjs"];

/** The configuration of the project in a folder; null where there is none. */
export function findConfigFile(folder: string): string | null {
  return fileNames.map((name) => join(folder, name)).find((file) => existsSync(file)) ?? null;
}
