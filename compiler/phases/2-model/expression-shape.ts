import { ts } from "ts-morph";
import { evaluate } from "../1-source/evaluate/evaluate.js";
import type { Scope } from "../1-source/evaluate/scope.js";
import type { FunctionValue, Value } from "../1-source/evaluate/value.js";
import { readPayload } from "./payload.js";
import type { Reading } from "./reading.js";
import type { Shape } from "./shape.js";
import { describeOperation } from "./operation-shape.js";
import { awaitedShape, shapeOfType, unionOf } from "./type-shape.js";
import { shapeOfTerm } from "./term-shape.js";

/**
 * The shape of an expression. The checker would have to infer the call of `createFunction`, and the whole handler
 * around the expression, to tell a type; so what can be told from declarations is taken from them, and only the rest
 * is asked. What control flow may have narrowed (a union) is always asked.
 */
export function shapeOfExpression(reading: Reading, node: ts.Expression, scope: Scope): Shape {
  return (
    declaredShape(reading, node, scope) ?? shapeOfType(reading, reading.evaluation.checker.getTypeAtLocation(node))
  );
}

/** Null when the checker has to be asked. */
function declaredShape(reading: Reading, node: ts.Expression, scope: Scope): Shape | null {
  const shape = describe(reading, node, scope, false);
  return shape === null || shape.kind === "union" || shape.kind === "undefined" || shape.kind === "null" ? null : shape;
}

/**
 * With unions, for those who take them apart. `awaited`: a promise stands for what it gives. `defined`: what `a?.b`
 * gives where `a` is null is of no interest.
 */
export function describe(
  reading: Reading,
  node: ts.Expression,
  scope: Scope,
  awaited: boolean,
  defined = false,
): Shape | null {
  if (!defined && ts.isOptionalChain(node)) return null;
  switch (node.kind) {
    case ts.SyntaxKind.ParenthesizedExpression:
    case ts.SyntaxKind.SatisfiesExpression:
      return describe(reading, (node as ts.ParenthesizedExpression).expression, scope, awaited, defined);
    case ts.SyntaxKind.NonNullExpression: {
      const inner = describe(reading, (node as ts.NonNullExpression).expression, scope, awaited);
      return inner && withoutNull(inner);
    }
    case ts.SyntaxKind.AwaitExpression:
      return describe(reading, (node as ts.AwaitExpression).expression, scope, true);
    case ts.SyntaxKind.AsExpression: {
      const { type } = node as ts.AsExpression;
      if (type.getText() === "const") return null;
      return shapeOfType(reading, reading.evaluation.checker.getTypeFromTypeNode(type));
    }
    case ts.SyntaxKind.StringLiteral:
    case ts.SyntaxKind.NoSubstitutionTemplateLiteral:
      return { kind: "literal", value: (node as ts.StringLiteralLike).text };
    case ts.SyntaxKind.NumericLiteral:
      return { kind: "literal", value: Number((node as ts.NumericLiteral).text) };
    case ts.SyntaxKind.TrueKeyword:
    case ts.SyntaxKind.FalseKeyword:
      return { kind: "literal", value: node.kind === ts.SyntaxKind.TrueKeyword };
    case ts.SyntaxKind.NullKeyword:
      return { kind: "null" };
    case ts.SyntaxKind.TemplateExpression:
      return { kind: "string" };
    case ts.SyntaxKind.ObjectLiteralExpression:
    case ts.SyntaxKind.ArrayLiteralExpression:
      return readPayload(reading, node, scope).shape;
    case ts.SyntaxKind.PropertyAccessExpression:
    case ts.SyntaxKind.Identifier:
    case ts.SyntaxKind.ElementAccessExpression:
    case ts.SyntaxKind.NewExpression:
      return describeTerm(reading, evaluate(reading.evaluation, node, scope), awaited);
    case ts.SyntaxKind.BinaryExpression:
      return describeOperation(node as ts.BinaryExpression, (operand, onlyDefined) =>
        describe(reading, operand, scope, awaited, onlyDefined),
      );
    case ts.SyntaxKind.CallExpression:
      return describeCall(reading, node as ts.CallExpression, scope, awaited);
    default:
      return null;
  }
}

function describeTerm(reading: Reading, value: Value, awaited: boolean): Shape | null {
  // A variable that holds a promise reads like what the promise gives; only `await` makes it so.
  if (value.kind === "call" && !awaited && !ts.isAwaitExpression(value.node.parent)) return null;
  return shapeOfTerm(reading, value);
}

function describeCall(reading: Reading, node: ts.CallExpression, scope: Scope, awaited: boolean): Shape | null {
  if (node.questionDotToken) return null;
  const callee = evaluate(reading.evaluation, node.expression, scope);
  if (callee.kind === "function") return shapeOfResult(reading, callee, awaited);
  if (callee.kind === "class" || callee.kind === "choice") return null;
  const own = awaited ? shapeOfTerm(reading, { kind: "call", callee, node, scope }) : null;
  if (own) return own;
  if (dependsOnHandler(callee)) return null;
  return shapeOfSignature(reading, node.expression, awaited);
}

/** Of a call of the project's own function. */
function shapeOfResult(reading: Reading, callee: FunctionValue, awaited: boolean): Shape | null {
  const { checker } = reading.evaluation;
  const { node } = callee;
  if (node.typeParameters || node.parent === undefined) return null;
  // Overloads and inherited signatures are the checker's business; so is a callback without types of its own.
  if (ts.isFunctionDeclaration(node) && node.name) {
    const symbol = checker.getSymbolAtLocation(node.name);
    if ((symbol?.declarations?.length ?? 0) > 1) return null;
  }
  if (!node.type && node.parameters.some((parameter) => !parameter.type && !parameter.initializer)) return null;
  const signature = checker.getSignatureFromDeclaration(node);
  if (!signature) return null;
  const type = signature.getReturnType();
  return awaited ? awaitedShape(reading, type) : shapeOfType(reading, type);
}

/** A function of a package with one plain signature gives the same whatever it is called with. */
function shapeOfSignature(reading: Reading, callee: ts.Expression, awaited: boolean): Shape | null {
  const [signature, ...others] = reading.evaluation.checker.getTypeAtLocation(callee).getCallSignatures();
  if (!signature || others.length > 0 || signature.typeParameters) return null;
  const type = signature.getReturnType();
  return awaited ? awaitedShape(reading, type) : shapeOfType(reading, type);
}

function dependsOnHandler(value: Value): boolean {
  switch (value.kind) {
    case "input":
    case "unknown":
    case "element":
    case "typed":
      return true;
    case "member":
      return dependsOnHandler(value.object);
    case "call":
      return true;
    default:
      return false;
  }
}

/** What the callback of a step returns, awaited. */
export function returnShape(reading: Reading, callback: ts.Expression, scope: Scope): Shape {
  const value = evaluate(reading.evaluation, callback, scope);
  return value.kind === "function"
    ? returnedShape(reading, value, value.scope)
    : returnOfType(reading, reading.evaluation.checker.getTypeAtLocation(callback));
}

/** What a function returns, awaited; `scope` is that of its body. */
export function returnedShape(reading: Reading, { node, ...value }: FunctionValue, scope: Scope): Shape {
  const shape = node.type ? shapeOfResult(reading, { node, ...value }, true) : shapeOfReturns(reading, node, scope);
  return shape ?? returnOfType(reading, reading.evaluation.checker.getTypeAtLocation(node));
}

function returnOfType(reading: Reading, type: ts.Type): Shape {
  const [signature] = type.getCallSignatures();
  return signature ? awaitedShape(reading, signature.getReturnType()) : { kind: "unknown" };
}

/** From each `return`; null when one of them has to be asked of the checker. */
function shapeOfReturns(reading: Reading, node: FunctionValue["node"], scope: Scope): Shape | null {
  if (node.asteriskToken) return null;
  if (!ts.isBlock(node.body)) {
    const shape = describe(reading, node.body as ts.Expression, scope, true);
    return shape && widen(shape);
  }
  const shapes: (Shape | null)[] = [];
  const visit = (child: ts.Node): void => {
    if (ts.isReturnStatement(child)) {
      shapes.push(child.expression ? describe(reading, child.expression, scope, true) : { kind: "undefined" });
    } else if (!ts.isFunctionLike(child) && !ts.isClassLike(child)) {
      ts.forEachChild(child, visit);
    }
  };
  visit(node.body);
  const last = node.body.statements.at(-1);
  if (!last || !(ts.isReturnStatement(last) || ts.isThrowStatement(last))) {
    // Only without any return is it sure that the end is reached.
    if (shapes.length > 0) return null;
    shapes.push({ kind: "undefined" });
  }
  const known = shapes.filter((shape) => shape !== null);
  return known.length === shapes.length ? widen(unionOf(known.map(widenMembers))) : null;
}

/** A function that returns `"done"` is one that returns strings, as for the checker. */
function widen(shape: Shape): Shape {
  if (shape.kind !== "literal") return widenMembers(shape);
  return { kind: typeof shape.value === "string" ? "string" : typeof shape.value === "number" ? "number" : "boolean" };
}

/** The parts of object and array literals are not constants either. */
function widenMembers(shape: Shape): Shape {
  if (shape.kind === "tuple" && !shape.rest) {
    return {
      kind: "array",
      element: shape.elements.length === 0 ? { kind: "unknown" } : unionOf(shape.elements.map(widen)),
    };
  }
  if (shape.kind !== "object" || shape.rest === "open") return shape;
  const properties = shape.properties.map((property) => ({ ...property, shape: widen(property.shape) }));
  return { ...shape, properties, rest: "open" };
}

function withoutNull(shape: Shape): Shape {
  if (shape.kind !== "union") return shape;
  return unionOf(shape.members.filter((member) => member.kind !== "null" && member.kind !== "undefined"));
}
