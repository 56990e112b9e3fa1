import { ts } from "ts-morph";
import type { Turn } from "../model.js";
import type { Reading } from "../reading.js";

const repeating = new Set(["map", "flatMap", "forEach", "filter", "some", "every", "find"]);

/** When `child` is what `parent` executes more than once: what tells the turns apart. */
export function turnOf(reading: Reading, parent: ts.Node, child: ts.Node): Turn | null {
  if (ts.isForOfStatement(parent) || ts.isForInStatement(parent)) {
    if (child !== parent.statement) return null;
    const { initializer } = parent;
    const [declaration] = ts.isVariableDeclarationList(initializer) ? initializer.declarations : [];
    return describeName(reading, declaration?.name);
  }
  if (ts.isForStatement(parent)) {
    if (child === parent.initializer) return null;
    const { initializer } = parent;
    const [declaration] = initializer && ts.isVariableDeclarationList(initializer) ? initializer.declarations : [];
    return describeName(reading, declaration?.name);
  }
  if (ts.isWhileStatement(parent) || ts.isDoStatement(parent)) return { of: null, key: null };
  if (ts.isCallExpression(parent) && (ts.isArrowFunction(child) || ts.isFunctionExpression(child))) {
    const { expression } = parent;
    if (!ts.isPropertyAccessExpression(expression) || !repeating.has(expression.name.text)) return null;
    return describeName(reading, child.parameters[0]?.name);
  }
  return null;
}

function describeName({ evaluation: { checker } }: Reading, name: ts.BindingName | undefined): Turn {
  if (!name || !ts.isIdentifier(name)) return { of: null, key: null };
  const type = checker.getTypeAtLocation(name);
  if (isKey(type)) return { of: name.text, key: name.text };
  const id = type.flags & ts.TypeFlags.Object ? type.getProperty("id") : undefined;
  const idType = id && checker.getTypeOfSymbolAtLocation(id, name);
  return { of: name.text, key: idType && isKey(idType) ? `${name.text}.id` : null };
}

function isKey(type: ts.Type): boolean {
  const types = type.isUnion() ? type.types : [type];
  return types.every(({ flags }) => (flags & (ts.TypeFlags.StringLike | ts.TypeFlags.NumberLike)) !== 0);
}
