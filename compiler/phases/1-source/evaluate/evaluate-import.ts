import { ts } from "ts-morph";
import { shortText, unknown } from "./evaluate.js";
import { evaluateDeclaration } from "./evaluate-name.js";
import type { Evaluation } from "./evaluation.js";
import { memberOf } from "./member.js";
import { Scope } from "./scope.js";
import type { Value } from "./value.js";

/** Follows an imported or re-exported name to its definition, or to the package that it comes from. */
export function evaluateImported(evaluation: Evaluation, symbol: ts.Symbol, use: ts.Node): Value {
  const declaration = symbol.declarations?.[0];
  if (!declaration) return unknown(use, `\`${shortText(use)}\` is not declared`);
  if (ts.isImportSpecifier(declaration)) {
    const specifier = declaration.parent.parent.parent.moduleSpecifier;
    return exportOf(evaluation, specifier, (declaration.propertyName ?? declaration.name).text, use);
  }
  if (ts.isImportClause(declaration)) return exportOf(evaluation, declaration.parent.moduleSpecifier, "default", use);
  if (ts.isNamespaceImport(declaration))
    return exportOf(evaluation, declaration.parent.parent.moduleSpecifier, "*", use);
  if (ts.isNamespaceExport(declaration)) {
    const specifier = declaration.parent.moduleSpecifier;
    return specifier
      ? exportOf(evaluation, specifier, "*", use)
      : unknown(use, `\`${shortText(use)}\` cannot be followed`);
  }
  if (ts.isExportSpecifier(declaration)) {
    const specifier = declaration.parent.parent.moduleSpecifier;
    const name = declaration.propertyName ?? declaration.name;
    if (specifier) return exportOf(evaluation, specifier, name.text, use);
    const local = evaluation.checker.getExportSpecifierLocalTargetSymbol(declaration);
    return local ? evaluateSymbol(evaluation, local, use) : unknown(use, `\`${shortText(use)}\` is not declared`);
  }
  if (ts.isImportEqualsDeclaration(declaration)) {
    const reference = declaration.moduleReference;
    if (ts.isExternalModuleReference(reference)) return exportOf(evaluation, reference.expression, "export=", use);
    return unknown(use, `\`${shortText(use)}\` cannot be followed`);
  }
  // JavaScript: `const x = require("m")`, `export default`, `module.exports =`.
  return evaluateDeclaration(evaluation, declaration, Scope.empty, use);
}

export function evaluateSymbol(evaluation: Evaluation, symbol: ts.Symbol, use: ts.Node): Value {
  if (symbol.flags & ts.SymbolFlags.Alias) return evaluateImported(evaluation, symbol, use);
  const declaration = symbol.valueDeclaration ?? symbol.declarations?.[0];
  if (!declaration) return unknown(use, `\`${shortText(use)}\` is not declared`);
  return evaluateDeclaration(evaluation, declaration, Scope.empty, use);
}

/** `name` of the module; `*` is the module itself, `export=` what `require` gives. */
function exportOf(evaluation: Evaluation, specifier: ts.Expression, name: string, use: ts.Node): Value {
  const module = moduleOf(evaluation, specifier, use);
  if (module.kind === "module") {
    if (name === "*") return module;
    return memberOfModule(evaluation, module.file, name, use) ?? unknown(use, `\`${name}\` is not exported`);
  }
  if (module.kind === "external") return { ...module, name: name === "export=" ? "*" : name };
  return module;
}

/** The module that a specifier leads to: one of the project, or a package. */
export function moduleOf(evaluation: Evaluation, specifier: ts.Expression, use: ts.Node): Value {
  if (!ts.isStringLiteralLike(specifier)) return unknown(use, "the module's name is not constant");
  const file = evaluation.checker.getSymbolAtLocation(specifier)?.declarations?.find(ts.isSourceFile);
  if (evaluation.ours.isOurs(specifier.text, file?.fileName ?? null)) {
    return { kind: "external", module: specifier.text, ours: true, name: "*", node: use };
  }
  if (file && evaluation.isProjectFile(file)) return { kind: "module", file, node: use };
  if (!file && specifier.text.startsWith(".")) return unknown(use, `the module \`${specifier.text}\` is not found`);
  return { kind: "external", module: specifier.text, ours: false, name: "*", node: use };
}

/** Undefined when the module has no such export. */
export function memberOfModule(
  evaluation: Evaluation,
  file: ts.SourceFile,
  name: string,
  use: ts.Node,
  seen: Set<ts.SourceFile> = new Set(),
): Value | undefined {
  if (seen.has(file)) return undefined;
  seen.add(file);
  const exports = evaluation.checker.getSymbolAtLocation(file)?.exports;
  if (!exports) return undefined;
  const direct = exports.get(ts.escapeLeadingUnderscores(name));
  if (direct) return evaluateSymbol(evaluation, direct, use);
  const assigned = exports.get(ts.InternalSymbolName.ExportEquals);
  if (assigned) {
    const value = evaluateSymbol(evaluation, assigned, use);
    return name === "default" || name === "export=" ? value : memberOf(evaluation, value, name, use);
  }
  if (name === "export=") return { kind: "module", file, node: use };
  for (const star of exports.get(ts.InternalSymbolName.ExportStar)?.declarations ?? []) {
    if (!ts.isExportDeclaration(star) || !star.moduleSpecifier) continue;
    const module = moduleOf(evaluation, star.moduleSpecifier, use);
    if (module.kind === "module") {
      const found = name === "default" ? undefined : memberOfModule(evaluation, module.file, name, use, seen);
      if (found) return found;
    } else if (module.kind === "external" && module.ours) {
      return { ...module, name };
    }
  }
  return undefined;
}
