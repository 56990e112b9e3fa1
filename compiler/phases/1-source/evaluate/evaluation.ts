import type { ts } from "ts-morph";
import type { OurPackage } from "../our-package.js";
import type { FileChanges } from "./file-changes.js";
import type { Value } from "./value.js";

/** What the evaluation of expressions needs, and remembers, for one version of the program. */
export interface Evaluation {
  readonly program: ts.Program;
  readonly checker: ts.TypeChecker;
  readonly ours: OurPackage;
  /** By declaration at the top level of a module; `null` while it is being worked out, to notice a cycle. */
  readonly declared: Map<ts.Node, Value | null>;
  readonly changes: Map<ts.SourceFile, FileChanges>;
  /** Files of the project, whose source may be followed; all others are outside. */
  readonly isProjectFile: (file: ts.SourceFile) => boolean;
  /** Variables inside functions that are being worked out, to notice a cycle. */
  readonly active: Set<ts.Node>;
  /** How deep calls are followed at this moment. */
  depth: number;
}

/** Deeper than any sensible helper; stops recursion that never ends. */
export const maxDepth = 24;
