import { ts } from "ts-morph";

/**
 * The code of a node without comments and layout: equal for code that does the same by construction.
 *
 * @param look is shown each node; what it leaves is not in the text
 */
export function normaliseCode(node: ts.Node, look: (node: ts.Node) => "take" | "leave" = takeAll): string {
  const parts: string[] = [];
  const visit = (child: ts.Node): void => {
    if (look(child) === "leave") return void parts.push("…");
    parts.push(String(child.kind));
    if (ts.isIdentifier(child) || ts.isPrivateIdentifier(child)) parts.push(child.text);
    else if (ts.isLiteralExpression(child) || ts.isTemplateLiteralToken(child)) parts.push(JSON.stringify(child.text));
    else if (ts.isPrefixUnaryExpression(child) || ts.isPostfixUnaryExpression(child))
      parts.push(String(child.operator));
    else if (ts.isVariableDeclarationList(child)) parts.push(String(child.flags & ts.NodeFlags.BlockScoped));
    parts.push("(");
    ts.forEachChild(child, (inner) => {
      // Types do nothing at run time.
      if (!ts.isTypeNode(inner) || ts.isExpressionWithTypeArguments(inner)) visit(inner);
    });
    parts.push(")");
  };
  visit(node);
  return parts.join(" ");
}

const takeAll = (): "take" => "take";
