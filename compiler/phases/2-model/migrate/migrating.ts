import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ts } from "ts-morph";
import { callBy, mentionsOf } from "../name-index.js";
import { type Reading, spanOf } from "../reading.js";
import type { Span } from "../span.js";
import type { FileEdits } from "./file-edits.js";

/** What kind of form is left: it does not change, for scripts that look for it. */
export type LeftCode =
  | "kept-definition"
  | "kept-invoke"
  | "kept-middleware"
  | "kept-option"
  | "kept-realtime"
  | "kept-schemas"
  /** An event that had a type by the client's schemas, and has none now. */
  | "untyped-event";

/** A form of SDK v3 that stays as it is, and why. */
export interface LeftForm {
  readonly code: LeftCode;
  readonly span: Span;
  readonly reason: string;
}

/** What the rewriters share. */
export interface Migrating {
  readonly reading: Reading;
  readonly edits: FileEdits;
  /** The package's specifier in this application: `stepwright`, or `inngest` by the alias. */
  readonly packageName: string;
  /**
   * A file of the application's own package. Others are part of the program where packages of one repository import each
   * other's sources; each of them is migrated where it is built.
   */
  readonly isOwn: (file: ts.SourceFile) => boolean;
  readonly leave: (code: LeftCode, node: ts.Node, reason: string) => void;
}

export function startMigrating(reading: Reading, edits: FileEdits, left: LeftForm[]): Migrating {
  return {
    reading,
    edits,
    packageName: reading.evaluation.ours.specifier ?? "stepwright",
    isOwn: createOwnTest(reading.source.root),
    leave: (code, node, reason) => left.push({ code, span: spanOf(reading, node), reason }),
  };
}

/** The calls `name(…)` and `x.name(…)` in the application's own files. */
export function ownCalls({ reading, isOwn }: Migrating, name: string): ts.CallExpression[] {
  const calls = mentionsOf(reading, name).map(callBy);
  return calls.filter((call) => call !== null).filter((call) => isOwn(call.getSourceFile()));
}

function createOwnTest(root: string): (file: ts.SourceFile) => boolean {
  const known = new Map<string, string | null>();
  const packageOf = (folder: string): string | null => {
    let found = known.get(folder);
    if (found === undefined) {
      const parent = dirname(folder);
      found = existsSync(join(folder, "package.json")) ? folder : parent === folder ? null : packageOf(parent);
      known.set(folder, found);
    }
    return found;
  };
  const own = packageOf(root);
  return (file) => packageOf(dirname(file.fileName)) === own;
}
