import { relative, resolve } from "node:path";
import type { Command } from "commander";

import { findConfigFile } from "../config/config-file.js";

/** Where builds go when nothing else is said. */
const defaultOut = ".stepwright/";

/**
 * Before a command that reads what a build has written: takes it from `out` of the project's `stepwright.config.ts`, for each option that
 * the user has not given and whose default is a file of `.stepwright`.
 */
export async function readFromConfiguredOut(command: Command): Promise<void> {
  const left = command.options.flatMap((option) => {
    const name = option.attributeName();
    const value: unknown = command.getOptionValue(name);
    const isDefault = command.getOptionValueSource(name) === "default";
    return isDefault && typeof value === "string" && value.startsWith(defaultOut) ? [{ name, value }] : [];
  });
  if (left.length === 0 || findConfigFile(process.cwd()) === null) return;
  const { readSettings } = await import("./read-settings.js");
  const { outDir } = await readSettings(undefined, command);
  if (outDir === null) return;
  for (const { name, value } of left) {
    const file = resolve(outDir, value.slice(defaultOut.length));
    command.setOptionValueWithSource(name, relative(process.cwd(), file), "config");
  }
}
