import { ts } from "ts-morph";
import type { Evaluation } from "../../1-source/evaluate/evaluation.js";

/**
 * The variables of a module that its functions change: what they hold depends on what else the process has done.
 * A variable that only ever gets an object (`client ??= new Client()`) is one that is made late, not state.
 */
export function changesWithProcess(evaluation: Evaluation, declaration: ts.Node): boolean {
  const file = declaration.getSourceFile();
  if (!ts.isVariableDeclaration(declaration) || !ts.isIdentifier(declaration.name)) return false;
  if (!evaluation.isProjectFile(file) || !isTopLevel(declaration)) return false;
  let names = known.get(file);
  if (!names) known.set(file, (names = collect(file)));
  return names.has(declaration.name.text);
}

/** A file's tree never changes. */
const known = new WeakMap<ts.SourceFile, ReadonlySet<string>>();
const none: ReadonlySet<string> = new Set();
const fillers = new Set(["set", "add", "delete", "clear", "push", "unshift", "pop", "shift", "splice"]);

function isTopLevel(declaration: ts.VariableDeclaration): boolean {
  const statement = declaration.parent.parent;
  return ts.isVariableStatement(statement) && ts.isSourceFile(statement.parent);
}

function collect(file: ts.SourceFile): ReadonlySet<string> {
  const variables = new Set<string>();
  const collections = new Set<string>();
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    const isConst = (statement.declarationList.flags & ts.NodeFlags.Const) !== 0;
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (!ts.isIdentifier(name)) continue;
      if (!isConst) variables.add(name.text);
      if (initializer && isEmptyCollection(initializer)) collections.add(name.text);
    }
  }
  if (variables.size === 0 && collections.size === 0) return none;
  const changed = new Set<string>();
  const visit = (node: ts.Node, inFunction: boolean): void => {
    if (inFunction) {
      const name = changedBy(node, variables, collections);
      if (name !== null) changed.add(name);
    }
    ts.forEachChild(node, (child) => visit(child, inFunction || ts.isFunctionLike(node)));
  };
  visit(file, false);
  return changed;
}

/** Only what begins empty: a table that is filled at the start is a constant. */
function isEmptyCollection(node: ts.Expression): boolean {
  if (ts.isNewExpression(node) && ts.isIdentifier(node.expression)) {
    return ["Map", "Set"].includes(node.expression.text) && (node.arguments?.length ?? 0) === 0;
  }
  return ts.isArrayLiteralExpression(node) && node.elements.length === 0;
}

function changedBy(node: ts.Node, variables: ReadonlySet<string>, collections: ReadonlySet<string>): string | null {
  if (ts.isPostfixUnaryExpression(node) || ts.isPrefixUnaryExpression(node)) {
    const counts = node.operator === ts.SyntaxKind.PlusPlusToken || node.operator === ts.SyntaxKind.MinusMinusToken;
    return counts && ts.isIdentifier(node.operand) && variables.has(node.operand.text) ? node.operand.text : null;
  }
  if (ts.isBinaryExpression(node) && ts.isIdentifier(node.left) && variables.has(node.left.text)) {
    const operator = node.operatorToken.kind;
    if (operator === ts.SyntaxKind.PlusEqualsToken || operator === ts.SyntaxKind.MinusEqualsToken)
      return node.left.text;
    return operator === ts.SyntaxKind.EqualsToken && isPlainValue(node.right) ? node.left.text : null;
  }
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    const { expression, name } = node.expression;
    const fills = ts.isIdentifier(expression) && collections.has(expression.text) && fillers.has(name.text);
    return fills ? expression.text : null;
  }
  return null;
}

function isPlainValue(node: ts.Expression): boolean {
  return (
    ts.isLiteralExpression(node) ||
    ts.isTemplateExpression(node) ||
    node.kind === ts.SyntaxKind.TrueKeyword ||
    node.kind === ts.SyntaxKind.FalseKeyword ||
    (ts.isBinaryExpression(node) && isPlainValue(node.right)) ||
    (ts.isCallExpression(node) && node.expression.getText() === "Date.now")
  );
}
