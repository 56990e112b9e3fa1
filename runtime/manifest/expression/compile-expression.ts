/** Expression text → the manifest's Expression, and → something that can be evaluated. */
import type { Expression } from "../manifest.js";
import type { Parsed } from "../duration.js";
import { findEqualityKey } from "./equality-key.js";
import { interpretExpression, type CompiledExpression } from "./interpret-expression.js";
import { lowerExpression } from "./lower-expression.js";
import { parseExpression, type ExpressionRoles } from "./parse-expression.js";

/** As `Parsed`, with the place in the text. */
export type CompiledSource =
  | { readonly ok: true; readonly value: Expression }
  | { readonly ok: false; readonly message: string; readonly help: string; readonly position: number };

/**
 * Parses, checks and lowers an expression. Never throws.
 *
 * @example compileExpression("event.data.id == async.data.id", { async: true })
 */
export function compileExpression(source: string, roles: ExpressionRoles): CompiledSource {
  const parsed = parseExpression(source, roles);
  if (!parsed.ok) return parsed;
  const expression: Expression = { source, js: lowerExpression(parsed.tree) };
  const equality = roles.async ? findEqualityKey(parsed.tree) : null;
  if (equality) expression.equality = equality;
  return { ok: true, value: expression };
}

/** Fields, and elements of lists and maps: `data.items[0].id`, `data["order id"]`. */
const pathText = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[\d+\]|\["[^"\\]*"\]|\['[^'\\]*'\])*$/;

/** The condition that `match: "data.x"` stands for. */
export function compileMatch(path: string): Parsed<Expression> {
  if (!pathText.test(path)) {
    return {
      ok: false,
      message: `\`${path}\` is not a path of fields`,
      help: 'write the field that both events have, such as `match: "data.orderId"`, or a condition as `if`',
    };
  }
  const compiled = compileExpression(`event.${path} == async.${path}`, { async: true });
  return compiled.ok ? compiled : { ok: false, message: compiled.message, help: compiled.help };
}

/** Makes an expression that was built from run-time data ready to be evaluated; no code is generated. */
export function interpretSource(source: string, roles: ExpressionRoles): Parsed<CompiledExpression> {
  const parsed = parseExpression(source, roles);
  if (!parsed.ok) return { ok: false, message: parsed.message, help: parsed.help };
  return { ok: true, value: interpretExpression(parsed.tree) };
}
