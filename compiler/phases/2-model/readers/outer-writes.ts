import { ts } from "ts-morph";
import { symbolOf } from "../../1-source/evaluate/evaluate-name.js";
import type { FunctionNode } from "../../1-source/evaluate/value.js";
import type { OuterWrite } from "../model.js";
import { spanOf, type Reading } from "../reading.js";

/** Methods by what they are methods of; a `set` or `delete` of anything else is not a change of the variable. */
const arrayMethods = new Set(["push", "unshift", "splice", "pop", "shift", "sort", "reverse", "fill"]);
const collectionMethods = new Set(["set", "add", "delete", "clear", "append"]);
const collections = new Set(["Map", "Set", "WeakMap", "WeakSet", "URLSearchParams", "Headers", "FormData"]);

/** Variables of the functions around a step's callback that it writes, and that are read outside it afterwards. */
export function readOuterWrites(reading: Reading, callback: FunctionNode): OuterWrite[] {
  const found = new Map<ts.Node, OuterWrite>();
  for (const { root, node, how } of writesIn(callback.body)) {
    const declaration = followAlias(reading, declarationOf(reading, root), callback, how);
    if (!declaration || found.has(declaration) || isInside(declaration, callback)) continue;
    const owner = functionAround(declaration);
    const name = nameOf(declaration);
    if (!owner || name === null || !isChanged(declaration, how, node)) continue;
    const read = readAfter(reading, owner, declaration, name, callback);
    if (!read) continue;
    found.set(declaration, {
      name: name.text,
      how: how === "assigned" ? "assigned" : "changed",
      span: spanOf(reading, node),
      readSpan: spanOf(reading, read),
      declarationSpan: spanOf(reading, name),
    });
  }
  return [...found.values()];
}

interface Write {
  readonly root: ts.Identifier;
  readonly node: ts.Node;
  /** `array`, `collection`: by a method that only those have. */
  readonly how: "assigned" | "property" | "array" | "collection";
}

function writesIn(body: ts.Node): Write[] {
  const writes: Write[] = [];
  const note = (target: ts.Node, node: ts.Node): void => {
    if (ts.isArrayLiteralExpression(target)) {
      for (const element of target.elements) note(element, node);
    } else if (ts.isObjectLiteralExpression(target)) {
      for (const property of target.properties) {
        if (ts.isShorthandPropertyAssignment(property)) note(property.name, node);
        else if (ts.isPropertyAssignment(property)) note(property.initializer, node);
      }
    } else {
      const root = rootOf(target);
      if (root) writes.push({ root, node, how: root === target ? "assigned" : "property" });
    }
  };
  const visit = (node: ts.Node): void => {
    if (ts.isBinaryExpression(node) && isAssignment(node.operatorToken.kind)) {
      note(node.left, node);
    } else if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) {
      if (node.operator === ts.SyntaxKind.PlusPlusToken || node.operator === ts.SyntaxKind.MinusMinusToken) {
        note(node.operand, node);
      }
    } else if (ts.isDeleteExpression(node)) {
      note(node.expression, node);
    } else if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { expression, name } = node.expression;
      const [first] = node.arguments;
      const how = arrayMethods.has(name.text) ? "array" : collectionMethods.has(name.text) ? "collection" : null;
      const isAssign = expression.getText() === "Object" && name.text === "assign";
      const root = isAssign ? first && rootOf(first) : how && rootOf(expression);
      if (root) writes.push({ root, node, how: isAssign || root !== expression ? "property" : (how ?? "property") });
    }
    ts.forEachChild(node, visit);
  };
  visit(body);
  return writes;
}

function isAssignment(operator: ts.SyntaxKind): boolean {
  return operator >= ts.SyntaxKind.FirstAssignment && operator <= ts.SyntaxKind.LastAssignment;
}

/** `const target = results; target.push(…)` changes `results`. */
function followAlias(
  reading: Reading,
  declaration: ts.Node | undefined,
  callback: FunctionNode,
  how: Write["how"],
): ts.Node | undefined {
  if (!declaration || how === "assigned" || !isInside(declaration, callback)) return declaration;
  if (!ts.isVariableDeclaration(declaration) || !declaration.initializer) return declaration;
  const { initializer } = declaration;
  const root = rootOf(initializer);
  // A part of something may be a plain value; only what was written as an object is surely the same object.
  return root && root === initializer ? declarationOf(reading, root) : declaration;
}

/** Whether the write changes what the variable holds: `list.push` does for an array, and not for a queue's client. */
function isChanged(declaration: ts.Node, how: Write["how"], node: ts.Node): boolean {
  if (how === "assigned") return true;
  const initial = ts.isVariableDeclaration(declaration) ? declaration.initializer : undefined;
  const value = initial && withoutAssertion(initial);
  if (how === "property") {
    // What a call has given may be a handle of something that lives elsewhere.
    return (
      value !== undefined &&
      (ts.isObjectLiteralExpression(value) || ts.isArrayLiteralExpression(value)) &&
      !isSetter(node)
    );
  }
  if (how === "array") return value !== undefined && ts.isArrayLiteralExpression(value);
  return value !== undefined && ts.isNewExpression(value) && collections.has(value.expression.getText());
}

/** `client.headers.set(…)` inside an object literal may be of any class. */
function isSetter(node: ts.Node): boolean {
  return (
    ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression) &&
    collectionMethods.has(node.expression.name.text)
  );
}

function withoutAssertion(node: ts.Expression): ts.Expression {
  return ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isParenthesizedExpression(node)
    ? withoutAssertion(node.expression)
    : node;
}

/** The first place outside the callback, later or in a further turn of a loop, where the variable is read. */
function readAfter(
  reading: Reading,
  owner: ts.Node,
  declaration: ts.Node,
  name: ts.Identifier,
  callback: FunctionNode,
): ts.Identifier | null {
  const loop = loopAround(callback, declaration);
  let first: ts.Identifier | null = null;
  const visit = (node: ts.Node): void => {
    if (first || node === callback) return;
    if (ts.isIdentifier(node) && node.text === name.text && node !== name) {
      const later = node.pos >= callback.end || (loop !== null && isInside(node, loop));
      const isRead = later && !isWriteOnly(node) && !isInLog(node) && declarationOf(reading, node) === declaration;
      if (isRead) first = node;
    }
    ts.forEachChild(node, visit);
  };
  visit(owner);
  return first;
}

/** The loop that the callback is in and the variable is not. */
function loopAround(callback: ts.Node, declaration: ts.Node): ts.Node | null {
  for (let current = callback.parent; current; current = current.parent) {
    if (isInside(declaration, current)) return null;
    if (ts.isIterationStatement(current, false)) return current;
  }
  return null;
}

function isWriteOnly(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) return true;
  if (ts.isPropertyAssignment(parent) && parent.name === node) return true;
  if (ts.isBinaryExpression(parent) && parent.left === node) {
    return parent.operatorToken.kind === ts.SyntaxKind.EqualsToken;
  }
  // `list.push(x);` and `counts[key] = x;` read nothing.
  let access: ts.Node = node;
  while (ts.isPropertyAccessExpression(access.parent) || ts.isElementAccessExpression(access.parent)) {
    if (access.parent.expression !== access) return false;
    access = access.parent;
  }
  const { parent: use } = access;
  if (access !== node && ts.isBinaryExpression(use) && use.left === access) {
    return use.operatorToken.kind === ts.SyntaxKind.EqualsToken;
  }
  const isCall = ts.isCallExpression(use) && use.expression === access && ts.isPropertyAccessExpression(access);
  if (!isCall || !ts.isPropertyAccessExpression(access)) return false;
  const changes = arrayMethods.has(access.name.text) || collectionMethods.has(access.name.text);
  return changes && ts.isExpressionStatement(use.parent);
}

function isInLog(node: ts.Node): boolean {
  for (let current = node.parent; current && !ts.isStatement(current); current = current.parent) {
    if (ts.isCallExpression(current) && /^(\w+\.)?(console|logger|log)\b/.test(current.expression.getText()))
      return true;
  }
  return false;
}

function declarationOf(reading: Reading, node: ts.Identifier): ts.Node | undefined {
  return symbolOf(reading.evaluation, node)?.valueDeclaration;
}

function nameOf(declaration: ts.Node): ts.Identifier | null {
  const isVariable =
    ts.isVariableDeclaration(declaration) || ts.isBindingElement(declaration) || ts.isParameter(declaration);
  return isVariable && ts.isIdentifier(declaration.name) ? declaration.name : null;
}

/** Null for a variable of a module: it belongs to the process, not to a run. */
function functionAround(node: ts.Node): ts.Node | null {
  for (let current = node.parent; current; current = current.parent) if (ts.isFunctionLike(current)) return current;
  return null;
}

function rootOf(node: ts.Node): ts.Identifier | null {
  let current = node;
  while (
    ts.isPropertyAccessExpression(current) ||
    ts.isElementAccessExpression(current) ||
    ts.isNonNullExpression(current) ||
    ts.isParenthesizedExpression(current) ||
    ts.isAsExpression(current)
  ) {
    current = current.expression;
  }
  return ts.isIdentifier(current) ? current : null;
}

function isInside(node: ts.Node, outer: ts.Node): boolean {
  return node.getSourceFile() === outer.getSourceFile() && node.pos >= outer.pos && node.end <= outer.end;
}
