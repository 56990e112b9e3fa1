import { ts } from "ts-morph";
import { evaluateImported } from "./evaluate-import.js";
import { evaluate } from "./evaluate.js";
import type { Evaluation } from "./evaluation.js";
import { Scope } from "./scope.js";
import type { Value } from "./value.js";

/**
 * What is known of a parameter from its written type alone: `client: Inngest`, `client: typeof inngest`. Only names are
 * followed, so that it works when nothing is installed.
 */
export function evaluateParameterType(evaluation: Evaluation, type: ts.TypeNode, node: ts.Node): Value | null {
  if (ts.isTypeQueryNode(type)) {
    return ts.isIdentifier(type.exprName) ? evaluate(evaluation, type.exprName, Scope.empty) : null;
  }
  if (ts.isParenthesizedTypeNode(type)) return evaluateParameterType(evaluation, type.type, node);
  if (ts.isUnionTypeNode(type)) {
    for (const member of type.types) {
      const found = evaluateParameterType(evaluation, member, node);
      if (found) return found;
    }
    return null;
  }
  if (!ts.isTypeReferenceNode(type)) return null;
  const { typeName } = type;
  const root = ts.isIdentifier(typeName) ? typeName : ts.isIdentifier(typeName.left) ? typeName.left : null;
  const symbol = root && evaluation.checker.getSymbolAtLocation(root);
  if (!root || !symbol) return null;
  if (symbol.flags & ts.SymbolFlags.Alias) {
    const value = evaluateImported(evaluation, symbol, root);
    if (value.kind === "external") {
      const name = ts.isIdentifier(typeName) ? value.name : typeName.right.text;
      return { kind: "typed", module: value.module, ours: value.ours, name, node };
    }
    if (value.kind === "class") return { kind: "instance", class: value, scope: value.scope, node };
    const target = aliasedType(evaluation, symbol);
    return target ? evaluateParameterType(evaluation, target, node) : null;
  }
  for (const declaration of symbol.declarations ?? []) {
    if (ts.isTypeAliasDeclaration(declaration)) return evaluateParameterType(evaluation, declaration.type, node);
    if (ts.isClassDeclaration(declaration) && evaluation.isProjectFile(declaration.getSourceFile())) {
      const made: Value = { kind: "class", node: declaration, scope: Scope.empty };
      return { kind: "instance", class: made, scope: Scope.empty, node };
    }
  }
  return null;
}

function aliasedType(evaluation: Evaluation, symbol: ts.Symbol): ts.TypeNode | null {
  const target = evaluation.checker.getAliasedSymbol(symbol);
  for (const declaration of target.declarations ?? []) {
    if (ts.isTypeAliasDeclaration(declaration)) return declaration.type;
  }
  return null;
}
