import { ts } from "ts-morph";
import type { Evaluation } from "./evaluation.js";

/**
 * Names that a file assigns to again, or whose members it changes. By name and not by symbol: too careful for two
 * variables of one name, but a single pass over the file.
 */
export interface FileChanges {
  readonly assigned: ReadonlySet<string>;
  readonly mutated: ReadonlySet<string>;
}

const mutators = new Set(["push", "unshift", "splice", "pop", "shift", "sort", "reverse", "fill", "copyWithin"]);

export function changesOf(evaluation: Evaluation, file: ts.SourceFile): FileChanges {
  let changes = evaluation.changes.get(file);
  if (!changes) {
    changes = collectChanges(file);
    evaluation.changes.set(file, changes);
  }
  return changes;
}

function collectChanges(file: ts.SourceFile): FileChanges {
  const assigned = new Set<string>();
  const mutated = new Set<string>();

  const noteTarget = (target: ts.Expression): void => {
    if (ts.isIdentifier(target)) {
      assigned.add(target.text);
    } else if (ts.isPropertyAccessExpression(target) || ts.isElementAccessExpression(target)) {
      const root = rootOf(target);
      if (root) mutated.add(root);
    } else if (ts.isArrayLiteralExpression(target)) {
      for (const element of target.elements) noteTarget(element);
    } else if (ts.isObjectLiteralExpression(target)) {
      for (const property of target.properties) {
        if (ts.isShorthandPropertyAssignment(property)) assigned.add(property.name.text);
        else if (ts.isPropertyAssignment(property)) noteTarget(property.initializer);
      }
    }
  };

  const visit = (node: ts.Node): void => {
    if (ts.isBinaryExpression(node)) {
      const operator = node.operatorToken.kind;
      if (operator >= ts.SyntaxKind.FirstAssignment && operator <= ts.SyntaxKind.LastAssignment) noteTarget(node.left);
    } else if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) {
      if (node.operator === ts.SyntaxKind.PlusPlusToken || node.operator === ts.SyntaxKind.MinusMinusToken) {
        noteTarget(node.operand);
      }
    } else if (ts.isDeleteExpression(node)) {
      noteTarget(node.expression);
    } else if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { expression, name } = node.expression;
      if (mutators.has(name.text)) {
        const root = rootOf(expression);
        if (root) mutated.add(root);
      } else if (name.text === "assign" && ts.isIdentifier(expression) && expression.text === "Object") {
        const [target] = node.arguments;
        const root = target && rootOf(target);
        if (root) mutated.add(root);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return { assigned, mutated };
}

function rootOf(node: ts.Expression): string | null {
  let current = node;
  while (ts.isPropertyAccessExpression(current) || ts.isElementAccessExpression(current)) current = current.expression;
  return ts.isIdentifier(current) ? current.text : null;
}
