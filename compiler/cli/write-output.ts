import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Command } from "commander";

/** Writes what a command was asked for to `file`, or to the standard output without one. */
export function writeOutput(text: string, file: string | undefined, command: Command): void {
  if (file === undefined) {
    process.stdout.write(text);
    return;
  }
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  } catch (error) {
    command.error(`error: cannot write \`${file}\`: ${error instanceof Error ? error.message : String(error)}`);
  }
}
