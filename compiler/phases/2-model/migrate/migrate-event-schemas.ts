import { ts } from "ts-morph";
import { evaluate } from "../../1-source/evaluate/evaluate.js";
import { Scope } from "../../1-source/evaluate/scope.js";
import { nameInOurs, type Value } from "../../1-source/evaluate/value.js";
import { mentionsOf } from "../name-index.js";
import { type DeclaredEvent, readDeclaredEvents } from "./declared-events.js";
import type { Migrating } from "./migrating.js";

/** An event type that the migration declares. */
export interface NewEventType {
  /** Of the exported constant. */
  readonly constant: string;
  readonly file: ts.SourceFile;
}

/** Types of the SDK that are made from the client's `schemas`, and would lose what they say. */
const dependentTypes = ["GetEvents", "GetFunctionInput", "EventsFromOpts", "ClientOptionsFromInngest"];

/**
 * `schemas: new EventSchemas().fromRecord<Events>()` of a client → one exported `eventType` for each event, before the
 * statement that the chain stands in. Gives them by the event's name.
 */
export function migrateEventSchemas(migrating: Migrating): ReadonlyMap<string, NewEventType> {
  const { reading } = migrating;
  const declared = new Map<string, NewEventType>();
  const seen = new Set<ts.Node>();
  for (const node of reading.clientAt.keys()) {
    if (!ts.isNewExpression(node) || !node.arguments?.[0] || !migrating.isOwn(node.getSourceFile())) continue;
    const options = evaluate(reading.evaluation, node.arguments[0], Scope.empty);
    const schemas = options.kind === "object" ? options.properties.get("schemas") : undefined;
    if (!schemas || (schemas.value.kind === "constant" && schemas.value.value === undefined)) continue;
    const property = findProperty(schemas.node);
    const reason = property ? replaceChain(migrating, property, schemas.value, declared) : "`schemas` is spread in";
    if (reason !== null) migrating.leave("kept-schemas", property ?? node, reason);
    seen.add(schemas.value.node);
  }
  leaveOthers(migrating, seen);
  return declared;
}

/** `new EventSchemas()` of no client that is known: in a subclass, behind a function, in options that cannot be followed. */
function leaveOthers(migrating: Migrating, seen: ReadonlySet<ts.Node>): void {
  const { reading } = migrating;
  for (const mention of mentionsOf(reading, "EventSchemas")) {
    const { parent } = mention;
    if (!ts.isNewExpression(parent) || parent.expression !== mention) continue;
    if (!migrating.isOwn(parent.getSourceFile())) continue;
    if (nameInOurs(evaluate(reading.evaluation, mention, Scope.empty)) !== "EventSchemas") continue;
    const chain = chainOf(parent);
    if (seen.has(chain)) continue;
    migrating.leave("kept-schemas", chain, "which client these schemas belong to cannot be told");
  }
}

/** `new EventSchemas()` with all calls behind it. */
function chainOf(node: ts.Node): ts.Node {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.expression === node && ts.isCallExpression(parent.parent)) {
    return chainOf(parent.parent);
  }
  return node;
}

/** Null when it is done; else why not. */
function replaceChain(
  migrating: Migrating,
  property: ts.ObjectLiteralElementLike,
  value: Value,
  declared: Map<string, NewEventType>,
): string | null {
  const { reading, edits, packageName } = migrating;
  if (!isSchemasChain(value) || !ts.isExpression(value.node))
    return "the schemas cannot be followed to `new EventSchemas()`";
  const dependent = dependentTypes.find((name) =>
    mentionsOf(reading, name).some((mention) => migrating.isOwn(mention.getSourceFile())),
  );
  if (dependent) return `\`${dependent}\` of this client needs its \`schemas\``;
  const chain = value.node;
  const file = chain.getSourceFile();
  if (!migrating.isOwn(file)) return "the schemas are made in another package";
  const statement = file.statements.find((each) => each.pos <= chain.pos && each.end >= chain.end);
  if (!statement || !isAtTopLevel(chain)) return "the schemas are made inside a function";
  const read = readDeclaredEvents(reading.evaluation, chain);
  if (!read.ok) return read.reason;
  const twice = read.events.find(({ name }) => declared.has(name));
  if (twice) return `\`${twice.name}\` is declared by another client as well`;

  // In every file of the application: the constants are imported where the events are named.
  const taken = namesIn(reading.source.files.filter(migrating.isOwn));
  const lines = read.events.map((event) => {
    const constant = chooseConstant(event.name, taken);
    declared.set(event.name, { constant, file });
    return printDeclaration(file, constant, event);
  });
  const isSeparate = removeOwnStatement(migrating, chain, statement, property);
  const start = startWithComments(statement, file);
  const text = lines.join("\n");
  edits.replace(file, start, start, isSeparate ? text : `${text}\n\n`);
  removeProperty(migrating, property);
  edits.addImport(file, packageName, "eventType");
  if (read.events.some(({ isType }) => isType)) edits.addImport(file, packageName, "staticSchema");
  const others = mentionsOf(reading, "EventSchemas").filter(
    (mention) => mention.getSourceFile() === file && !ts.isImportSpecifier(mention.parent),
  );
  if (others.length <= 1) edits.importsOf(file).remove.add("EventSchemas");
  return null;
}

/** Comments right above a statement belong to it; after an empty line they belong to what comes before. */
function startWithComments(statement: ts.Statement, file: ts.SourceFile): number {
  let start = statement.getStart(file);
  for (const comment of (ts.getLeadingCommentRanges(file.text, statement.pos) ?? []).reverse()) {
    if (/\n\s*\n/.test(file.text.slice(comment.end, start))) break;
    start = comment.pos;
  }
  return start;
}

function isSchemasChain(value: Value): boolean {
  if (value.kind === "new") return nameInOurs(value.callee) === "EventSchemas";
  return value.kind === "call" && value.callee.kind === "member" && isSchemasChain(value.callee.object);
}

function isAtTopLevel(node: ts.Node): boolean {
  for (let current = node.parent; current; current = current.parent) if (ts.isFunctionLike(current)) return false;
  return true;
}

/** True where the chain had a statement for itself, which is replaced by the declarations. */
function removeOwnStatement(
  { reading, edits }: Migrating,
  chain: ts.Expression,
  statement: ts.Statement,
  property: ts.ObjectLiteralElementLike,
): boolean {
  const { parent } = chain;
  if (!ts.isVariableDeclaration(parent) || parent.initializer !== chain || !ts.isIdentifier(parent.name)) return false;
  if (!ts.isVariableStatement(statement) || statement.declarationList.declarations.length !== 1) return false;
  const uses = mentionsOf(reading, parent.name.text).filter((mention) => {
    if (mention === parent.name || isPropertyOf(mention, property)) return false;
    return !(ts.isPropertyAssignment(mention.parent) && mention.parent.name === mention);
  });
  if (uses.length > 0) return false;
  const file = statement.getSourceFile();
  edits.replace(file, statement.getStart(file), statement.end, "");
  return true;
}

const isPropertyOf = (mention: ts.Node, property: ts.Node): boolean =>
  mention.getSourceFile() === property.getSourceFile() && mention.pos >= property.pos && mention.end <= property.end;

function findProperty(node: ts.Node): ts.ObjectLiteralElementLike | null {
  for (let current = node; current; current = current.parent) {
    if (ts.isPropertyAssignment(current) || ts.isShorthandPropertyAssignment(current)) return current;
    if (ts.isStatement(current)) return null;
  }
  return null;
}

/** With its comma and its line. */
export function removeProperty({ edits }: Migrating, property: ts.ObjectLiteralElementLike): void {
  const file = property.getSourceFile();
  const { text } = file;
  const start = property.getStart(file);
  const comma = /^\s*,/.exec(text.slice(property.end))?.[0].length ?? 0;
  const before = /(?:^|\n)[ \t]*$/.exec(text.slice(0, start));
  const after = /^[ \t]*(?=\n)/.exec(text.slice(property.end + comma));
  if (before && after) {
    edits.replace(file, before.index, property.end + comma + after[0].length, "");
  } else if (comma > 0) {
    const space = /^\s*/.exec(text.slice(property.end + comma))?.[0].length ?? 0;
    edits.replace(file, start, property.end + comma + space, "");
  } else {
    // The last one: the comma before it goes.
    const lead = /,\s*$/.exec(text.slice(0, start));
    edits.replace(file, lead ? lead.index : start, property.end, "");
  }
}

function printDeclaration(file: ts.SourceFile, constant: string, { name, schema }: DeclaredEvent): string {
  const quote = file.text.includes("from '") ? "'" : '"';
  const ending = /;\s*$/m.test(file.text) ? ";" : "";
  const options = schema === null ? "" : `, { schema: ${schema} }`;
  return `export const ${constant} = eventType(${quote}${name}${quote}${options})${ending}`;
}

/** Every name that the files use, for whatever: a new constant must be none of them. */
function namesIn(files: readonly ts.SourceFile[]): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) names.add(node.text);
    ts.forEachChild(node, visit);
  };
  files.forEach(visit);
  return names;
}

/** `shop/order.placed` → `shopOrderPlaced`. */
function chooseConstant(event: string, taken: Set<string>): string {
  const words = event.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  const camel = words.map((word, index) => (index === 0 ? lowerFirst(word) : upperFirst(word))).join("");
  const base = /^[A-Za-z]/.test(camel) ? camel : `event${upperFirst(camel)}`;
  let name = base;
  for (let suffix = 1; taken.has(name) || reserved.has(name); suffix++)
    name = `${base}Event${suffix === 1 ? "" : suffix}`;
  taken.add(name);
  return name;
}

const reserved = new Set([
  "delete",
  "default",
  "new",
  "import",
  "export",
  "return",
  "switch",
  "void",
  "function",
  "class",
]);
const lowerFirst = (word: string): string =>
  word === word.toUpperCase() ? word.toLowerCase() : word.charAt(0).toLowerCase() + word.slice(1);
const upperFirst = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
