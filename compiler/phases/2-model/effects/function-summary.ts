import type { ts } from "ts-morph";
import type { Scope } from "../../1-source/evaluate/scope.js";
import type { FunctionValue } from "../../1-source/evaluate/value.js";
import type { Reading } from "../reading.js";
import { EffectWalk } from "./effect-walk.js";
import { clean, join, withoutAnswers, type Origin, type Taint } from "./taint.js";

/** Helpers that call helpers, and so on; a deeper chain is nothing that a reader would follow. */
const maxDepth = 10;
let depth = 0;

/**
 * What the value that a function gives depends on, for any arguments: its parameters, and what it takes from outside.
 * It is worked out once for a function, and again when its file, or one that it imports, has changed. A method and a function that
 * another one has made depend on their object, and on what was given to that one, too: once for each in a version of the program.
 */
export function summarise(reading: Reading, target: FunctionValue): Taint {
  const { node, scope } = target;
  const { summaries } = reading.facts;
  if (scope.isEmpty) return remember(reading, target, summaries.get(node), (taint) => summaries.set(node, taint));
  let known = closures.get(reading);
  if (!known) closures.set(reading, (known = new Map()));
  const all = known;
  const key = `${numberOf(node)} ${describeScope(scope, 0)}`;
  return remember(reading, target, all.get(key), (taint) => all.set(key, taint));
}

/** What a call gives by the summary of what it calls; `enter`: what comes from outside, as it is seen at the call. */
export function applySummary(summary: Taint, given: readonly Taint[], enter: (origin: Origin) => Origin): Taint {
  const asks = summary.some(({ kind }) => kind === "io");
  return summary.reduce<Taint>((taint, origin) => {
    if (origin.kind !== "parameter") return join(taint, [enter(origin)]);
    const passed = given[origin.index] ?? clean;
    return join(taint, asks ? withoutAnswers(passed) : passed);
  }, clean);
}

function remember(
  reading: Reading,
  { node, scope }: FunctionValue,
  known: Taint | undefined,
  keep: (taint: Taint) => void,
): Taint {
  if (known) return known;
  if (depth >= maxDepth) return clean;
  // A function that calls itself gives nothing more by that.
  keep(clean);
  depth++;
  try {
    const walk = new EffectWalk(reading, node, null);
    const parameters = node.parameters.map((_, index) => [{ kind: "parameter" as const, index }]);
    const place = { scope, frames: [], main: false, returned: { taint: clean } };
    const taint = walk.functionBody(node, place, parameters);
    keep(taint);
    return taint;
  } finally {
    depth--;
  }
}

const closures = new WeakMap<Reading, Map<string, Taint>>();

/** What a function sees from where it was made: by the places that made it. */
function describeScope(scope: Scope, nesting: number): string {
  const parts: string[] = [];
  for (const [declaration, value] of scope.entries()) {
    const inner = value.kind === "function" || value.kind === "instance" ? value.scope : null;
    const below = inner && !inner.isEmpty && nesting < 2 ? `(${describeScope(inner, nesting + 1)})` : "";
    parts.push(`${numberOf(declaration)}:${numberOf(value.node)}${below}`);
  }
  return parts.join(",");
}

const numbers = new WeakMap<ts.Node, number>();
let lastNumber = 0;

function numberOf(node: ts.Node): number {
  let number = numbers.get(node);
  if (number === undefined) numbers.set(node, (number = ++lastNumber));
  return number;
}
