import { ts } from "ts-morph";

/** The expression that a function returns, when it is written in place and there is just one; else all of it. */
export function resultNode(callback: ts.Node): ts.Node {
  if (!ts.isFunctionLike(callback) || !("body" in callback) || !callback.body) return callback;
  if (!ts.isBlock(callback.body)) return callback.body;
  const returned: ts.Expression[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isReturnStatement(node) && node.expression) returned.push(node.expression);
    else if (!ts.isFunctionLike(node)) ts.forEachChild(node, visit);
  };
  visit(callback.body);
  const [only] = returned;
  return returned.length === 1 && only ? only : callback;
}
