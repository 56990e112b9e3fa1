import type { Location } from "../../../runtime/manifest/manifest.js";
import type { Span } from "../2-model/span.js";

/** Where a span begins. */
export const locate = ({ file, line, column }: Span): Location => ({ file, line, column });

/** By file, then by position. */
export function compareLocations(left: Location, right: Location): number {
  if (left.file !== right.file) return left.file < right.file ? -1 : 1;
  return left.line - right.line || left.column - right.column;
}
