import { ts } from "ts-morph";
import { evaluateCall, evaluateNew } from "./evaluate-call.js";
import { evaluateIdentifier, evaluateThis } from "./evaluate-name.js";
import { evaluateObject } from "./evaluate-object.js";
import { memberOf } from "./member.js";
import { evaluateBinary, evaluateConditional, evaluateTemplate, evaluateUnary } from "./operators.js";
import type { Evaluation } from "./evaluation.js";
import type { Scope } from "./scope.js";
import type { FunctionNode, Slot, UnknownResult, Value } from "./value.js";

/** What `node` stands for. Never throws: what cannot be told is `unknown` with a reason. */
export function evaluate(evaluation: Evaluation, node: ts.Expression, scope: Scope): Value {
  switch (node.kind) {
    case ts.SyntaxKind.StringLiteral:
    case ts.SyntaxKind.NoSubstitutionTemplateLiteral:
      return { kind: "constant", value: (node as ts.StringLiteralLike).text, node };
    case ts.SyntaxKind.NumericLiteral:
      return { kind: "constant", value: Number((node as ts.NumericLiteral).text), node };
    case ts.SyntaxKind.BigIntLiteral:
      return { kind: "constant", value: BigInt((node as ts.BigIntLiteral).text.slice(0, -1)), node };
    case ts.SyntaxKind.TrueKeyword:
      return { kind: "constant", value: true, node };
    case ts.SyntaxKind.FalseKeyword:
      return { kind: "constant", value: false, node };
    case ts.SyntaxKind.NullKeyword:
      return { kind: "constant", value: null, node };
    case ts.SyntaxKind.VoidExpression:
      return { kind: "constant", value: undefined, node };
    case ts.SyntaxKind.Identifier:
      return evaluateIdentifier(evaluation, node as ts.Identifier, scope);
    case ts.SyntaxKind.ThisKeyword:
      return evaluateThis(node, scope);
    case ts.SyntaxKind.ParenthesizedExpression:
    case ts.SyntaxKind.AsExpression:
    case ts.SyntaxKind.SatisfiesExpression:
    case ts.SyntaxKind.NonNullExpression:
    case ts.SyntaxKind.TypeAssertionExpression:
    // A promise stands for what it gives.
    case ts.SyntaxKind.AwaitExpression:
      return evaluate(evaluation, (node as ts.ParenthesizedExpression).expression, scope);
    case ts.SyntaxKind.PropertyAccessExpression: {
      const access = node as ts.PropertyAccessExpression;
      return memberOf(evaluation, evaluate(evaluation, access.expression, scope), access.name.text, node);
    }
    case ts.SyntaxKind.ElementAccessExpression: {
      const access = node as ts.ElementAccessExpression;
      const name = evaluate(evaluation, access.argumentExpression, scope);
      const object = evaluate(evaluation, access.expression, scope);
      if (name.kind === "constant" && (typeof name.value === "string" || typeof name.value === "number")) {
        return memberOf(evaluation, object, String(name.value), node);
      }
      return unknown(node, `the key \`${node.getText()}\` is read by is not constant`);
    }
    case ts.SyntaxKind.ArrayLiteralExpression:
      return evaluateArray(evaluation, node as ts.ArrayLiteralExpression, scope);
    case ts.SyntaxKind.ObjectLiteralExpression:
      return evaluateObject(evaluation, node as ts.ObjectLiteralExpression, scope);
    case ts.SyntaxKind.ArrowFunction:
    case ts.SyntaxKind.FunctionExpression:
      return { kind: "function", node: node as FunctionNode, scope, self: null };
    case ts.SyntaxKind.ClassExpression:
      return { kind: "class", node: node as ts.ClassExpression, scope };
    case ts.SyntaxKind.CallExpression:
      return evaluateCall(evaluation, node as ts.CallExpression, scope);
    case ts.SyntaxKind.NewExpression:
      return evaluateNew(evaluation, node as ts.NewExpression, scope);
    case ts.SyntaxKind.TemplateExpression:
      return evaluateTemplate(evaluation, node as ts.TemplateExpression, scope);
    case ts.SyntaxKind.BinaryExpression:
      return evaluateBinary(evaluation, node as ts.BinaryExpression, scope);
    case ts.SyntaxKind.ConditionalExpression:
      return evaluateConditional(evaluation, node as ts.ConditionalExpression, scope);
    case ts.SyntaxKind.PrefixUnaryExpression:
      return evaluateUnary(evaluation, node as ts.PrefixUnaryExpression, scope);
    default:
      return unknown(node, `\`${shortText(node)}\` is not constant`);
  }
}

export function unknown(node: ts.Node, reason: string): UnknownResult {
  return { kind: "unknown", reason, node };
}

/** The text of a node on one line, for reasons. */
export function shortText(node: ts.Node): string {
  const text = node.getText().replace(/\s+/g, " ");
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function evaluateArray(evaluation: Evaluation, node: ts.ArrayLiteralExpression, scope: Scope): Value {
  const elements: Slot[] = [];
  let rest: UnknownResult | null = null;
  for (const element of node.elements) {
    if (!ts.isSpreadElement(element)) {
      elements.push({ value: evaluate(evaluation, element, scope), node: element });
      continue;
    }
    const spread = evaluate(evaluation, element.expression, scope);
    if (spread.kind === "array") {
      elements.push(...spread.elements);
      rest ??= spread.rest;
    } else {
      rest ??= unknown(element, `\`${shortText(element)}\` cannot be followed`);
    }
  }
  return { kind: "array", elements, rest, node };
}

/** The name of a property, computed ones included; null when it is not constant. */
export function propertyName(evaluation: Evaluation, name: ts.PropertyName, scope: Scope): string | null {
  if (ts.isIdentifier(name) || ts.isStringLiteralLike(name) || ts.isNumericLiteral(name)) return name.text;
  if (ts.isPrivateIdentifier(name)) return name.text;
  if (ts.isComputedPropertyName(name)) {
    const value = evaluate(evaluation, name.expression, scope);
    if (value.kind === "constant" && value.value !== null && value.value !== undefined) return String(value.value);
  }
  return null;
}
