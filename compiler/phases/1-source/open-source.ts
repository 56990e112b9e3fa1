import { relative } from "node:path";
import { ts } from "ts-morph";
import type { Evaluation } from "./evaluate/evaluation.js";
import { OurPackage } from "./our-package.js";
import { platformTypesPath } from "./platform-types.js";
import type { ProjectConfig } from "./project-config.js";
import { createSharedHost } from "./source-files.js";

/** One version of the application's program, ready to be read. */
export interface Source {
  readonly root: string;
  readonly program: ts.Program;
  readonly evaluation: Evaluation;
  /** The files whose definitions count: not declarations, not packages, not tests. */
  readonly files: readonly ts.SourceFile[];
  /** The path of a file relative to the root, with `/`. */
  readonly pathOf: (file: ts.SourceFile) => string;
}

/** A definition in a test is a test's own; it is never part of the application. */
const testFile = /(\.(test|spec|test-d|stories)\.[cm]?[jt]sx?$)|(\/(__tests__|__mocks__)\/)/;

/** `previous` is an earlier version, from which everything unchanged is taken over; `overlay` gives texts in place of the disk's. */
export function openSource(
  config: ProjectConfig,
  previous?: Source,
  overlay?: (path: string) => string | undefined,
): Source {
  const ours = previous?.evaluation.ours ?? new OurPackage();
  const host = createSharedHost(config.options, (path) => overlay?.(path) ?? ts.sys.readFile(path), ours);
  const program = ts.createProgram({
    rootNames: [...config.fileNames, platformTypesPath],
    options: config.options,
    host,
    ...(previous ? { oldProgram: previous.program } : {}),
  });
  const projectFiles = new Map<ts.SourceFile, boolean>();
  const isProjectFile = (file: ts.SourceFile): boolean => {
    let known = projectFiles.get(file);
    if (known === undefined) {
      known =
        !file.isDeclarationFile &&
        !file.fileName.includes("/node_modules/") &&
        !program.isSourceFileDefaultLibrary(file) &&
        !ours.isOwnFile(file.fileName);
      projectFiles.set(file, known);
    }
    return known;
  };
  const evaluation: Evaluation = {
    program,
    checker: program.getTypeChecker(),
    ours,
    declared: new Map(),
    changes: new Map(),
    active: new Set(),
    isProjectFile,
    depth: 0,
  };
  const paths = new Map<ts.SourceFile, string>();
  return {
    root: config.root,
    program,
    evaluation,
    files: program.getSourceFiles().filter((file) => isProjectFile(file) && !testFile.test(file.fileName)),
    pathOf(file) {
      let path = paths.get(file);
      if (path === undefined) paths.set(file, (path = relative(config.root, file.fileName).replaceAll("\\", "/")));
      return path;
    },
  };
}
