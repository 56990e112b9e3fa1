import { ts } from "ts-morph";
import { platformTypesPath } from "../1-source/platform-types.js";
import type { Reading } from "./reading.js";
import type { PropertyShape, Shape, SpecialName } from "./shape.js";

/** Deeper parts of a type are left unknown: data is not nested like that, classes of libraries are. */
const maxTypeDepth = 10;
const maxProperties = 300;

/** A type that is being read, from the outside in. */
interface Turn {
  readonly type: ts.Type;
  /** It was met again inside itself. */
  again: boolean;
  /** Something in it was cut short, so that it is not the same when it is met elsewhere. */
  partial: boolean;
}

/** Shapes that a type gives only where it is the outermost one. */
const partialShapes = new WeakSet<Shape>();

/** What a type says about its values. From its second turn on, a recursive type is the name of its first one. */
export function shapeOfType(reading: Reading, type: ts.Type): Shape {
  return shapeAt(reading, type, []);
}

/** Of what a promise gives, for a type that may be one. */
export function awaitedShape(reading: Reading, type: ts.Type): Shape {
  const { checker } = reading.evaluation;
  return shapeOfType(reading, checker.getAwaitedType(type) ?? type);
}

function shapeAt(reading: Reading, type: ts.Type, above: readonly Turn[]): Shape {
  const known = reading.shapes.get(type);
  if (known && (above.length === 0 || !partialShapes.has(known))) return known;
  const [outermost] = above;
  const before = above.findIndex((turn) => turn.type === type);
  const turn = above[before];
  if (outermost && (turn || above.length > maxTypeDepth)) {
    outermost.partial = true;
    if (!turn) return { kind: "unknown", reason: "the type is nested too deeply" };
    turn.again = true;
    return { kind: "unknown", reason: "the type is recursive", again: nameTurn(reading, type, before) };
  }
  const own: Turn = { type, again: false, partial: false };
  const found = shapeOf(reading, type, [...above, own]);
  const shape = own.again && canBeNamed(found) ? { ...found, id: nameTurn(reading, type, above.length) } : found;
  if (above.length === 0) {
    reading.shapes.set(type, shape);
    if (own.partial) partialShapes.add(shape);
  }
  return shape;
}

/** Two types of one name, one in the other, are told apart by where they are. */
function nameTurn({ evaluation: { checker } }: Reading, type: ts.Type, depth: number): string {
  return `${(type.aliasSymbol ?? type.getSymbol())?.name ?? checker.typeToString(type)}@${depth}`;
}

function canBeNamed(shape: Shape): shape is Extract<Shape, { readonly id?: string }> {
  return shape.kind === "object" || shape.kind === "array" || shape.kind === "union";
}

function shapeOf(reading: Reading, type: ts.Type, above: readonly Turn[]): Shape {
  const { checker } = reading.evaluation;
  const { flags } = type;
  const F = ts.TypeFlags;
  if (flags & (F.Any | F.Unknown)) return { kind: "unknown" };
  if (flags & F.Never) return { kind: "never" };
  if (flags & (F.Undefined | F.Void)) return { kind: "undefined" };
  if (flags & F.Null) return { kind: "null" };
  if (type.isStringLiteral() || type.isNumberLiteral()) return { kind: "literal", value: type.value };
  if (flags & F.BooleanLiteral) return { kind: "literal", value: checker.typeToString(type) === "true" };
  if (flags & F.Boolean) return { kind: "boolean" };
  if (type.isUnion()) return unionOf(type.types.map((member) => shapeAt(reading, member, above)));
  if (flags & (F.StringLike | F.TemplateLiteral)) return { kind: "string" };
  if (flags & F.NumberLike) return { kind: "number" };
  if (flags & F.BigIntLike) return { kind: "special", name: "bigint", type: "bigint" };
  if (flags & F.ESSymbolLike) return { kind: "special", name: "symbol", type: "symbol" };
  if (type.isIntersection()) {
    // A branded string is a string.
    const primitive = type.types.find((member) => member.flags & (F.StringLike | F.NumberLike | F.BooleanLike));
    if (primitive) return shapeAt(reading, primitive, above);
    return objectOf(reading, type, above);
  }
  if (flags & F.NonPrimitive) return { kind: "object", properties: [], rest: "open" };
  if (!(flags & F.Object)) {
    const constraint = checker.getBaseConstraintOfType(type);
    return constraint && constraint !== type ? shapeAt(reading, constraint, above) : { kind: "unknown" };
  }
  if (checker.isTupleType(type)) return tupleOf(reading, type, above);
  const array = arrayOf(checker, type);
  if (array) {
    const [element] = checker.getTypeArguments(array);
    return { kind: "array", element: element ? shapeAt(reading, element, above) : { kind: "unknown" } };
  }
  return specialOf(reading, type, above) ?? objectOf(reading, type, above);
}

/** The array that a type is, or extends, as the result of `text.match()` does: to JSON it is its elements. */
function arrayOf(checker: ts.TypeChecker, type: ts.Type): ts.TypeReference | null {
  if (checker.isArrayType(type)) return type as ts.TypeReference;
  if (!type.isClassOrInterface()) return null;
  const base = checker.getBaseTypes(type).find((each) => checker.isArrayType(each));
  return base ? (base as ts.TypeReference) : null;
}

/** One shape for several: no doubles, `true | false` is boolean, what is unknown makes all unknown. */
export function unionOf(members: readonly Shape[]): Shape {
  const unique = new Map<string, Shape>();
  for (const member of members.flatMap((shape) => (shape.kind === "union" ? shape.members : [shape]))) {
    if (member.kind === "unknown" && member.again === undefined) return member;
    if (member.kind !== "never") unique.set(JSON.stringify(member), member);
  }
  const yes = JSON.stringify({ kind: "literal", value: true });
  const no = JSON.stringify({ kind: "literal", value: false });
  if (unique.has(yes) && unique.has(no)) {
    unique.delete(yes);
    unique.delete(no);
    unique.set("boolean", { kind: "boolean" });
  }
  const [first, ...others] = unique.values();
  if (!first) return { kind: "never" };
  return others.length === 0 ? first : { kind: "union", members: [first, ...others] };
}

function tupleOf(reading: Reading, type: ts.Type, above: readonly Turn[]): Shape {
  const reference = type as ts.TupleTypeReference;
  const args = reading.evaluation.checker.getTypeArguments(reference);
  const elements: Shape[] = [];
  let rest: Shape | undefined;
  args.forEach((element, index) => {
    const flags = reference.target.elementFlags[index] ?? ts.ElementFlags.Required;
    const shape = shapeAt(reading, element, above);
    if (flags & ts.ElementFlags.Variable) rest = shape;
    else elements.push(shape);
  });
  return rest ? { kind: "tuple", elements, rest } : { kind: "tuple", elements };
}

const specialNames: Readonly<Record<string, SpecialName>> = {
  Date: "Date",
  Map: "Map",
  ReadonlyMap: "Map",
  WeakMap: "Map",
  Set: "Set",
  ReadonlySet: "Set",
  WeakSet: "Set",
  RegExp: "RegExp",
  Promise: "Promise",
  PromiseLike: "Promise",
  Error: "Error",
  Generator: "iterator",
  AsyncGenerator: "iterator",
  Iterator: "iterator",
  AsyncIterator: "iterator",
  IterableIterator: "iterator",
  ArrayBuffer: "bytes",
  SharedArrayBuffer: "bytes",
  DataView: "bytes",
  Buffer: "bytes",
  Blob: "bytes",
};

function specialOf(reading: Reading, type: ts.Type, above: readonly Turn[]): Shape | null {
  const { checker, program } = reading.evaluation;
  const symbol = type.getSymbol();
  if (type.getCallSignatures().length > 0 || type.getConstructSignatures().length > 0) {
    return { kind: "special", name: "function", type: checker.typeToString(type) };
  }
  if (!symbol || symbol.name === "__type" || symbol.name === "__object") return null;
  const [declaration] = symbol.declarations ?? [];
  if (!declaration) return null;
  const file = declaration.getSourceFile();
  const text = (): string => checker.typeToString(type);
  if (program.isSourceFileDefaultLibrary(file) || isPlatformFile(file)) {
    if (symbol.name === "Date") {
      return { kind: "special", name: "Date", type: "Date", json: { kind: "string", format: "date-time" } };
    }
    if (symbol.name === "URL")
      return { kind: "special", name: "class", type: "URL", json: { kind: "string", format: "uri" } };
    if (Object.hasOwn(specialNames, symbol.name)) {
      return { kind: "special", name: specialNames[symbol.name] ?? "class", type: text() };
    }
    if (/^(Big)?(Int|Uint|Float)\d+(Clamped)?Array$/.test(symbol.name))
      return { kind: "special", name: "bytes", type: text() };
    if (symbol.name.endsWith("Error")) return { kind: "special", name: "Error", type: text() };
  }
  if (!(symbol.flags & ts.SymbolFlags.Class))
    return isPlatformObject(type) ? { kind: "special", name: "class", type: text() } : null;
  const toJson = type.getProperty("toJSON");
  if (toJson) {
    const returned = checker.getTypeOfSymbol(toJson).getCallSignatures()[0]?.getReturnType();
    const json = returned ? shapeAt(reading, returned, above) : { kind: "unknown" as const };
    return { kind: "special", name: "class", type: text(), json };
  }
  const isError = type.getProperty("stack") && type.getProperty("message");
  if (isError) return { kind: "special", name: "Error", type: text() };
  const hasMethods = type
    .getProperties()
    .some((property) => property.flags & (ts.SymbolFlags.Method | ts.SymbolFlags.Accessor));
  // A class of fields alone comes back from JSON with everything it had.
  return hasMethods ? { kind: "special", name: "class", type: text() } : null;
}

function isPlatformFile(file: ts.SourceFile): boolean {
  return file.fileName === platformTypesPath || file.fileName.includes("/@types/node/");
}

/** `Response`, `Headers`, a stream: an interface of the platform that has methods. */
function isPlatformObject(type: ts.Type): boolean {
  const name = type.getSymbol()?.name ?? "";
  return /^(Response|Request|Headers|FormData|AbortSignal|AbortController|ReadableStream|WritableStream|URLSearchParams)$/.test(
    name,
  );
}

function objectOf(reading: Reading, type: ts.Type, above: readonly Turn[]): Shape {
  const { checker } = reading.evaluation;
  const all = checker.getPropertiesOfType(type);
  const properties: PropertyShape[] = [];
  for (const property of all.slice(0, maxProperties)) {
    // Symbols as keys are not in JSON.
    if (property.name.startsWith("__@")) continue;
    const optional = (property.flags & ts.SymbolFlags.Optional) !== 0;
    const propertyType = checker.getTypeOfSymbol(property);
    const shape = shapeAt(reading, optional ? withoutUndefined(checker, propertyType) : propertyType, above);
    properties.push({ name: property.name, shape, optional });
  }
  const index = checker.getIndexInfoOfType(type, ts.IndexKind.String);
  return {
    kind: "object",
    properties,
    rest: "open",
    ...(index ? { values: shapeAt(reading, index.type, above) } : {}),
  };
}

/** Of an optional property, whose type says `| undefined` by itself. */
function withoutUndefined(checker: ts.TypeChecker, type: ts.Type): ts.Type {
  if (!type.isUnion()) return type;
  const kept = type.types.filter((member) => !(member.flags & ts.TypeFlags.Undefined));
  const [only] = kept;
  return kept.length === 1 && only
    ? only
    : checker.getNonNullableType(type) === type
      ? type
      : stripped(checker, type, kept);
}

function stripped(checker: ts.TypeChecker, type: ts.UnionType, kept: readonly ts.Type[]): ts.Type {
  // `a | null | undefined` has to keep its null.
  return kept.some((member) => member.flags & ts.TypeFlags.Null) ? type : checker.getNonNullableType(type);
}
