import { ts } from "ts-morph";
import { evaluate } from "../../1-source/evaluate/evaluate.js";
import { nameInOurs, type CallTerm, type Slot, type Value } from "../../1-source/evaluate/value.js";
import type { EventModel } from "../model.js";
import { spanOf, type Reading } from "../reading.js";
import { toJsonSchema } from "../json-schema.js";
import type { Shape } from "../shape.js";
import { shapeOfType } from "../type-shape.js";
import { readSchema } from "./schema.js";
import { readZodShape } from "./zod-shape.js";

/**
 * `new EventSchemas().fromRecord<T>().fromZod(…)`: adds the events to the model. `closed` when all of them are known,
 * so that another name can be called unknown.
 */
export function readEventSchemas(reading: Reading, value: Value, client: number): "closed" | "open" {
  if (value.kind === "new") return nameInOurs(value.callee) === "EventSchemas" ? "closed" : "open";
  if (value.kind !== "call" || value.callee.kind !== "member") return "open";
  const before = readEventSchemas(reading, value.callee.object, client);
  // Something that is not a chain from `new EventSchemas()` at all.
  if (before === "open" && !isSchemasChain(value.callee.object)) return "open";
  const complete = readSource(reading, value, value.callee.name, client);
  return complete ? before : "open";
}

function isSchemasChain(value: Value): boolean {
  if (value.kind === "new") return nameInOurs(value.callee) === "EventSchemas";
  return value.kind === "call" && value.callee.kind === "member" && isSchemasChain(value.callee.object);
}

function readSource(reading: Reading, value: CallTerm, method: string, client: number): boolean {
  const { node, scope } = value;
  const [type] = node.typeArguments ?? [];
  if (type) {
    return method === "fromUnion" ? readUnionType(reading, type, client) : readRecordType(reading, type, client);
  }
  const [argument] = "arguments" in node ? node.arguments : [];
  if (!argument) return false;
  const declared = evaluate(reading.evaluation, argument, scope);
  if (declared.kind === "object") {
    for (const [name, slot] of declared.properties) readRecordEntry(reading, name, slot, client);
    return declared.rest === null;
  }
  if (declared.kind === "array") {
    const known = declared.elements.map((slot) => readNamedSchema(reading, slot, client));
    return declared.rest === null && !known.includes(false);
  }
  return false;
}

/** `type Events = { "order/placed": { data: … } }` */
function readRecordType(reading: Reading, node: ts.TypeNode, client: number): boolean {
  const { checker } = reading.evaluation;
  const type = checker.getTypeFromTypeNode(node);
  if (type.flags & ts.TypeFlags.Any || checker.getIndexInfoOfType(type, ts.IndexKind.String)) return false;
  for (const property of checker.getPropertiesOfType(type)) {
    const entry = checker.getTypeOfSymbol(property);
    const place = property.declarations?.[0] ?? node;
    addTypedEvent(reading, property.name, entry, place, client);
  }
  return true;
}

/** `type Events = A | B`, each with a literal `name`. */
function readUnionType(reading: Reading, node: ts.TypeNode, client: number): boolean {
  const { checker } = reading.evaluation;
  const type = checker.getTypeFromTypeNode(node);
  let complete = true;
  for (const member of type.isUnion() ? type.types : [type]) {
    const name = member.getProperty("name");
    const nameType = name && checker.getTypeOfSymbol(name);
    const names = nameType?.isUnion() ? nameType.types : nameType ? [nameType] : [];
    if (names.length === 0) complete = false;
    for (const one of names) {
      const place = member.getSymbol()?.declarations?.[0] ?? node;
      if (one.isStringLiteral()) addTypedEvent(reading, one.value, member, place, client);
      else complete = false;
    }
  }
  return complete;
}

function addTypedEvent(reading: Reading, name: string, entry: ts.Type, place: ts.Node, client: number): void {
  const data = entry.getProperty("data");
  const shape: Shape = data
    ? shapeOfType(reading, reading.evaluation.checker.getTypeOfSymbol(data))
    : { kind: "object", properties: [], rest: "open", values: { kind: "unknown" } };
  addEvent(reading, name, shape, "type", place, client);
}

/** An entry of `fromZod({ "a/b": { data: z.object(…) } })` or `fromSchema({ "a/b": schema })`. */
function readRecordEntry(reading: Reading, name: string, slot: Slot, client: number): void {
  const data = slot.value.kind === "object" ? slot.value.properties.get("data") : slot;
  const place = slot.nameNode ?? slot.node;
  if (!data) {
    addEvent(reading, name, { kind: "unknown" }, "schema", place, client);
    return;
  }
  const { shape, declared } = readSchema(reading, data.value, data.node);
  addEvent(reading, name, shape, declared, place, client);
}

/** `z.object({ name: z.literal("a/b"), data: … })` */
function readNamedSchema(reading: Reading, slot: Slot, client: number): boolean {
  const whole = readZodShape(reading, slot.value);
  if (whole?.kind !== "object") return false;
  const name = whole.properties.find((property) => property.name === "name")?.shape;
  const data = whole.properties.find((property) => property.name === "data")?.shape ?? { kind: "unknown" };
  if (name?.kind !== "literal" || typeof name.value !== "string") return false;
  addEvent(reading, name.value, data, "schema", slot.node, client);
  return true;
}

function addEvent(
  reading: Reading,
  name: string,
  shape: Shape,
  declared: EventModel["declared"],
  place: ts.Node,
  client: number,
): void {
  const known = shape.kind !== "unknown";
  reading.events.push({
    name,
    declared,
    schema: known ? toJsonSchema(shape) : null,
    shape: known ? shape : null,
    version: null,
    client,
    export: null,
    span: spanOf(reading, nameOfDeclaration(place)),
  });
}

function nameOfDeclaration(place: ts.Node): ts.Node {
  return ts.isPropertySignature(place) || ts.isTypeAliasDeclaration(place) ? place.name : place;
}
