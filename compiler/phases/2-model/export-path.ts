import { ts } from "ts-morph";
import type { ExportPath } from "./model.js";
import type { Reading } from "./reading.js";

/** How another module gets hold of the value that `node` makes; null when its module does not export it. */
export function exportPathOf(reading: Reading, node: ts.Expression): ExportPath | null {
  const path: string[] = [];
  let current: ts.Node = node;
  for (;;) {
    const { parent }: { parent: ts.Node } = current;
    if (ts.isParenthesizedExpression(parent) || ts.isAsExpression(parent) || ts.isSatisfiesExpression(parent)) {
      current = parent;
    } else if (ts.isPropertyAssignment(parent) && parent.initializer === current) {
      if (!ts.isIdentifier(parent.name) && !ts.isStringLiteralLike(parent.name)) return null;
      path.unshift(parent.name.text);
      current = parent.parent;
    } else if (ts.isArrayLiteralExpression(parent)) {
      if (parent.elements.some(ts.isSpreadElement)) return null;
      path.unshift(String(parent.elements.findIndex((element) => element === current)));
      current = parent;
    } else if (ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name)) {
      const name = exportedName(reading, parent, parent.name);
      return name === null ? null : { module: reading.source.pathOf(node.getSourceFile()), name, path };
    } else if (ts.isExportAssignment(parent) && !parent.isExportEquals) {
      return { module: reading.source.pathOf(node.getSourceFile()), name: "default", path };
    } else if (
      ts.isBinaryExpression(parent) &&
      ts.isPropertyAccessExpression(parent.left) &&
      parent.right === current
    ) {
      // exports.x = …, module.exports.x = …
      const target = parent.left.expression.getText();
      if (target !== "exports" && target !== "module.exports") return null;
      return { module: reading.source.pathOf(node.getSourceFile()), name: parent.left.name.text, path };
    } else {
      return null;
    }
  }
}

function exportedName(reading: Reading, declaration: ts.VariableDeclaration, name: ts.Identifier): string | null {
  const { checker } = reading.evaluation;
  const file = declaration.getSourceFile();
  if (declaration.parent.parent.parent !== file) return null;
  const own = checker.getSymbolAtLocation(name);
  const exports = checker.getSymbolAtLocation(file)?.exports;
  if (!own || !exports) return null;
  let found: string | null = null;
  exports.forEach((symbol, key) => {
    if (found !== null) return;
    const target = symbol === own ? own : localTarget(checker, symbol);
    if (target === own) found = ts.unescapeLeadingUnderscores(key);
  });
  return found;
}

/** What `export { a as b }` or `export default a` names in its own file. */
function localTarget(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol | undefined {
  const [declaration] = symbol.declarations ?? [];
  if (!declaration) return undefined;
  if (ts.isExportSpecifier(declaration) && !declaration.parent.parent.moduleSpecifier) {
    return checker.getExportSpecifierLocalTargetSymbol(declaration);
  }
  if (ts.isExportAssignment(declaration) && ts.isIdentifier(declaration.expression)) {
    return checker.getSymbolAtLocation(declaration.expression);
  }
  return undefined;
}
