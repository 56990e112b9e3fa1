import type { unknownValue } from "../../../runtime/manifest/function-config.js";
import type { Span } from "./span.js";

/** A value of the program that was worked out without running it; `unknownValue` stands for what could not be. */
export type FoldedValue =
  | undefined
  | null
  | boolean
  | number
  | bigint
  | string
  | typeof unknownValue
  | readonly FoldedValue[]
  | { readonly [name: string]: FoldedValue };

/** A part of a folded value that is unknown, and why: "`env.CRON` is read from the environment". */
export interface Unknown {
  readonly path: readonly (string | number)[];
  readonly reason: string;
  readonly span: Span;
}

/**
 * A folded value with the places where its parts are written. Functions, classes and schema objects in it
 * are `unknownValue` and have no entry in `unknowns`: they are code, not something that could have been folded.
 * Objects have no prototype, so a `__proto__` key of the program is just a key.
 */
export interface Folded {
  readonly value: FoldedValue;
  /** Of the whole expression at the place of use, even when its parts are written elsewhere. */
  readonly span: Span;
  /** By `pathKey`, the place where the value at that path is written. */
  readonly spans: ReadonlyMap<string, Span>;
  /** By `pathKey`, the place of the property's name, for a problem with the name itself. */
  readonly nameSpans: ReadonlyMap<string, Span>;
  readonly unknowns: readonly Unknown[];
}

/** The key of a path in `Folded.spans`: its parts joined by dots. */
export function pathKey(path: readonly (string | number)[]): string {
  return path.join(".");
}

/** Where the value at `path` is written; for a path that is not there, the nearest part above it. */
export function spanAt(folded: Folded, path: readonly (string | number)[]): Span {
  for (let length = path.length; length > 0; length--) {
    const span = folded.spans.get(pathKey(path.slice(0, length)));
    if (span) return span;
  }
  return folded.span;
}

/** Where the name of the property at `path` is written; else what `spanAt` gives. */
export function nameSpanAt(folded: Folded, path: readonly (string | number)[]): Span {
  return folded.nameSpans.get(pathKey(path)) ?? spanAt(folded, path);
}
