import { ts } from "ts-morph";
import { evaluate } from "../../1-source/evaluate/evaluate.js";
import { Scope } from "../../1-source/evaluate/scope.js";
import type { Slot } from "../../1-source/evaluate/value.js";
import type { Evaluation } from "../../1-source/evaluate/evaluation.js";

/** One event of an `EventSchemas` chain: its name, and the source text of its schema; null for an event without data. */
export interface DeclaredEvent {
  readonly name: string;
  readonly schema: string | null;
  /** The schema is `staticSchema<…>()`. */
  readonly isType: boolean;
}

/** What a chain declares, or why that cannot be written as event types. */
export type DeclaredEvents =
  { readonly ok: true; readonly events: readonly DeclaredEvent[] } | { readonly ok: false; readonly reason: string };

/** Reads `new EventSchemas().fromRecord<T>().fromZod(…)`; a later declaration of a name replaces the earlier one. */
export function readDeclaredEvents(evaluation: Evaluation, chain: ts.Expression): DeclaredEvents {
  const events = new Map<string, DeclaredEvent>();
  for (const call of listCalls(chain)) {
    const read = readSource(evaluation, call);
    if (typeof read === "string") return { ok: false, reason: read };
    for (const event of read) events.set(event.name, event);
  }
  return { ok: true, events: [...events.values()] };
}

/** The calls of the chain, first to last. */
function listCalls(chain: ts.Expression): ts.CallExpression[] {
  const calls: ts.CallExpression[] = [];
  for (let node: ts.Expression = chain; ts.isCallExpression(node);) {
    calls.unshift(node);
    if (!ts.isPropertyAccessExpression(node.expression)) break;
    node = node.expression.expression;
  }
  return calls;
}

/** A text is the reason why it cannot be read. */
function readSource(evaluation: Evaluation, call: ts.CallExpression): DeclaredEvent[] | string {
  const method = ts.isPropertyAccessExpression(call.expression) ? call.expression.name.text : "";
  const [type] = call.typeArguments ?? [];
  const [argument] = call.arguments;
  const read = readBy(evaluation, method, type, argument);
  if (typeof read === "string" || read.length > 0) return read;
  return `\`${method}\` declares no event that is known`;
}

/** A method that is not known here is not guessed at: what it declares would be lost. */
function readBy(
  evaluation: Evaluation,
  method: string,
  type: ts.TypeNode | undefined,
  argument: ts.Expression | undefined,
): DeclaredEvent[] | string {
  switch (method) {
    case "fromUnion":
      return type ? readUnion(evaluation, type) : "`fromUnion` has no type";
    case "fromRecord":
    case "fromGenerated":
      return type ? readRecord(evaluation, type) : `\`${method}\` has no type`;
    case "fromZod":
    case "fromSchema":
      return argument ? readSchemas(evaluation, method, argument) : `\`${method}\` has no schemas`;
    default:
      return `\`${method}\` is not known to declare events`;
  }
}

function readRecord({ checker }: Evaluation, node: ts.TypeNode): DeclaredEvent[] | string {
  const type = checker.getTypeFromTypeNode(node);
  if (type.flags & ts.TypeFlags.Any) return `\`${node.getText()}\` is not known`;
  if (checker.getIndexInfosOfType(type).length > 0) return `\`${node.getText()}\` has any name`;
  const literals = ts.isTypeLiteralNode(node) ? node : null;
  const events: DeclaredEvent[] = [];
  for (const property of checker.getPropertiesOfType(type)) {
    const { name } = property;
    const entry = checker.getTypeOfSymbol(property);
    const unreadable = whyUnreadable(checker, name, entry);
    if (unreadable !== null) return unreadable;
    const data = entry.getProperty("data");
    if (!data) {
      events.push(withoutData(name));
      continue;
    }
    const dataType = checker.getTypeOfSymbol(data);
    const written = literals && writtenData(literals, property);
    if (literals && !written) return `the type of \`${name}\` is written inside the call; give it a name`;
    const text = written ? written.getText() : `${printOperand(node)}[${JSON.stringify(name)}]["data"]`;
    const schema = staticSchemaOf(text, dataType, data);
    if (schema === null) return `the data of \`${name}\` is not an object in every case`;
    events.push({ name, schema, isType: true });
  }
  return events;
}

const withoutData = (name: string): DeclaredEvent => ({
  name,
  schema: "staticSchema<Record<string, any>>()",
  isType: true,
});

/** What an event type cannot say of this event: nothing of it may be lost. */
function whyUnreadable(checker: ts.TypeChecker, name: string, entry: ts.Type): string | null {
  const isObject = (entry.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) !== 0;
  if (!isObject || checker.getIndexInfosOfType(entry).length > 0) {
    return `the type of \`${name}\` is not \`{ data: … }\``;
  }
  return entry.getProperty("user") ? `\`${name}\` declares its \`user\`, which an event type does not` : null;
}

/** The type of `data` in `{ "order/placed": { data: … } }`, or what leads to it. */
function writtenData(literal: ts.TypeLiteralNode, property: ts.Symbol): ts.TypeNode | { getText(): string } | null {
  const [declaration] = property.declarations ?? [];
  if (!declaration || !ts.isPropertySignature(declaration) || declaration.parent !== literal) return null;
  const { type } = declaration;
  if (!type) return null;
  if (!ts.isTypeLiteralNode(type)) return { getText: () => `${printOperand(type)}["data"]` };
  const data = type.members.find((member) => member.name?.getText() === "data");
  return data && ts.isPropertySignature(data) && data.type ? data.type : null;
}

/** `A & B` in parentheses, as what `["name"]` is asked of. */
function printOperand(type: ts.TypeNode): string {
  return ts.isTypeReferenceNode(type) || ts.isIndexedAccessTypeNode(type) ? type.getText() : `(${type.getText()})`;
}

function readUnion({ checker }: Evaluation, node: ts.TypeNode): DeclaredEvent[] | string {
  const type = checker.getTypeFromTypeNode(node);
  const events: DeclaredEvent[] = [];
  const seen = new Set<string>();
  for (const member of type.isUnion() ? type.types : [type]) {
    const nameSymbol = member.getProperty("name");
    const nameType = nameSymbol && checker.getTypeOfSymbol(nameSymbol);
    const names = nameType?.isUnion() ? nameType.types : nameType ? [nameType] : [];
    const data = member.getProperty("data");
    for (const one of names) {
      if (!one.isStringLiteral()) return `\`${node.getText()}\` has any name`;
      const name = one.value;
      const unreadable = whyUnreadable(checker, name, member);
      if (unreadable !== null) return unreadable;
      if (seen.has(name)) return `\`${name}\` is in \`${firstLine(node)}\` twice`;
      seen.add(name);
      if (!data) {
        events.push(withoutData(name));
        continue;
      }
      const text = writtenInside(node, data) ?? `Extract<${node.getText()}, { name: ${JSON.stringify(name)} }>["data"]`;
      const schema = staticSchemaOf(text, checker.getTypeOfSymbol(data), data);
      if (schema === null) return `the data of \`${name}\` is not an object in every case`;
      events.push({ name, schema, isType: true });
    }
    if (names.length === 0) return `\`${node.getText()}\` is not a union of events with names`;
  }
  return events;
}

/** The type of a property that is written out in the type argument itself. */
function writtenInside(node: ts.TypeNode, property: ts.Symbol): string | null {
  const [declaration] = property.declarations ?? [];
  if (!declaration || !ts.isPropertySignature(declaration) || !declaration.type) return null;
  return isInside(declaration, node) ? declaration.type.getText() : null;
}

/** Null for data that may be absent or is no object: `staticSchema` does not take it. */
function staticSchemaOf(text: string, type: ts.Type, symbol: ts.Symbol): string | null {
  // Its own text: where the type cannot be found, `any` would say that it is meant.
  if (type.flags & ts.TypeFlags.Any) return `staticSchema<${text}>()`;
  if (symbol.flags & ts.SymbolFlags.Optional) return null;
  const parts = type.isUnion() ? type.types : [type];
  if (parts.some((part) => !(part.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)))) return null;
  // An interface can be added to, so TypeScript does not take it for a record; what is picked from it is a type.
  const isOpen = parts.some(
    (part) => part.isClassOrInterface() || (part.isIntersection() && part.types.some(isInterface)),
  );
  return isOpen ? `staticSchema<Pick<${text}, keyof ${text}>>()` : `staticSchema<${text}>()`;
}

const isInterface = (type: ts.Type): boolean => type.isClassOrInterface();

/** `fromZod({ "order/placed": { data: schema } })`, `fromSchema({ "order/placed": schema })` */
function readSchemas(evaluation: Evaluation, method: string, argument: ts.Expression): DeclaredEvent[] | string {
  const value = evaluate(evaluation, argument, Scope.empty);
  if (value.kind !== "object") return `\`${firstLine(argument)}\` is no object with a schema for each name`;
  if (value.rest) return `\`${firstLine(argument)}\` has names that are not known`;
  const home = argument.getSourceFile();
  const events: DeclaredEvent[] = [];
  for (const [name, slot] of value.properties) {
    let data: Slot = slot;
    if (method === "fromZod") {
      if (slot.value.kind !== "object" || slot.value.rest) return `the schema of \`${name}\` is not \`{ data: … }\``;
      if (slot.value.properties.has("user")) return `\`${name}\` declares its \`user\`, which an event type does not`;
      const given = slot.value.properties.get("data");
      if (!given) {
        events.push(withoutData(name));
        continue;
      }
      data = given;
    }
    const isHere = isInside(data.node, argument) && data.node.getSourceFile() === home;
    if (!isHere && !ts.isIdentifier(argument)) return `the schema of \`${name}\` is spread in from elsewhere`;
    const path = `${argument.getText()}[${JSON.stringify(name)}]${data === slot ? "" : ".data"}`;
    events.push({ name, schema: isHere ? data.node.getText() : path, isType: false });
  }
  return events;
}

function isInside(node: ts.Node, outer: ts.Node): boolean {
  return node.getSourceFile() === outer.getSourceFile() && node.pos >= outer.pos && node.end <= outer.end;
}

function firstLine(node: ts.Node): string {
  const text = node.getText().split("\n")[0] ?? "";
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
