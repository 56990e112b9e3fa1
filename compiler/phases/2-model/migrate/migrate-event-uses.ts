import { dirname, relative } from "node:path";
import { ts } from "ts-morph";
import { evaluate } from "../../1-source/evaluate/evaluate.js";
import { Scope } from "../../1-source/evaluate/scope.js";
import type { NewEventType } from "./migrate-event-schemas.js";
import { type Migrating, ownCalls } from "./migrating.js";

/** Names of events in triggers and in `waitForEvent` → the event types, so that their data keeps its type. */
export function migrateEventUses(migrating: Migrating, types: ReadonlyMap<string, NewEventType>): void {
  if (types.size === 0) return;
  const replaced = new ReplacedNames();
  for (const call of migrating.reading.functionsAt.keys()) {
    if (!ts.isCallExpression(call) || !migrating.isOwn(call.getSourceFile())) continue;
    const [config, second, third] = call.arguments;
    if (third && second) replaceInTriggers(migrating, second, types, replaced);
    else if (config && ts.isObjectLiteralExpression(config)) {
      const triggers = config.properties.find((each) => each.name?.getText() === "triggers");
      if (triggers && ts.isPropertyAssignment(triggers))
        replaceInTriggers(migrating, triggers.initializer, types, replaced);
    }
  }
  for (const {
    arguments: [, options],
  } of ownCalls(migrating, "waitForEvent")) {
    if (options) replaceName(migrating, options, types, replaced);
  }
  replaced.removeUnused(migrating);
}

/** Constants and imports that were only there to name an event. */
class ReplacedNames {
  private readonly counts = new Map<ts.SourceFile, Map<string, number>>();

  note(file: ts.SourceFile, name: string): void {
    let names = this.counts.get(file);
    if (!names) this.counts.set(file, (names = new Map()));
    names.set(name, (names.get(name) ?? 0) + 1);
  }

  /** An unused import or constant can be an error under the application's own settings. */
  removeUnused({ edits }: Migrating): void {
    for (const [file, names] of this.counts) {
      for (const [name, count] of names) {
        if (countMentions(file, name) !== count + 1) continue;
        edits.importsOf(file).remove.add(name);
        const statement = file.statements.find((each) => isConstant(each, name));
        if (!statement) continue;
        const line = /^[ \t]*\n(\n(?=\n|\S))?/.exec(file.text.slice(statement.end))?.[0].length ?? 0;
        edits.replace(file, statement.getStart(file), statement.end + line, "");
      }
    }
  }
}

/** `const PAID = "order/paid"`, of this file only. */
function isConstant(statement: ts.Statement, name: string): boolean {
  if (!ts.isVariableStatement(statement) || (statement.modifiers?.length ?? 0) > 0) return false;
  const [declaration, ...more] = statement.declarationList.declarations;
  if (!declaration?.initializer || more.length > 0 || declaration.name.getText() !== name) return false;
  return ts.isStringLiteralLike(declaration.initializer);
}

function replaceInTriggers(
  migrating: Migrating,
  node: ts.Expression,
  types: ReadonlyMap<string, NewEventType>,
  replaced: ReplacedNames,
): void {
  const elements = ts.isArrayLiteralExpression(node) ? node.elements : [node];
  for (const element of elements) replaceName(migrating, element, types, replaced);
}

function replaceName(
  migrating: Migrating,
  node: ts.Expression,
  types: ReadonlyMap<string, NewEventType>,
  replaced: ReplacedNames,
): void {
  const { reading, edits } = migrating;
  if (!ts.isObjectLiteralExpression(node)) {
    const value = evaluate(reading.evaluation, node, Scope.empty);
    const name = value.kind === "object" ? value.properties.get("event")?.value : undefined;
    if (name?.kind === "constant" && typeof name.value === "string" && types.has(name.value)) {
      migrating.leave(
        "untyped-event",
        node,
        `\`${node.getText()}\` names \`${name.value}\`, whose data loses its type here`,
      );
    }
    return;
  }
  const property = node.properties.find((each) => each.name?.getText() === "event");
  if (!property || !ts.isPropertyAssignment(property)) return;
  const value = evaluate(reading.evaluation, property.initializer, Scope.empty);
  if (value.kind !== "constant" || typeof value.value !== "string") {
    if (isText(reading.evaluation.checker, property.initializer)) {
      migrating.leave("untyped-event", property, "which event it is cannot be told: its data loses its type");
    }
    return;
  }
  if (value.value.includes("*")) {
    migrating.leave(
      "untyped-event",
      property,
      `\`${value.value}\` is a pattern, which has no event type: its data loses its type`,
    );
    return;
  }
  const type = types.get(value.value);
  if (!type) return;
  const file = node.getSourceFile();
  const name = ts.isIdentifier(property.initializer) ? property.initializer.text : null;
  if (file !== type.file) {
    if (isNamed(reading.evaluation.checker, node, type.constant)) {
      migrating.leave("untyped-event", property, `\`${type.constant}\` is the name of something else here`);
      return;
    }
    edits.addImport(file, specifierTo(migrating, file, type.file), type.constant);
  }
  edits.replaceNode(property.initializer, type.constant);
  if (name !== null) replaced.note(file, name);
}

/** One of the schemas' names; not an event type, which keeps what it says. */
function isText(checker: ts.TypeChecker, node: ts.Expression): boolean {
  const type = checker.getTypeAtLocation(node);
  const parts = type.isUnion() ? type.types : [type];
  return parts.some(({ flags }) => (flags & (ts.TypeFlags.StringLike | ts.TypeFlags.Any)) !== 0);
}

function isNamed(checker: ts.TypeChecker, at: ts.Node, name: string): boolean {
  return checker.getSymbolsInScope(at, ts.SymbolFlags.Value).some((symbol) => symbol.name === name);
}

function countMentions(file: ts.SourceFile, name: string): number {
  let count = 0;
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && node.text === name) count++;
    ts.forEachChild(node, visit);
  };
  visit(file);
  return count;
}

/** As the file imports that module already; else a relative path in the style of its other imports. */
export function specifierTo({ reading }: Migrating, file: ts.SourceFile, target: ts.SourceFile): string {
  const { checker } = reading.evaluation;
  const imports = file.statements.filter(ts.isImportDeclaration).map(({ moduleSpecifier }) => moduleSpecifier);
  for (const specifier of imports) {
    const module = checker.getSymbolAtLocation(specifier)?.declarations?.[0];
    if (module === target && ts.isStringLiteral(specifier)) return specifier.text;
  }
  const path = relative(dirname(file.fileName), target.fileName).replaceAll("\\", "/");
  const withExtension = imports.some((each) => ts.isStringLiteral(each) && /^\..*\.[cm]?js$/.test(each.text));
  const extension = withExtension ? ".js" : "";
  return `${path.startsWith(".") ? "" : "./"}${path.replace(/\.([cm]?)tsx?$/, (_, kind: string) => (withExtension ? `.${kind}js` : extension))}`;
}
