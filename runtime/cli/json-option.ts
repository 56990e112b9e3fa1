/** Options whose value is JSON. */
import { readFileSync } from "node:fs";

import { CommandFailure } from "./command-failure.js";

/** The text itself, that of a file (`@file`) or of the standard input (`-`). @throws CommandFailure */
export function readGiven(given: string): string {
  const file = given === "-" ? 0 : given.startsWith("@") ? given.slice(1) : null;
  if (file === null) return given;
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandFailure(`the data could not be read: ${reason}`, "give `--data @<file>`", { cause });
  }
}

/** `example` is JSON that would be right. @throws CommandFailure */
export function parseJson(text: string, example: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandFailure(`the data is not JSON: ${reason}`, `give JSON, such as --data '${example}'`, { cause });
  }
}
