import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";

import { type Compilation, type CompileOptions, createCompiler } from "../index.js";
import { fixUntilStable } from "./fix-until-stable.js";
import type { ReplacedText } from "./replace-texts.js";

export interface FixedApplication {
  /** What is found after the fixes. */
  readonly compilation: Compilation;
  /** Nothing is written yet. */
  readonly texts: readonly ReplacedText[];
  readonly applied: number;
}

/** Compiles an application, and again with the safe fixes of what was found, in memory. */
export function fixApplication(options: CompileOptions): FixedApplication {
  const originals = new Map<string, string>();
  let root = "";
  let changed: ReadonlyMap<string, string> = new Map();
  const overlay = (path: string): string | undefined =>
    changed.size === 0 ? undefined : changed.get(relative(root, path).replaceAll("\\", "/"));
  const compiler = createCompiler({ ...options, overlay });
  const check = (texts: ReadonlyMap<string, string>): Compilation => {
    changed = texts;
    const compilation = compiler.compile();
    root = compilation.root;
    return compilation;
  };
  const fixing = fixUntilStable(check, (file) => {
    const text = readText(resolve(root, file));
    if (text === null) return null;
    originals.set(file, text);
    return withoutMark(text);
  });
  const texts = [...fixing.changed].map(([file, after]) => {
    const before = originals.get(file) ?? "";
    return { path: resolve(root, file), before, after: withoutMark(before) === before ? after : `\uFEFF${after}` };
  });
  return { compilation: fixing.checked, texts, applied: fixing.applied };
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/** Columns of diagnostics do not count a byte order mark. */
function withoutMark(text: string): string {
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}
