/** Forms of code by which the walk of a handler decides what is executed, and when. */
import { ts } from "ts-morph";
import type { Value } from "../../1-source/evaluate/value.js";
import { endOf } from "../effects/code-forms.js";

/** An `await` that is executed together with the expression. */
export function awaitsInPlace(node: ts.Node): boolean {
  if (ts.isAwaitExpression(node)) return true;
  if (ts.isFunctionLike(node)) return false;
  return ts.forEachChild(node, (child) => awaitsInPlace(child) || undefined) ?? false;
}

/** A clause that does something, and then goes on with the next one. */
export function fallsThrough({ clauses }: ts.CaseBlock): boolean {
  return clauses.some(({ statements }, index) => {
    const last = statements.at(-1);
    return last !== undefined && index < clauses.length - 1 && endOf(last) === null;
  });
}

export function isFunctionExpression(node: ts.Node): node is ts.ArrowFunction | ts.FunctionExpression {
  return ts.isArrowFunction(node) || ts.isFunctionExpression(node);
}

/** What calls its callback when the code here has long gone on. */
export function isTimer(callee: Value): boolean {
  if (callee.kind === "member") return callee.name === "nextTick";
  return (
    callee.kind === "global" &&
    ["setTimeout", "setInterval", "setImmediate", "queueMicrotask", "requestIdleCallback"].includes(callee.name)
  );
}

/** An argument that may be, or hold, `step` itself. */
export function isPlain(node: ts.Expression): boolean {
  return ts.isIdentifier(node) || ts.isPropertyAccessExpression(node) || ts.isObjectLiteralExpression(node);
}

/** Its last statement leaves the function. */
export function endsEarly(statement: ts.Statement): boolean {
  if (ts.isReturnStatement(statement) || ts.isThrowStatement(statement)) return true;
  const last = ts.isBlock(statement) ? statement.statements.at(-1) : undefined;
  return last !== undefined && endsEarly(last);
}

/** A place that is executed once, together with what follows it in its function: in no branch, loop or `try`. */
export function isPlainPlace(node: ts.Node): boolean {
  for (let current = node.parent; !ts.isFunctionLike(current); current = current.parent) {
    if (ts.isIfStatement(current) || ts.isConditionalExpression(current) || ts.isSwitchStatement(current)) return false;
    if (ts.isIterationStatement(current, false) || ts.isTryStatement(current) || ts.isSourceFile(current)) return false;
  }
  return true;
}
