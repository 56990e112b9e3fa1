import type { ExpressionNode } from "./parse-expression.js";

type Literal = Extract<ExpressionNode, { op: "value" }>["args"];

/** A literal as expressions calculate with it: all numbers are JSON numbers, whatever their CEL type. */
export function literalValue(literal: Literal): null | boolean | number | string | Uint8Array {
  if (literal === null || typeof literal === "boolean" || typeof literal === "string") return literal;
  return literal instanceof Uint8Array ? literal : Number(literal);
}

/** True when a node is an integer by its form alone: CEL then divides without a fraction. */
export function isWhole(node: ExpressionNode): boolean {
  switch (node.op) {
    case "value":
      return literalValue(node.args) !== node.args && !(node.args instanceof Uint8Array);
    case "call":
      return node.args[0] === "int" || node.args[0] === "uint" || node.args[0] === "size";
    case "rcall":
      return node.args[0] === "size";
    case "-_":
      return isWhole(node.args);
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return isWhole(node.args[0]) && isWhole(node.args[1]);
    case "?:":
      return isWhole(node.args[1]) && isWhole(node.args[2]);
    default:
      return false;
  }
}
