import { ts } from "ts-morph";
import type { Shape } from "./shape.js";
import { unionOf } from "./type-shape.js";

/** Of an operand; null when the checker has to be asked. `defined`: null and undefined are of no interest. */
type Describe = (operand: ts.Expression, defined?: boolean) => Shape | null;

/**
 * The shape of what an operator gives, from the shapes of its operands; null when the checker has to be asked. To ask
 * it costs the inference of the whole handler, and sums and comparisons are in most of them.
 */
export function describeOperation(
  { left, operatorToken, right }: ts.BinaryExpression,
  describe: Describe,
): Shape | null {
  switch (operatorToken.kind) {
    case ts.SyntaxKind.EqualsEqualsToken:
    case ts.SyntaxKind.EqualsEqualsEqualsToken:
    case ts.SyntaxKind.ExclamationEqualsToken:
    case ts.SyntaxKind.ExclamationEqualsEqualsToken:
    case ts.SyntaxKind.LessThanToken:
    case ts.SyntaxKind.LessThanEqualsToken:
    case ts.SyntaxKind.GreaterThanToken:
    case ts.SyntaxKind.GreaterThanEqualsToken:
    case ts.SyntaxKind.InKeyword:
    case ts.SyntaxKind.InstanceOfKeyword:
      return { kind: "boolean" };
    case ts.SyntaxKind.MinusToken:
    case ts.SyntaxKind.AsteriskToken:
    case ts.SyntaxKind.AsteriskAsteriskToken:
    case ts.SyntaxKind.SlashToken:
    case ts.SyntaxKind.PercentToken:
      // Of two `bigint`s it is a `bigint`.
      return isOf("number", describe(left)) && isOf("number", describe(right)) ? { kind: "number" } : null;
    case ts.SyntaxKind.PlusToken:
      return describeSum(describe(left), describe(right));
    case ts.SyntaxKind.QuestionQuestionToken:
      return describeDefault(describe(left, true), describe(right));
    default:
      return null;
  }
}

function describeSum(left: Shape | null, right: Shape | null): Shape | null {
  if (isOf("string", left) || isOf("string", right)) return { kind: "string" };
  return isOf("number", left) && isOf("number", right) ? { kind: "number" } : null;
}

/** The right side counts even where the left is never null: what is too wide is never called wrong. */
function describeDefault(left: Shape | null, right: Shape | null): Shape | null {
  if (!left || !right || left.kind === "unknown") return null;
  const members = left.kind === "union" ? left.members : [left];
  return unionOf([...members.filter(({ kind }) => kind !== "null" && kind !== "undefined"), right]);
}

function isOf(kind: "number" | "string", shape: Shape | null): boolean {
  return shape?.kind === kind || (shape?.kind === "literal" && typeof shape.value === kind);
}
