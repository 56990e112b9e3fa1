import { ts } from "ts-morph";
import type { Reading } from "./reading.js";

/** Where a name is mentioned in the application's files, as an identifier. One text search and one walk a file. */
export function mentionsOf(reading: Reading, name: string): ts.Identifier[] {
  return reading.source.files.flatMap((file) => mentionsIn(file, name));
}

/** A file's tree never changes, so neither does what it mentions. */
const known = new WeakMap<ts.SourceFile, Map<string, readonly ts.Identifier[]>>();

function mentionsIn(file: ts.SourceFile, name: string): readonly ts.Identifier[] {
  let byName = known.get(file);
  if (!byName) known.set(file, (byName = new Map()));
  let mentions = byName.get(name);
  if (!mentions) byName.set(name, (mentions = collectMentions(file, name)));
  return mentions;
}

function collectMentions(file: ts.SourceFile, name: string): ts.Identifier[] {
  const found: ts.Identifier[] = [];
  const { text } = file;
  // From each place in the text to the token there: a walk over whole files would cost more than all the rest.
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + name.length)) {
    if (isPartOfName(text.charCodeAt(at - 1)) || isPartOfName(text.charCodeAt(at + name.length))) continue;
    const node = identifierAt(file, at);
    if (node && node.text === name && node.end === at + name.length) found.push(node);
  }
  return found;
}

function isPartOfName(code: number): boolean {
  return (
    (code >= 48 && code <= 57) ||
    (code >= 65 && code <= 90) ||
    (code >= 97 && code <= 122) ||
    code === 36 ||
    code === 95 ||
    code > 127
  );
}

function identifierAt(file: ts.SourceFile, position: number): ts.Identifier | null {
  let current: ts.Node = file;
  for (;;) {
    const inner: ts.Node | undefined = ts.forEachChild(current, (child) =>
      child.pos <= position && position < child.end ? child : undefined,
    );
    if (!inner) return ts.isIdentifier(current) && current.getStart(file) === position ? current : null;
    current = inner;
  }
}

/** The call whose callee ends in this identifier: `name(…)`, `x.name(…)`; null when it is something else. */
export function callBy(node: ts.Identifier): ts.CallExpression | null {
  const callee = ts.isPropertyAccessExpression(node.parent) && node.parent.name === node ? node.parent : node;
  let outer: ts.Node = callee;
  while (ts.isParenthesizedExpression(outer.parent) || ts.isNonNullExpression(outer.parent)) outer = outer.parent;
  return ts.isCallExpression(outer.parent) && outer.parent.expression === outer ? outer.parent : null;
}
