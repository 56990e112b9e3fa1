/** What is known of a value in an expression: the kinds that it can have, and its shape. */
import type { Shape } from "../2-model/shape.js";

/** As CEL names them; a JSON number is a `number`, whole or not. */
export type ValueKind =
  "bool" | "number" | "string" | "list" | "map" | "null" | "timestamp" | "duration" | "bytes" | "type";

export interface ExpressionType {
  /** All kinds that the value can have; null when that is not known. */
  readonly kinds: ReadonlySet<ValueKind> | null;
  /** For fields, items and constants; null when the value does not come from an event, and is no constant. */
  readonly shape: Shape | null;
}

export const unknownType: ExpressionType = { kinds: null, shape: null };

export const nounOf: Readonly<Record<ValueKind, string>> = {
  bool: "a boolean",
  number: "a number",
  string: "a string",
  list: "a list",
  map: "an object",
  null: "null",
  timestamp: "a timestamp",
  duration: "a duration",
  bytes: "bytes",
  type: "a type",
};

export function printKinds({ kinds }: ExpressionType): string {
  const named = [...(kinds ?? [])].filter((kind, _, all) => kind !== "null" || all.length === 1);
  return named.length === 0 ? "an unknown value" : named.map((kind) => nounOf[kind]).join(" or ");
}

export const ofKinds = (...kinds: ValueKind[]): ExpressionType => ({ kinds: new Set(kinds), shape: null });
export const withoutShape = ({ kinds }: ExpressionType): ExpressionType => ({ kinds, shape: null });

/** Whether every value is of this kind, or missing. */
export function isOnly({ kinds }: ExpressionType, wanted: ValueKind): boolean {
  return kinds !== null && kinds.has(wanted) && [...kinds].every((kind) => kind === wanted || kind === "null");
}

export function typeOfConstant(value: unknown): ExpressionType {
  if (typeof value === "bigint") return typeOfShape({ kind: "literal", value: Number(value) });
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    return typeOfShape({ kind: "literal", value });
  }
  return value === null ? ofKinds("null") : unknownType;
}

export function typeOfShape(shape: Shape): ExpressionType {
  const kinds = new Set<ValueKind>();
  for (const each of listAlternatives(shape)) {
    const kind = kindOfShape(each);
    if (kind === null) return { kinds: null, shape };
    kinds.add(kind);
  }
  return { kinds: kinds.size === 0 ? null : kinds, shape };
}

function kindOfShape(shape: Shape): ValueKind | null {
  switch (shape.kind) {
    case "null":
    case "undefined":
      return "null";
    case "boolean":
      return "bool";
    case "number":
    case "string":
      return shape.kind;
    case "literal":
      return typeof shape.value === "boolean" ? "bool" : typeof shape.value === "number" ? "number" : "string";
    case "object":
      return "map";
    case "array":
    case "tuple":
      return "list";
    default:
      return null;
  }
}

/** As JSON shows it, without unions. */
export function listAlternatives(shape: Shape): Shape[] {
  if (shape.kind === "union") return shape.members.flatMap(listAlternatives);
  if (shape.kind === "never") return [];
  if (shape.kind === "special") return shape.json ? listAlternatives(shape.json) : [{ kind: "unknown" }];
  return [shape];
}

/** Null when there is certainly, or by the declaration, no such field. */
export function readField(shape: Shape, name: string): Shape | null {
  if (shape.kind === "unknown") return shape;
  if (shape.kind !== "object") return null;
  const property = shape.properties.find((each) => each.name === name);
  if (property) {
    return property.optional ? { kind: "union", members: [property.shape, { kind: "null" }] } : property.shape;
  }
  if (shape.values) return { kind: "union", members: [shape.values, { kind: "null" }] };
  // An object of which nothing is declared may be anything.
  return shape.properties.length === 0 && shape.rest === "open" ? { kind: "unknown" } : null;
}

export function itemOf({ shape }: ExpressionType): ExpressionType {
  const items = (shape ? listAlternatives(shape) : []).map((each): Shape => {
    if (each.kind === "array") return each.element;
    if (each.kind === "object") return { kind: "string" };
    return { kind: "unknown" };
  });
  return items.length === 0 ? unknownType : typeOfShape({ kind: "union", members: items });
}

/** An element of a list may be missing. */
export function itemOfIndex(object: ExpressionType): ExpressionType {
  const { shape } = object;
  if (!shape || listAlternatives(shape).some(({ kind }) => kind !== "array")) return unknownType;
  const { shape: item } = itemOf(object);
  return item ? typeOfShape({ kind: "union", members: [item, { kind: "null" }] }) : unknownType;
}

export function either(left: ExpressionType, right: ExpressionType): ExpressionType {
  return left.kinds && right.kinds ? { kinds: new Set([...left.kinds, ...right.kinds]), shape: null } : unknownType;
}

export const shareAnyKind = (left: ExpressionType, right: ExpressionType): boolean =>
  [...(left.kinds ?? [])].some((kind) => right.kinds?.has(kind));

/** Missing values are left aside: comparing one is never an error. */
export function shareKind(left: ExpressionType, right: ExpressionType): boolean {
  const [some, others] = [present(left), present(right)];
  return some.length === 0 || others.length === 0 || some.some((kind) => others.includes(kind));
}

const present = ({ kinds }: ExpressionType): ValueKind[] => [...(kinds ?? [])].filter((kind) => kind !== "null");

/** What has no value for any of the kinds; sums with text, moments and lengths of time are calculated. */
export function canCalculate(op: string, left: ExpressionType, right: ExpressionType): boolean {
  if (!left.kinds || !right.kinds) return true;
  const [some, others] = [present(left), present(right)];
  if (some.length === 0 || others.length === 0) return true;
  return some.some((one) => others.some((other) => takes(op, one, other)));
}

function takes(op: string, left: ValueKind, right: ValueKind): boolean {
  if (left === "number" && right === "number") return true;
  const isTime = (kind: ValueKind): boolean => kind === "timestamp" || kind === "duration";
  if (op === "-") return isTime(left) && isTime(right);
  if (op !== "+") return false;
  if (left === "string" || right === "string") return true;
  return (isTime(left) && isTime(right)) || (left === right && (left === "list" || left === "bytes"));
}

/** The values that it can have, beside null, when all of them are constants. */
export function listConstants({ shape }: ExpressionType): (string | number | boolean)[] | null {
  if (!shape) return null;
  const alternatives = listAlternatives(shape).filter(({ kind }) => kind !== "null" && kind !== "undefined");
  const values = alternatives.flatMap((each) => (each.kind === "literal" ? [each.value] : []));
  return values.length > 0 && values.length === alternatives.length ? values : null;
}
