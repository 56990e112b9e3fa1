import { ts } from "ts-morph";
import type { FileEdits } from "./file-edits.js";

/** Turns what was asked of each file's imports into edits of its import declarations. */
export function editImports(edits: FileEdits): void {
  for (const file of edits.files) {
    const { add, remove } = edits.importsOf(file);
    const declarations = file.statements.filter(ts.isImportDeclaration);
    const missing = new Map(add);
    for (const declaration of declarations) {
      const bindings = declaration.importClause?.namedBindings;
      if (!bindings || !ts.isNamedImports(bindings) || !ts.isStringLiteral(declaration.moduleSpecifier)) continue;
      const removed = bindings.elements.filter(({ name }) => remove.has(name.text));
      const specifier = declaration.moduleSpecifier.text;
      const canAdd = declaration.importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword;
      const wanted = canAdd ? [...(missing.get(specifier) ?? [])] : [];
      if (canAdd) missing.delete(specifier);
      const names = new Set(bindings.elements.map(({ name }) => name.text));
      const added = wanted.filter((name) => !names.has(name));
      if (removed.length === 0 && added.length === 0) continue;
      const kept = bindings.elements.filter((element) => !removed.includes(element)).map((each) => each.getText(file));
      if (kept.length + added.length === 0 && declaration.importClause?.name === undefined) {
        const end = file.text.startsWith("\n", declaration.end) ? declaration.end + 1 : declaration.end;
        edits.replace(file, declaration.getStart(file), end, "");
        continue;
      }
      edits.replaceNode(bindings, printBindings(bindings, file, [...kept, ...added]));
    }
    const last = declarations.at(-1);
    const quote = last?.moduleSpecifier.getText(file).startsWith("'") ? "'" : '"';
    const end = !last || last.getText(file).endsWith(";") ? ";" : "";
    const lines = [...missing].map(
      ([specifier, names]) => `import { ${[...names].join(", ")} } from ${quote}${specifier}${quote}${end}`,
    );
    if (lines.length === 0) continue;
    if (last) edits.replace(file, last.end, last.end, lines.map((line) => `\n${line}`).join(""));
    else edits.replace(file, file.getStart(), file.getStart(), `${lines.join("\n")}\n\n`);
  }
}

/** In the style of what is there: on one line or one name a line, with or without spaces and a last comma. */
function printBindings(bindings: ts.NamedImports, file: ts.SourceFile, names: readonly string[]): string {
  const text = bindings.getText(file);
  const lines = /\n([ \t]*)\S/.exec(text);
  if (lines && names.length > 1) {
    const comma = bindings.elements.hasTrailingComma ? "," : "";
    return `{\n${names.map((name) => `${lines[1]}${name}`).join(",\n")}${comma}\n}`;
  }
  return /^\{\S/.test(text) ? `{${names.join(", ")}}` : `{ ${names.join(", ")} }`;
}
