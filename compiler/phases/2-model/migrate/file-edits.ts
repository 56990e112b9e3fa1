import type { ts } from "ts-morph";

import { applyEdits, type TextEdit } from "../../../edits/text-edit.js";

/** What is changed in the import declarations of one file. */
export interface ImportChange {
  /** By the module's specifier. */
  readonly add: Map<string, Set<string>>;
  /** From the package itself. */
  readonly remove: Set<string>;
}

/** The edits of all files, collected before any of them is applied. */
export class FileEdits {
  private readonly edits = new Map<ts.SourceFile, TextEdit[]>();
  private readonly imports = new Map<ts.SourceFile, ImportChange>();

  get files(): readonly ts.SourceFile[] {
    return [...new Set([...this.edits.keys(), ...this.imports.keys()])];
  }

  replace(file: ts.SourceFile, start: number, end: number, text: string): void {
    const known = this.edits.get(file);
    if (known) known.push({ start, end, text });
    else this.edits.set(file, [{ start, end, text }]);
  }

  replaceNode(node: ts.Node, text: string): void {
    const file = node.getSourceFile();
    this.replace(file, node.getStart(file), node.end, text);
  }

  /** The text of a node that goes elsewhere: with the edits inside it, which are done by that. */
  take(node: ts.Node): string {
    const file = node.getSourceFile();
    const start = node.getStart(file);
    const all = this.edits.get(file) ?? [];
    const inside = all.filter((edit) => edit.start >= start && edit.end <= node.end);
    if (inside.length > 0) {
      this.edits.set(
        file,
        all.filter((edit) => !inside.includes(edit)),
      );
    }
    const moved = inside.map((edit) => ({ ...edit, start: edit.start - start, end: edit.end - start }));
    return applyEdits(file.text.slice(start, node.end), moved);
  }

  importsOf(file: ts.SourceFile): ImportChange {
    let known = this.imports.get(file);
    if (!known) this.imports.set(file, (known = { add: new Map(), remove: new Set() }));
    return known;
  }

  addImport(file: ts.SourceFile, specifier: string, name: string): void {
    const { add } = this.importsOf(file);
    const names = add.get(specifier);
    if (names) names.add(name);
    else add.set(specifier, new Set([name]));
  }

  editsOf(file: ts.SourceFile): readonly TextEdit[] {
    return this.edits.get(file) ?? [];
  }
}
