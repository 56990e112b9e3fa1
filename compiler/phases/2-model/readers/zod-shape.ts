import { ts } from "ts-morph";
import { evaluateArguments } from "../../1-source/evaluate/evaluate-call.js";
import type { CallTerm, Slot, Value } from "../../1-source/evaluate/value.js";
import type { Reading } from "../reading.js";
import type { NumberShape, ObjectShape, PropertyShape, Shape, StringShape } from "../shape.js";
import { unionOf } from "../type-shape.js";
import { shapeOfOutput } from "./schema.js";

const zodModules = /^(zod|zod\/.*|@zod\/.*)$/;

/** The shape of a schema that is written with zod 3 or 4, without its types; null when it is something else. */
export function readZodShape(reading: Reading, value: Value): Shape | null {
  if (value.kind !== "call" || !("arguments" in value.node) || value.callee.kind !== "member") {
    return value.kind === "call" && value.callee.kind === "external"
      ? readNamed(reading, value, value.callee.name)
      : null;
  }
  const { object, name } = value.callee;
  if (isZodRoot(object)) return readNamed(reading, value, name);
  if (object.kind === "member" && isZodRoot(object.object)) {
    // z.coerce.number(), z.iso.datetime(), z.string.email()
    // What is coerced may come in as anything.
    if (object.name === "coerce") return { kind: "unknown" };
    if (object.name === "iso") return { kind: "string", ...isoFormat(name) };
    return null;
  }
  const base = readZodShape(reading, object);
  return base && readMethod(reading, base, name, value);
}

function isZodRoot(value: Value): boolean {
  if (value.kind === "external")
    return zodModules.test(value.module) && ["*", "z", "zod", "default"].includes(value.name);
  return value.kind === "member" && value.name === "z" && isZodRoot(value.object);
}

function isoFormat(name: string): { format?: string } {
  if (name === "datetime") return { format: "date-time" };
  return name === "date" || name === "time" || name === "duration" ? { format: name } : {};
}

function argumentsOf(reading: Reading, value: CallTerm): readonly Slot[] {
  return "arguments" in value.node ? evaluateArguments(reading.evaluation, value.node.arguments, value.scope) : [];
}

/** A schema in an argument: read as zod, else by its type. */
function inner(reading: Reading, slot: Slot | undefined): Shape {
  if (!slot) return { kind: "unknown" };
  return readZodShape(reading, slot.value) ?? fallback(reading, slot) ?? { kind: "unknown" };
}

function fallback(reading: Reading, slot: Slot): Shape | null {
  return ts.isExpression(slot.node) ? shapeOfOutput(reading, slot.node) : null;
}

const formats: Readonly<Record<string, string>> = {
  email: "email",
  uuid: "uuid",
  guid: "uuid",
  uuidv4: "uuid",
  uuidv7: "uuid",
  url: "uri",
  httpUrl: "uri",
  datetime: "date-time",
  date: "date",
  time: "time",
  ipv4: "ipv4",
  ipv6: "ipv6",
  hostname: "hostname",
};

/** Formats of zod that JSON Schema has no name for: a string all the same. */
const otherStrings = new Set([
  "cuid",
  "cuid2",
  "ulid",
  "nanoid",
  "emoji",
  "base64",
  "base64url",
  "jwt",
  "e164",
  "cidrv4",
  "cidrv6",
  "xid",
  "ksuid",
  "hex",
  "templateLiteral",
]);

function readNamed(reading: Reading, value: CallTerm, name: string): Shape | null {
  if (value.callee.kind === "external" && !zodModules.test(value.callee.module)) return null;
  const args = argumentsOf(reading, value);
  const [first, second] = args;
  switch (name) {
    case "string":
      return { kind: "string" };
    case "number":
      return { kind: "number" };
    case "int":
    case "int32":
    case "uint32":
      return { kind: "number", integer: true };
    case "float32":
    case "float64":
      return { kind: "number" };
    case "boolean":
    case "stringbool":
      return { kind: "boolean" };
    case "bigint":
      return { kind: "special", name: "bigint", type: "bigint" };
    case "date":
      return { kind: "special", name: "Date", type: "Date", json: { kind: "string", format: "date-time" } };
    case "null":
      return { kind: "null" };
    case "undefined":
    case "void":
      return { kind: "undefined" };
    case "never":
      return { kind: "never" };
    case "any":
    case "unknown":
    case "custom":
    case "json":
    case "instanceof":
      return { kind: "unknown" };
    case "literal":
      return literalOf(first);
    case "enum":
    case "nativeEnum":
      return enumOf(first);
    case "object":
      return objectOf(reading, first, "open");
    case "looseObject":
      return { ...objectOf(reading, first, "open"), values: { kind: "unknown" } };
    case "strictObject":
      return objectOf(reading, first, "closed");
    case "array":
      return { kind: "array", element: inner(reading, first) };
    case "set":
      return { kind: "special", name: "Set", type: "Set" };
    case "map":
      return { kind: "special", name: "Map", type: "Map" };
    case "tuple":
      return first?.value.kind === "array"
        ? { kind: "tuple", elements: first.value.elements.map((slot) => inner(reading, slot)) }
        : { kind: "array", element: { kind: "unknown" } };
    case "union":
    case "xor":
      return optionsOf(reading, first);
    case "discriminatedUnion":
      return optionsOf(reading, second);
    case "intersection":
      return merge(inner(reading, first), inner(reading, second));
    case "record":
    case "partialRecord":
      return second
        ? { kind: "object", properties: [], rest: "open", values: inner(reading, second), keys: inner(reading, first) }
        : { kind: "object", properties: [], rest: "open", values: inner(reading, first) };
    case "optional":
      return unionOf([inner(reading, first), { kind: "undefined" }]);
    case "nullable":
      return unionOf([inner(reading, first), { kind: "null" }]);
    case "nullish":
      return unionOf([inner(reading, first), { kind: "null" }, { kind: "undefined" }]);
    case "preprocess":
      return { kind: "unknown" };
    case "lazy":
      return { kind: "unknown", reason: "the schema is recursive" };
    default:
      if (Object.hasOwn(formats, name)) return { kind: "string", format: formats[name] ?? name };
      return otherStrings.has(name) ? { kind: "string" } : null;
  }
}

function literalOf(slot: Slot | undefined): Shape {
  const values =
    slot?.value.kind === "array" ? slot.value.elements.map((element) => element.value) : slot ? [slot.value] : [];
  return unionOf(
    values.map((value): Shape => {
      if (value.kind !== "constant") return { kind: "unknown" };
      if (value.value === null) return { kind: "null" };
      if (value.value === undefined) return { kind: "undefined" };
      return typeof value.value === "bigint" ? { kind: "unknown" } : { kind: "literal", value: value.value };
    }),
  );
}

function enumOf(slot: Slot | undefined): Shape {
  const value = slot?.value;
  const slots =
    value?.kind === "array" && !value.rest
      ? value.elements
      : value?.kind === "object" && !value.rest
        ? [...value.properties.values()]
        : [];
  if (slots.length === 0) return { kind: "string" };
  return unionOf(slots.map((element) => literalOf(element)));
}

function optionsOf(reading: Reading, slot: Slot | undefined): Shape {
  if (slot?.value.kind !== "array" || slot.value.rest) return { kind: "unknown" };
  return unionOf(slot.value.elements.map((option) => inner(reading, option)));
}

function objectOf(reading: Reading, slot: Slot | undefined, rest: "open" | "closed"): ObjectShape {
  if (slot?.value.kind !== "object") return { kind: "object", properties: [], rest: "open" };
  const properties: PropertyShape[] = [];
  for (const [name, property] of slot.value.properties) properties.push(propertyOf(name, inner(reading, property)));
  return { kind: "object", properties, rest: slot.value.rest ? "open" : rest };
}

/** `a: z.string().optional()` is a property that may be missing. */
function propertyOf(name: string, shape: Shape): PropertyShape {
  if (shape.kind === "undefined") return { name, shape, optional: true };
  if (shape.kind !== "union" || !shape.members.some((member) => member.kind === "undefined")) {
    return { name, shape, optional: shape.kind === "unknown" };
  }
  return { name, shape: unionOf(shape.members.filter((member) => member.kind !== "undefined")), optional: true };
}

function merge(left: Shape, right: Shape): Shape {
  if (left.kind !== "object" || right.kind !== "object") return { kind: "unknown" };
  const names = new Set(right.properties.map((property) => property.name));
  return { ...left, ...right, properties: [...left.properties.filter((p) => !names.has(p.name)), ...right.properties] };
}

function readMethod(reading: Reading, base: Shape, name: string, value: CallTerm): Shape | null {
  const args = argumentsOf(reading, value);
  const [first] = args;
  switch (name) {
    // Takes anything, and makes the fallback of what does not fit.
    case "catch":
      return { kind: "unknown" };
    case "optional":
    case "exactOptional":
    case "default":
    case "prefault":
      return unionOf([base, { kind: "undefined" }]);
    case "nullable":
      return unionOf([base, { kind: "null" }]);
    case "nullish":
      return unionOf([base, { kind: "null" }, { kind: "undefined" }]);
    case "array":
      return { kind: "array", element: base };
    case "or":
      return unionOf([base, inner(reading, first)]);
    case "and":
      return merge(base, inner(reading, first));
    case "refine":
    case "superRefine":
    case "check":
    case "describe":
    case "meta":
    case "brand":
    case "readonly":
    case "register":
    case "trim":
    case "toLowerCase":
    case "toUpperCase":
    case "normalize":
    // What is sent is the input; a transform is the receiver's business.
    case "transform":
    case "pipe":
    case "overwrite":
    case "promise":
      return base;
    case "unwrap":
      return base.kind === "union"
        ? unionOf(base.members.filter((m) => m.kind !== "undefined" && m.kind !== "null"))
        : base;
  }
  switch (base.kind) {
    case "string":
      return stringMethod(base, name, first);
    case "number":
      return numberMethod(base, name, first);
    case "array":
      return arrayMethod(base, name, first);
    case "object":
      return objectMethod(reading, base, name, first);
    default:
      return base;
  }
}

function numberIn(slot: Slot | undefined): number | null {
  return slot?.value.kind === "constant" && typeof slot.value.value === "number" ? slot.value.value : null;
}

function stringMethod(base: StringShape, name: string, first: Slot | undefined): Shape {
  if (Object.hasOwn(formats, name)) return { ...base, format: formats[name] ?? name };
  const limit = numberIn(first);
  switch (name) {
    case "min":
      return limit === null ? base : { ...base, minLength: limit };
    case "max":
      return limit === null ? base : { ...base, maxLength: limit };
    case "length":
      return limit === null ? base : { ...base, minLength: limit, maxLength: limit };
    case "nonempty":
      return { ...base, minLength: 1 };
    default:
      return base;
  }
}

function numberMethod(base: NumberShape, name: string, first: Slot | undefined): Shape {
  const limit = numberIn(first);
  switch (name) {
    case "int":
      return { ...base, integer: true };
    case "positive":
      return { ...base, exclusiveMinimum: 0 };
    case "nonnegative":
      return { ...base, minimum: 0 };
    case "negative":
      return { ...base, exclusiveMaximum: 0 };
    case "nonpositive":
      return { ...base, maximum: 0 };
    case "min":
    case "gte":
      return limit === null ? base : { ...base, minimum: limit };
    case "max":
    case "lte":
      return limit === null ? base : { ...base, maximum: limit };
    case "gt":
      return limit === null ? base : { ...base, exclusiveMinimum: limit };
    case "lt":
      return limit === null ? base : { ...base, exclusiveMaximum: limit };
    case "multipleOf":
    case "step":
      return limit === null ? base : { ...base, multipleOf: limit };
    default:
      return base;
  }
}

function arrayMethod(base: Extract<Shape, { kind: "array" }>, name: string, first: Slot | undefined): Shape {
  const limit = numberIn(first);
  if (name === "nonempty") return { ...base, minItems: 1 };
  if (limit === null) return base;
  if (name === "min") return { ...base, minItems: limit };
  if (name === "max") return { ...base, maxItems: limit };
  return name === "length" ? { ...base, minItems: limit, maxItems: limit } : base;
}

function objectMethod(reading: Reading, base: ObjectShape, name: string, first: Slot | undefined): Shape {
  switch (name) {
    case "strict":
      return { ...base, rest: "closed" };
    case "passthrough":
    case "loose":
      return { ...base, rest: "open", values: { kind: "unknown" } };
    case "strip":
      return { ...base, rest: "open" };
    case "catchall":
      return { ...base, rest: "open", values: inner(reading, first) };
    case "extend":
    case "safeExtend":
    case "augment":
      return merge(base, { ...objectOf(reading, first, base.rest === "closed" ? "closed" : "open") });
    case "merge":
      return merge(base, inner(reading, first));
    case "pick":
    case "omit": {
      if (first?.value.kind !== "object") return { kind: "object", properties: [], rest: "open" };
      const named = first.value.properties;
      return { ...base, properties: base.properties.filter((p) => named.has(p.name) === (name === "pick")) };
    }
    case "partial":
    case "deepPartial": {
      const named = first?.value.kind === "object" ? first.value.properties : null;
      return {
        ...base,
        properties: base.properties.map((p) => (!named || named.has(p.name) ? { ...p, optional: true } : p)),
      };
    }
    case "required":
      return { ...base, properties: base.properties.map((p) => ({ ...p, optional: false })) };
    case "keyof":
      return unionOf(base.properties.map((p): Shape => ({ kind: "literal", value: p.name })));
    default:
      return base;
  }
}
