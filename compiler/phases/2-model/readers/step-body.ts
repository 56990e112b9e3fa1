import { ts } from "ts-morph";
import type { StepToolName } from "../../../../runtime/manifest/manifest.js";
import { evaluate } from "../../1-source/evaluate/evaluate.js";
import type { Scope } from "../../1-source/evaluate/scope.js";
import type { Reading } from "../reading.js";

/** Tools that execute a callback of the user's. */
const withBody = new Set<StepToolName>(["run", "transaction", "ai.wrap"]);

/** What a step call executes. */
export interface StepBody {
  readonly callback: ts.Expression | null;
  /** Of `(id, { rollback }, fn)` or `({ id, rollback }, fn)`. */
  readonly rollback: ts.Expression | null;
}

const noBody: StepBody = { callback: null, rollback: null };

export function readStepBody(reading: Reading, call: ts.CallExpression, tool: StepToolName, scope: Scope): StepBody {
  if (!withBody.has(tool)) return noBody;
  const [first, second, third] = call.arguments;
  if (!first || !second) return noBody;
  // A constant id has no options; most calls need no second look.
  const inSecond = third ? optionsIn(reading, second, scope) : null;
  if (inSecond) return { callback: third ?? null, rollback: inSecond.rollback };
  const inFirst = ts.isStringLiteralLike(first) ? null : optionsIn(reading, first, scope);
  return { callback: second, rollback: inFirst?.rollback ?? null };
}

function optionsIn(reading: Reading, node: ts.Expression, scope: Scope): { rollback: ts.Expression | null } | null {
  if (ts.isFunctionLike(node)) return null;
  const value = evaluate(reading.evaluation, node, scope);
  if (value.kind !== "object") return null;
  const slot = value.properties.get("rollback");
  return { rollback: slot && ts.isExpression(slot.node) ? slot.node : null };
}

/** The `async` before the callback; null where it has none, or cannot be followed. */
export function asyncModifierOf(reading: Reading, callback: ts.Expression, scope: Scope): ts.Node | null {
  const value = evaluate(reading.evaluation, callback, scope);
  if (value.kind !== "function" || !ts.canHaveModifiers(value.node)) return null;
  const modifiers = ts.getModifiers(value.node) ?? [];
  return modifiers.find((modifier) => modifier.kind === ts.SyntaxKind.AsyncKeyword) ?? null;
}
