/** Forms of code that the walk tells apart by how they are written, without the checker. */
import { ts } from "ts-morph";
import type { FunctionNode } from "../../1-source/evaluate/value.js";

const combinators = new Set(["all", "allSettled", "race", "any", "resolve"]);

export function isFunctionExpression(node: ts.Node): node is FunctionNode & (ts.ArrowFunction | ts.FunctionExpression) {
  return ts.isArrowFunction(node) || ts.isFunctionExpression(node);
}

/** `process.env`, `import.meta.env`. */
export function isEnvironment(node: ts.Node): boolean {
  return /^(process|import\.meta|Bun)\.env$/.test(node.getText());
}

/** `&&`, `||`, `??`: the left side decides whether the right one is executed. */
export function isDeciding(operator: ts.SyntaxKind): boolean {
  return (
    operator === ts.SyntaxKind.AmpersandAmpersandToken ||
    operator === ts.SyntaxKind.BarBarToken ||
    operator === ts.SyntaxKind.QuestionQuestionToken
  );
}

export function isWrittenIn(node: ts.Node, functions: readonly ts.Node[]): boolean {
  for (let current = node.parent; current; current = current.parent) if (functions.includes(current)) return true;
  return false;
}

export function isPropertyName(node: ts.Identifier): boolean {
  const { parent } = node;
  return (
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    (ts.isPropertyAssignment(parent) && parent.name === node)
  );
}

export function isLogging({ expression }: ts.CallExpression): boolean {
  return /^(ctx\.|context\.|this\.)?(console|logger|log|Sentry)\b/.test(expression.getText());
}

/** A variable at the top of a file: only its own file's names, found without the checker. */
export function isTopLevelName(node: ts.Identifier): boolean {
  return topLevelNamesOf(node.getSourceFile()).has(node.text);
}

const topLevelNames = new WeakMap<ts.SourceFile, ReadonlySet<string>>();

function topLevelNamesOf(file: ts.SourceFile): ReadonlySet<string> {
  let names = topLevelNames.get(file);
  if (!names) {
    const found = new Set<string>();
    for (const statement of file.statements) {
      if (!ts.isVariableStatement(statement)) continue;
      for (const { name } of statement.declarationList.declarations) if (ts.isIdentifier(name)) found.add(name.text);
    }
    topLevelNames.set(file, (names = found));
  }
  return names;
}

/** The elements of an array that is written out, or awaited together. */
export function elementsOf(node: ts.Expression): readonly ts.Expression[] | null {
  if (ts.isAwaitExpression(node) || ts.isParenthesizedExpression(node)) return elementsOf(node.expression);
  if (ts.isArrayLiteralExpression(node)) return node.elements.some(ts.isSpreadElement) ? null : node.elements;
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return null;
  const isTogether = node.expression.expression.getText() === "Promise" && combinators.has(node.expression.name.text);
  const [list] = node.arguments;
  return isTogether && list && ts.isArrayLiteralExpression(list) ? elementsOf(list) : null;
}

/** The id in `{ id, name }`; its name is only shown. */
export function idOf(first: ts.Expression): ts.Expression {
  if (!ts.isObjectLiteralExpression(first)) return first;
  for (const property of first.properties) {
    if (ts.isPropertyAssignment(property) && property.name.getText() === "id") return property.initializer;
    if (ts.isShorthandPropertyAssignment(property) && property.name.text === "id") return property.name;
  }
  return first;
}

export function rootOf(node: ts.Expression): ts.Identifier | null {
  let current = node;
  while (ts.isPropertyAccessExpression(current) || ts.isElementAccessExpression(current)) current = current.expression;
  return ts.isIdentifier(current) ? current : null;
}

/** How a statement ends the function or the turn of the loop that it is in; null when what follows runs. */
export function endOf(statement: ts.Statement): "throw" | "leave" | null {
  if (ts.isThrowStatement(statement)) return "throw";
  if (ts.isReturnStatement(statement) || ts.isContinueStatement(statement) || ts.isBreakStatement(statement)) {
    return "leave";
  }
  const last = ts.isBlock(statement) ? statement.statements.at(-1) : undefined;
  return last === undefined ? null : endOf(last);
}
