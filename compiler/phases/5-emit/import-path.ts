import path from "node:path";

/** Where emitted files are, and what the places in the manifest are relative to; both absolute. */
export interface EmitPlace {
  readonly root: string;
  readonly outDir: string;
}

const emittedExtension: Readonly<Record<string, string>> = {
  ".ts": ".js",
  ".tsx": ".js",
  ".jsx": ".js",
  ".mts": ".mjs",
  ".cts": ".cjs",
};

/** The specifier by which an emitted file imports a source file: relative, with the extension of the emitted one. */
export function importPath(file: string, { root, outDir }: EmitPlace): string {
  const relative = path.relative(outDir, path.resolve(root, file)).split(path.sep).join("/");
  const extension = path.posix.extname(relative);
  const stem = relative.slice(0, relative.length - extension.length);
  const specifier = `${stem}${emittedExtension[extension] ?? extension}`;
  return specifier.startsWith("../") ? specifier : `./${specifier}`;
}
