import { ts } from "ts-morph";
import type { Source } from "./open-source.js";

/**
 * Tells for which files what was read in an earlier version still holds: neither the file nor anything that it imports,
 * however far, has changed. Declarations of packages count as unchanging.
 */
export class Freshness {
  /** Counts versions of the program. */
  generation = 0;
  private files: ReadonlyMap<string, FileState> = new Map();
  private readonly changedAt = new Map<string, number>();

  /** To be called once for each new version. */
  update(source: Source): void {
    this.generation++;
    const next = new Map<string, FileState>();
    const dirty: string[] = [];
    let everything = this.files.size === 0;
    for (const file of source.program.getSourceFiles()) {
      if (!source.evaluation.isProjectFile(file)) continue;
      const imports = importsOf(source, file);
      next.set(file.fileName, { file, imports });
      const before = this.files.get(file.fileName);
      if (before?.file === file && sameNames(before.imports, imports)) continue;
      dirty.push(file.fileName);
      // A script's declarations are everyone's.
      if (!ts.isExternalModule(file)) everything = true;
    }
    this.files = next;
    for (const name of everything ? next.keys() : withImporters(next, dirty)) this.changedAt.set(name, this.generation);
  }

  /** Whether what was read in `generation` from `file` still holds. */
  isFresh(file: ts.SourceFile, generation: number): boolean {
    return (this.changedAt.get(file.fileName) ?? Infinity) <= generation;
  }
}

interface FileState {
  readonly file: ts.SourceFile;
  /** Names of the files that its imports lead to; the specifier itself when it leads nowhere. */
  readonly imports: readonly string[];
}

function importsOf(source: Source, file: ts.SourceFile): string[] {
  const { checker } = source.evaluation;
  return moduleSpecifiers(file).map((specifier) => {
    const target = checker.getSymbolAtLocation(specifier)?.declarations?.find(ts.isSourceFile);
    return target?.fileName ?? specifier.text;
  });
}

/** TypeScript keeps them on the file, dynamic imports and `require` included, but not in its public types. */
function moduleSpecifiers(file: ts.SourceFile): readonly ts.StringLiteralLike[] {
  const known: unknown = Reflect.get(file, "imports");
  return Array.isArray(known) ? known.filter((node): node is ts.StringLiteral => ts.isStringLiteralLike(node)) : [];
}

function sameNames(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name, index) => name === right[index]);
}

/** The files and all that import one of them, directly or through others. */
function withImporters(files: ReadonlyMap<string, FileState>, changed: readonly string[]): Set<string> {
  const importers = new Map<string, string[]>();
  for (const [name, { imports }] of files) {
    for (const target of imports) {
      const known = importers.get(target);
      if (known) known.push(name);
      else importers.set(target, [name]);
    }
  }
  const found = new Set(changed);
  for (const name of found) for (const importer of importers.get(name) ?? []) found.add(importer);
  return found;
}
