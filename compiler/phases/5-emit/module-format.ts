import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** `modules`: where the nearest package.json makes the files of the folder ES modules, as Node decides it. */
export function mayHaveAttributes(where: "always" | "never" | "modules" = "always", folder: string): boolean {
  return where === "always" || (where === "modules" && isModuleFolder(folder));
}

function isModuleFolder(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, "package.json");
    if (existsSync(file)) return typeOf(readFileSync(file, "utf8")) === "module";
    if (at === dirname(at)) return false;
  }
}

function typeOf(text: string): unknown {
  try {
    return (JSON.parse(text) as { type?: unknown } | null)?.type;
  } catch {
    return undefined;
  }
}
