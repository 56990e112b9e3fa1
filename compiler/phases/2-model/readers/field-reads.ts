import { ts } from "ts-morph";
import type { FunctionNode } from "../../1-source/evaluate/value.js";
import type { FieldRead } from "../model.js";
import { spanOf, type Reading } from "../reading.js";

/**
 * The fields of `event.data` that a handler reads by name, and does nothing about when they are missing. What goes on in helpers
 * that get the event is not seen.
 */
export function readFieldReads(reading: Reading, handler: FunctionNode): FieldRead[] {
  const [context] = handler.parameters;
  if (!context) return [];
  const reads: FieldRead[] = [];
  const add = (name: string, node: ts.Node): void => void reads.push({ name, span: spanOf(reading, node) });
  const data = findData(context.name, ["event", "data"], add);
  if (!data) return reads;
  const isData = (node: ts.Node): boolean => {
    const path = pathOf(node);
    if (!path || path.names.join(".") !== data.path.join(".") || path.root.text !== data.name.text) return false;
    const symbol = reading.evaluation.checker.getSymbolAtLocation(path.root);
    return symbol?.valueDeclaration === data.name.parent;
  };
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node) && isData(node.expression) && !copesWithout(node)) {
      if (!mayBeMissing(reading, node.expression, node.name.text)) add(node.name.text, node.name);
    }
    if (
      ts.isVariableDeclaration(node) &&
      node.initializer &&
      ts.isObjectBindingPattern(node.name) &&
      isData(node.initializer)
    ) {
      const { initializer } = node;
      findData(node.name, [], (name, at) => void (mayBeMissing(reading, initializer, name) || add(name, at)));
    }
    ts.forEachChild(node, visit);
  };
  visit(handler.body);
  return reads;
}

/** Follows a pattern to what holds `path`; fields that it takes out of the data itself are added. */
function findData(
  pattern: ts.BindingName,
  path: readonly string[],
  add: (name: string, node: ts.Node) => void,
): { readonly name: ts.Identifier; readonly path: readonly string[] } | null {
  if (ts.isIdentifier(pattern)) return { name: pattern, path };
  if (!ts.isObjectBindingPattern(pattern)) return null;
  const [next, ...rest] = path;
  for (const element of pattern.elements) {
    const name = element.propertyName ?? element.name;
    if (element.dotDotDotToken || !ts.isIdentifier(name)) continue;
    if (next === undefined && !element.initializer) add(name.text, name);
    if (name.text === next) return findData(element.name, rest, add);
  }
  return null;
}

/** `event.data` as its first name and the rest. */
function pathOf(node: ts.Node): { readonly root: ts.Identifier; readonly names: readonly string[] } | null {
  if (ts.isIdentifier(node)) return { root: node, names: [] };
  if (ts.isNonNullExpression(node) || ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) {
    return pathOf(node.expression);
  }
  if (!ts.isPropertyAccessExpression(node)) return null;
  const inner = pathOf(node.expression);
  return inner && { root: inner.root, names: [...inner.names, node.name.text] };
}

/** Who says what the data is (`event.data as { note?: string }`) may say that it need not have the field. */
function mayBeMissing(reading: Reading, data: ts.Expression, name: string): boolean {
  const field = reading.evaluation.checker.getTypeAtLocation(data).getProperty(name);
  return field !== undefined && (field.flags & ts.SymbolFlags.Optional) !== 0;
}

/** It is asked for, has a substitute, or is written. */
function copesWithout(node: ts.PropertyAccessExpression): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.questionDotToken !== undefined;
  if (ts.isBinaryExpression(parent)) {
    const operator = parent.operatorToken.kind;
    return operator !== ts.SyntaxKind.PlusToken;
  }
  return (
    ts.isPrefixUnaryExpression(parent) ||
    (ts.isIfStatement(parent) && parent.expression === node) ||
    (ts.isConditionalExpression(parent) && parent.condition === node)
  );
}
