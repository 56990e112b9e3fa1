import type { FunctionValue } from "../../1-source/evaluate/value.js";
import type { Reading } from "../reading.js";
import { EffectWalk } from "./effect-walk.js";
import { clean, type Taint } from "./taint.js";

/** Helpers that call helpers, and so on; a deeper chain is nothing that a reader would follow. */
const maxDepth = 10;
let depth = 0;

/**
 * What the value that a function gives depends on, for any arguments: its parameters, and what it takes from outside.
 * It is worked out once for a function, and again when its file, or one that it imports, has changed.
 */
export function summarise(reading: Reading, { node, scope }: FunctionValue): Taint {
  const known = reading.facts.summaries.get(node);
  if (known) return known;
  if (depth >= maxDepth) return clean;
  // A function that calls itself gives nothing more by that.
  reading.facts.summaries.set(node, clean);
  depth++;
  try {
    const walk = new EffectWalk(reading, node, null);
    const parameters = node.parameters.map((_, index) => [{ kind: "parameter" as const, index }]);
    const place = { scope, frames: [], main: false, returned: { taint: clean } };
    const taint = walk.functionBody(node, place, parameters);
    reading.facts.summaries.set(node, taint);
    return taint;
  } finally {
    depth--;
  }
}
