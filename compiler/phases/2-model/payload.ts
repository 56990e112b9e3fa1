import { ts } from "ts-morph";
import { evaluate, propertyName } from "../1-source/evaluate/evaluate.js";
import type { Scope } from "../1-source/evaluate/scope.js";
import { shapeOfExpression } from "./expression-shape.js";
import { pathKey } from "./folded.js";
import { shapeOfLive } from "./live-objects.js";
import type { Payload } from "./model.js";
import { spanOf, type Reading } from "./reading.js";
import type { PropertyShape, Shape } from "./shape.js";
import type { Span } from "./span.js";
import { shapeOfType, unionOf } from "./type-shape.js";

/** What is known of a value that the code writes down as `node`: literals as they are, the rest by its type. */
export function readPayload(reading: Reading, node: ts.Expression, scope: Scope): Payload {
  const spans = new Map<string, Span>();
  const nameSpans = new Map<string, Span>();

  const visit = (expression: ts.Expression, path: readonly (string | number)[]): Shape => {
    const inner = withoutParentheses(expression);
    spans.set(pathKey(path), spanOf(reading, inner));
    switch (inner.kind) {
      case ts.SyntaxKind.StringLiteral:
      case ts.SyntaxKind.NoSubstitutionTemplateLiteral:
        return { kind: "literal", value: (inner as ts.StringLiteralLike).text };
      case ts.SyntaxKind.NumericLiteral:
        return { kind: "literal", value: Number((inner as ts.NumericLiteral).text) };
      case ts.SyntaxKind.TrueKeyword:
        return { kind: "literal", value: true };
      case ts.SyntaxKind.FalseKeyword:
        return { kind: "literal", value: false };
      case ts.SyntaxKind.NullKeyword:
        return { kind: "null" };
      case ts.SyntaxKind.TemplateExpression:
        return { kind: "string" };
      case ts.SyntaxKind.ObjectLiteralExpression:
        return visitObject(inner as ts.ObjectLiteralExpression, path);
      case ts.SyntaxKind.ArrayLiteralExpression: {
        const { elements } = inner as ts.ArrayLiteralExpression;
        if (elements.some(ts.isSpreadElement)) return visitSpread(elements, path);
        return { kind: "tuple", elements: elements.map((element, index) => visit(element, [...path, index])) };
      }
      case ts.SyntaxKind.ConditionalExpression: {
        const { whenTrue, whenFalse } = inner as ts.ConditionalExpression;
        return unionOf([visit(whenTrue, path), visit(whenFalse, path)]);
      }
      default:
        return shapeOfExpression(reading, inner, scope);
    }
  };

  /** `[...parts, last]`: how many there are is not known. */
  const visitSpread = (elements: readonly ts.Expression[], path: readonly (string | number)[]): Shape => {
    const shapes = elements.flatMap((element): readonly Shape[] => {
      if (!ts.isSpreadElement(element)) return [visit(element, [...path, "[]"])];
      const spread = shapeOfExpression(reading, element.expression, scope);
      if (spread.kind === "array") return [spread.element];
      return spread.kind === "tuple" && !spread.rest ? spread.elements : [{ kind: "unknown" }];
    });
    const isKnown = shapes.length > 0 && shapes.every(({ kind }) => kind !== "unknown");
    return { kind: "array", element: isKnown ? unionOf(shapes) : { kind: "unknown" } };
  };

  const visitObject = (object: ts.ObjectLiteralExpression, path: readonly (string | number)[]): Shape => {
    const properties = new Map<string, PropertyShape>();
    let rest: "closed" | "open" = "closed";
    let unknown = false;
    for (const property of object.properties) {
      if (ts.isSpreadAssignment(property)) {
        const spread = shapeOfExpression(reading, property.expression, scope);
        rest = "open";
        if (spread.kind === "object") {
          for (const member of spread.properties) {
            const before = properties.get(member.name);
            const shape = before && member.optional ? unionOf([before.shape, member.shape]) : member.shape;
            properties.set(member.name, {
              name: member.name,
              shape,
              optional: member.optional && (before?.optional ?? true),
            });
          }
        } else {
          unknown = true;
        }
        continue;
      }
      const name = propertyName(reading.evaluation, property.name, scope);
      if (name === null) {
        rest = "open";
        continue;
      }
      const below = [...path, name];
      nameSpans.set(pathKey(below), spanOf(reading, property.name));
      let shape: Shape;
      if (ts.isPropertyAssignment(property)) {
        shape = visit(property.initializer, below);
      } else {
        spans.set(pathKey(below), spanOf(reading, property.name));
        shape = ts.isShorthandPropertyAssignment(property)
          ? shapeOfShorthand(reading, property, scope)
          : { kind: "special", name: "function", type: "function" };
      }
      properties.set(name, { name, shape, optional: false });
    }
    // After a spread of something unknown any property may be there.
    return unknown && properties.size === 0
      ? { kind: "unknown" }
      : {
          kind: "object",
          properties: [...properties.values()],
          rest,
          ...(unknown ? { values: { kind: "unknown" } } : {}),
        };
  };

  return { shape: visit(node, []), span: spanOf(reading, node), spans, nameSpans };
}

/** `x as T` stays: the type is what the code claims. */
function withoutParentheses(node: ts.Expression): ts.Expression {
  let inner = node;
  while (ts.isParenthesizedExpression(inner) || ts.isSatisfiesExpression(inner) || isConstAssertion(inner)) {
    inner = inner.expression;
  }
  return inner;
}

function isConstAssertion(node: ts.Expression): node is ts.AsExpression {
  return ts.isAsExpression(node) && node.type.getText() === "const";
}

function shapeOfShorthand(reading: Reading, property: ts.ShorthandPropertyAssignment, scope: Scope): Shape {
  const value = evaluate(reading.evaluation, property.name, scope);
  if (value.kind === "constant") {
    if (value.value === null) return { kind: "null" };
    if (typeof value.value !== "undefined" && typeof value.value !== "bigint")
      return { kind: "literal", value: value.value };
  }
  const live = value.kind === "new" || value.kind === "call" ? shapeOfLive(value) : null;
  if (live) return live;
  const symbol = reading.evaluation.checker.getShorthandAssignmentValueSymbol(property);
  return symbol
    ? shapeOfType(reading, reading.evaluation.checker.getTypeOfSymbolAtLocation(symbol, property.name))
    : { kind: "unknown" };
}
