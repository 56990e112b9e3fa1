import { ts } from "ts-morph";
import { evaluate } from "../../1-source/evaluate/evaluate.js";
import { Scope } from "../../1-source/evaluate/scope.js";
import { nameInOurs } from "../../1-source/evaluate/value.js";
import type { LostSignal } from "../model.js";
import { mentionsOf } from "../name-index.js";
import { spanOf, type Reading } from "../reading.js";

/** `throw new NonRetriableError(…)` in a `try` whose own `catch` does not pass it on. */
export function readLostSignals(reading: Reading): LostSignal[] {
  return ["NonRetriableError", "RetryAfterError"].flatMap((name) =>
    mentionsOf(reading, name).flatMap((mention) => {
      const made = mention.parent;
      if (!ts.isNewExpression(made) || made.expression !== mention || !ts.isThrowStatement(made.parent)) return [];
      const handler = catchAround(made);
      if (!handler || passesOn(handler)) return [];
      if (nameInOurs(evaluate(reading.evaluation, mention, Scope.empty)) !== name) return [];
      const replaces = handler.block.statements.some(ts.isThrowStatement);
      return [{ name, replaces, span: spanOf(reading, made.parent), catchSpan: catchWord(reading, handler) }];
    }),
  );
}

function catchAround(node: ts.Node): ts.CatchClause | null {
  for (let child = node, current = node.parent; current; child = current, current = current.parent) {
    if (ts.isFunctionLike(current)) return null;
    if (ts.isTryStatement(current) && current.tryBlock === child) return current.catchClause ?? null;
  }
  return null;
}

/** It throws or hands on what it caught, or looks at what it is: then its author has thought of it. */
function passesOn({ variableDeclaration, block }: ts.CatchClause): boolean {
  const name = variableDeclaration?.name;
  if (!name || !ts.isIdentifier(name)) return false;
  let found = false;
  const visit = (node: ts.Node): void => {
    if (ts.isThrowStatement(node) && node.expression.getText() === name.text) found = true;
    if (ts.isReturnStatement(node) && node.expression && mentions(node.expression, name.text)) found = true;
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword) found = true;
    if (ts.isCallExpression(node) && node.arguments.some((each) => each.getText() === name.text)) {
      // `reject(error)`, `rethrow(error)`; a logger keeps it to itself.
      if (!/(^|\.)(console|logger|log|captureException)\b/.test(node.expression.getText())) found = true;
    }
    ts.forEachChild(node, visit);
  };
  visit(block);
  return found;
}

function mentions(node: ts.Node, name: string): boolean {
  return (
    (ts.isIdentifier(node) && node.text === name) ||
    (ts.forEachChild(node, (child) => mentions(child, name) || undefined) ?? false)
  );
}

function catchWord(reading: Reading, handler: ts.CatchClause): LostSignal["span"] {
  const span = spanOf(reading, handler);
  const length = "catch".length;
  return { ...span, end: span.start + length, endLine: span.line, endColumn: span.column + length };
}
