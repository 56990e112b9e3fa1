import { ts } from "ts-morph";

/** Whether a function can be left before its last statement: a `return` or `throw` inside another statement. */
export function mayEndEarly({ body }: ts.FunctionLikeDeclaration): boolean {
  if (!body || !ts.isBlock(body)) return false;
  return body.statements.some((statement) => !isEnd(statement) && hasEnd(statement));
}

const isEnd = (node: ts.Node): boolean => ts.isReturnStatement(node) || ts.isThrowStatement(node);

function hasEnd(node: ts.Node): boolean {
  if (isEnd(node)) return true;
  if (ts.isFunctionLike(node) || ts.isClassLike(node)) return false;
  return ts.forEachChild(node, (child) => hasEnd(child) || undefined) ?? false;
}
