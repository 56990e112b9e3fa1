import { ts } from "ts-morph";
import type { StepSite } from "../model.js";

export type Awaited = StepSite["awaited"];

/** What happens to the promise that an expression gives. */
export interface PromiseUse {
  /** `returned`: it becomes what the function around it gives, so it is up to who calls that. */
  readonly use: Awaited | "returned";
  /** The variable that keeps it, when the use is `later`. */
  readonly keptIn: string | null;
}

const combinators = new Set(["all", "allSettled", "race", "any", "resolve"]);

export function promiseUseOf(node: ts.Expression, depth = 0): PromiseUse {
  let current: ts.Node = node;
  for (;;) {
    const { parent }: { parent: ts.Node } = current;
    if (
      ts.isParenthesizedExpression(parent) ||
      ts.isAsExpression(parent) ||
      ts.isNonNullExpression(parent) ||
      ts.isSatisfiesExpression(parent) ||
      ts.isSpreadElement(parent) ||
      ts.isArrayLiteralExpression(parent)
    ) {
      current = parent;
    } else if (ts.isAwaitExpression(parent)) {
      return { use: "yes", keptIn: null };
    } else if (ts.isReturnStatement(parent) || (ts.isArrowFunction(parent) && parent.body === current)) {
      return { use: "returned", keptIn: null };
    } else if (ts.isYieldExpression(parent)) {
      return { use: "unknown", keptIn: null };
    } else if (ts.isConditionalExpression(parent)) {
      if (parent.condition === current) return { use: "no", keptIn: null };
      current = parent;
    } else if (ts.isBinaryExpression(parent)) {
      const operator = parent.operatorToken.kind;
      if (operator === ts.SyntaxKind.EqualsToken && parent.right === current) return keptBy(parent.left, depth);
      if (parent.left === current && operator === ts.SyntaxKind.CommaToken) return { use: "no", keptIn: null };
      current = parent;
    } else if (ts.isPropertyAccessExpression(parent)) {
      const call = parent.parent;
      const chained = ["then", "catch", "finally", "concat", "flat", "filter"].includes(parent.name.text);
      if (!chained || !ts.isCallExpression(call) || call.expression !== parent) return { use: "unknown", keptIn: null };
      current = call;
    } else if (ts.isCallExpression(parent) && parent.expression !== current) {
      const callee = parent.expression;
      if (!ts.isPropertyAccessExpression(callee)) return { use: "unknown", keptIn: null };
      if (callee.expression.getText() === "Promise" && combinators.has(callee.name.text)) {
        current = parent;
      } else if (callee.name.text === "push" && ts.isIdentifier(callee.expression)) {
        return useOfVariable(callee.expression, depth);
      } else {
        return { use: "unknown", keptIn: null };
      }
    } else if (ts.isVariableDeclaration(parent)) {
      return keptBy(parent.name, depth);
    } else if (ts.isExpressionStatement(parent) || ts.isVoidExpression(parent)) {
      return { use: "no", keptIn: null };
    } else {
      return { use: "unknown", keptIn: null };
    }
  }
}

function keptBy(target: ts.Node, depth: number): PromiseUse {
  if (ts.isIdentifier(target)) return useOfVariable(target, depth);
  // Destructuring is followed no further.
  return { use: "unknown", keptIn: null };
}

/** By the other places of the function around it that mention the variable. */
function useOfVariable(variable: ts.Identifier, depth: number): PromiseUse {
  if (depth > 3) return { use: "unknown", keptIn: null };
  const mentions = mentionsIn(functionAround(variable), variable);
  if (mentions.length === 0) return { use: "no", keptIn: null };
  for (const mention of mentions) {
    const { use } = promiseUseOf(mention, depth + 1);
    if (use === "yes" || use === "returned" || use === "later") return { use: "later", keptIn: variable.text };
  }
  return { use: "unknown", keptIn: variable.text };
}

function functionAround(node: ts.Node): ts.Node {
  let current = node.parent;
  // The outermost function: a promise may be kept in one callback and awaited outside it.
  let outer = current;
  while (current && !ts.isSourceFile(current)) {
    if (ts.isFunctionLike(current)) outer = current;
    current = current.parent;
  }
  return outer;
}

/** All mentions but the places that only fill it. */
function mentionsIn(scope: ts.Node, variable: ts.Identifier): ts.Identifier[] {
  const found: ts.Identifier[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && node.text === variable.text && node !== variable && !isFilling(node)) found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(scope);
  return found;
}

function isFilling(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isVariableDeclaration(parent) && parent.name === node) return true;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node || parent.name.text === "push";
  if (ts.isPropertyAssignment(parent) && parent.name === node) return true;
  return (
    ts.isBinaryExpression(parent) && parent.left === node && parent.operatorToken.kind === ts.SyntaxKind.EqualsToken
  );
}
