import type { ExpressionNode } from "./parse-expression.js";

/** `event.<left> == async.<right>`; `only` says that the condition is nothing else. */
export interface EqualityKey {
  left: string[];
  right: string[];
  only: boolean;
}

/** A path of plain fields: `event.data.user.id` → `["data", "user", "id"]` for the root `event`; else null. */
function readPath(node: ExpressionNode, root: "event" | "async"): string[] | null {
  if (node.op === "id") return node.args === root ? [] : null;
  if (node.op === ".") {
    const rest = readPath(node.args[0], root);
    return rest && [...rest, node.args[1]];
  }
  if (node.op === "[]" && node.args[1].op === "value" && typeof node.args[1].args === "string") {
    const rest = readPath(node.args[0], root);
    return rest && [...rest, node.args[1].args];
  }
  return null;
}

function readEquality(node: ExpressionNode): { left: string[]; right: string[] } | null {
  if (node.op !== "==") return null;
  const [first, second] = node.args;
  const left = readPath(first, "event") ?? readPath(second, "event");
  const right = readPath(first, "async") ?? readPath(second, "async");
  // A whole event is never equal to another one, and no key.
  return left && right && left.length > 0 && right.length > 0 ? { left, right } : null;
}

/**
 * The part of a condition that an index can answer: the first `event.<path> == async.<path>` that every match must
 * satisfy. Null when there is none.
 */
export function findEqualityKey(tree: ExpressionNode): EqualityKey | null {
  const whole = readEquality(tree);
  if (whole) return { ...whole, only: true };
  const conjuncts: ExpressionNode[] = [];
  const collect = (node: ExpressionNode): void => {
    if (node.op !== "&&") return void conjuncts.push(node);
    collect(node.args[0]);
    collect(node.args[1]);
  };
  collect(tree);
  for (const conjunct of conjuncts) {
    const part = readEquality(conjunct);
    if (part) return { ...part, only: false };
  }
  return null;
}
