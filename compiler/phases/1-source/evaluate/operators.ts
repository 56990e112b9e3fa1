import { ts } from "ts-morph";
import { describeUnknown } from "./describe.js";
import { evaluate, unknown } from "./evaluate.js";
import type { Evaluation } from "./evaluation.js";
import type { Scope } from "./scope.js";
import type { Primitive, Value } from "./value.js";

export function evaluateTemplate(evaluation: Evaluation, node: ts.TemplateExpression, scope: Scope): Value {
  let text = node.head.text;
  for (const span of node.templateSpans) {
    const value = evaluate(evaluation, span.expression, scope);
    if (value.kind !== "constant") return unknown(node, describeUnknown(value));
    text += String(value.value) + span.literal.text;
  }
  return { kind: "constant", value: text, node };
}

export function evaluateUnary(evaluation: Evaluation, node: ts.PrefixUnaryExpression, scope: Scope): Value {
  const operand = evaluate(evaluation, node.operand, scope);
  if (node.operator === ts.SyntaxKind.ExclamationToken) {
    const truth = truthOf(operand);
    if (truth !== null) return { kind: "constant", value: !truth, node };
  } else if (operand.kind === "constant") {
    const { value } = operand;
    if (node.operator === ts.SyntaxKind.MinusToken) {
      if (typeof value === "number") return { kind: "constant", value: -value, node };
      if (typeof value === "bigint") return { kind: "constant", value: -value, node };
    }
    if (node.operator === ts.SyntaxKind.PlusToken && typeof value !== "bigint") {
      return { kind: "constant", value: Number(value), node };
    }
  }
  return unknown(node, describeUnknown(operand));
}

export function evaluateConditional(evaluation: Evaluation, node: ts.ConditionalExpression, scope: Scope): Value {
  const condition = evaluate(evaluation, node.condition, scope);
  const truth = truthOf(condition);
  if (truth !== null) return evaluate(evaluation, truth ? node.whenTrue : node.whenFalse, scope);
  const options = [evaluate(evaluation, node.whenTrue, scope), evaluate(evaluation, node.whenFalse, scope)];
  return { kind: "choice", options, reason: describeUnknown(condition), node };
}

export function evaluateBinary(evaluation: Evaluation, node: ts.BinaryExpression, scope: Scope): Value {
  const operator = node.operatorToken.kind;
  if (operator === ts.SyntaxKind.CommaToken) return evaluate(evaluation, node.right, scope);
  const left = evaluate(evaluation, node.left, scope);
  switch (operator) {
    case ts.SyntaxKind.BarBarToken:
    case ts.SyntaxKind.AmpersandAmpersandToken: {
      const truth = truthOf(left);
      if (truth === null) return either(evaluation, left, node, scope);
      return truth === (operator === ts.SyntaxKind.BarBarToken) ? left : evaluate(evaluation, node.right, scope);
    }
    case ts.SyntaxKind.QuestionQuestionToken: {
      const missing =
        left.kind === "constant" ? left.value === null || left.value === undefined : knownObject(left) ? false : null;
      if (missing === null) return either(evaluation, left, node, scope);
      return missing ? evaluate(evaluation, node.right, scope) : left;
    }
    case ts.SyntaxKind.EqualsToken:
    case ts.SyntaxKind.BarBarEqualsToken:
    case ts.SyntaxKind.QuestionQuestionEqualsToken:
      return evaluate(evaluation, node.right, scope);
  }
  const right = evaluate(evaluation, node.right, scope);
  if (left.kind !== "constant") return unknown(node, describeUnknown(left));
  if (right.kind !== "constant") return unknown(node, describeUnknown(right));
  const result = calculate(operator, left.value, right.value);
  return result === undefined
    ? unknown(node, `\`${node.operatorToken.getText()}\` is not worked out`)
    : { kind: "constant", value: result, node };
}

function either(evaluation: Evaluation, left: Value, node: ts.BinaryExpression, scope: Scope): Value {
  const right = evaluate(evaluation, node.right, scope);
  return { kind: "choice", options: [left, right], reason: describeUnknown(left), node };
}

function knownObject(value: Value): boolean {
  return ["object", "array", "function", "class", "instance", "new", "module"].includes(value.kind);
}

/** Null when it cannot be told. */
export function truthOf(value: Value): boolean | null {
  if (value.kind === "constant") return Boolean(value.value);
  return knownObject(value) ? true : null;
}

function calculate(operator: ts.SyntaxKind, left: Primitive, right: Primitive): Primitive {
  switch (operator) {
    case ts.SyntaxKind.EqualsEqualsEqualsToken:
      return left === right;
    case ts.SyntaxKind.ExclamationEqualsEqualsToken:
      return left !== right;
    case ts.SyntaxKind.PlusToken:
      if (typeof left === "string" || typeof right === "string") return String(left) + String(right);
  }
  if (typeof left !== "number" || typeof right !== "number") return undefined;
  switch (operator) {
    case ts.SyntaxKind.PlusToken:
      return left + right;
    case ts.SyntaxKind.MinusToken:
      return left - right;
    case ts.SyntaxKind.AsteriskToken:
      return left * right;
    case ts.SyntaxKind.SlashToken:
      return left / right;
    case ts.SyntaxKind.PercentToken:
      return left % right;
    case ts.SyntaxKind.AsteriskAsteriskToken:
      return left ** right;
    case ts.SyntaxKind.LessThanToken:
      return left < right;
    case ts.SyntaxKind.LessThanEqualsToken:
      return left <= right;
    case ts.SyntaxKind.GreaterThanToken:
      return left > right;
    case ts.SyntaxKind.GreaterThanEqualsToken:
      return left >= right;
    default:
      return undefined;
  }
}
