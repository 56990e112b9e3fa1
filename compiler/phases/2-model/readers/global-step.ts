import { ts } from "ts-morph";
import { moduleOf } from "../../1-source/evaluate/evaluate-import.js";
import type { Reading } from "../reading.js";

/** Whether the file imports the global `step`. */
export function usesGlobalStep(reading: Reading, file: ts.SourceFile): boolean {
  return file.statements.some((statement) => {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) return false;
    const bindings = statement.importClause?.namedBindings;
    if (!bindings || !ts.isNamedImports(bindings)) return false;
    if (!bindings.elements.some((element) => (element.propertyName ?? element.name).text === "step")) return false;
    const module = moduleOf(reading.evaluation, statement.moduleSpecifier, statement);
    return module.kind === "external" && module.ours;
  });
}
