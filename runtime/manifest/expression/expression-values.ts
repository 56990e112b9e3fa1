/**
 * The values of expressions: those of JSON, and beside them bytes (`Uint8Array`), timestamps (`Date`), durations and
 * types. Comparison, equality and truth are defined here once, for lowered and for interpreted expressions.
 */
import { ExpressionError } from "./expression-error.js";

/** A length of time in ms; negative where a later moment was subtracted. The field is private: `d.ms` is no property. */
export class ExpressionDuration {
  readonly #length: number;

  constructor(length: number) {
    this.#length = length;
  }

  get length(): number {
    return this.#length;
  }

  /** As CEL prints it: seconds with an `s`. */
  toString(): string {
    return `${this.#length / 1000}s`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** What `type(x)` gives, and what the names `int`, `string`, … stand for. */
export class ExpressionType {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  get typeName(): string {
    return this.#name;
  }

  toString(): string {
    return this.#name;
  }

  toJSON(): string {
    return this.#name;
  }
}

/** Names that stand for types when they are used as variables. */
export const typeNames: ReadonlySet<string> = new Set([
  "bool",
  "bytes",
  "double",
  "int",
  "list",
  "map",
  "null_type",
  "string",
  "type",
  "uint",
]);

/** The CEL name of a value's type. A JSON number is an `int` when it is whole. */
export function typeNameOf(value: unknown): string {
  if (value === null || value === undefined) return "null_type";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "number":
      return Number.isInteger(value) ? "int" : "double";
    case "string":
      return "string";
  }
  if (Array.isArray(value)) return "list";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof Date) return "timestamp";
  if (value instanceof ExpressionDuration) return "duration";
  if (value instanceof ExpressionType) return "type";
  return "map";
}

/** True for an object of JSON; not for lists, moments and the other kinds that are objects only to JavaScript. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && typeNameOf(value) === "map";
}

/** False for null, false, 0, NaN and the empty string; true for everything else. */
export function isTruthy(value: unknown): boolean {
  return Boolean(value);
}

/** Deep equality; values of different kinds are never equal, and never an error. */
export function areEqual(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (left === null || left === undefined) return right === null || right === undefined;
  if (typeof left !== "object" || typeof right !== "object" || right === null) return false;
  const kind = typeNameOf(left);
  if (kind !== typeNameOf(right)) return false;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => areEqual(item, right[index]));
  }
  if (isMap(left) && isMap(right)) return areEqualMaps(left, right);
  if (left instanceof Uint8Array && right instanceof Uint8Array) {
    return left.length === right.length && left.every((byte, index) => byte === right[index]);
  }
  return orderOf(left) === orderOf(right);
}

function areEqualMaps(left: Record<string, unknown>, right: Record<string, unknown>): boolean {
  const keys = Object.keys(left).filter((key) => left[key] !== undefined);
  const others = Object.keys(right).filter((key) => right[key] !== undefined);
  return (
    keys.length === others.length && keys.every((key) => Object.hasOwn(right, key) && areEqual(left[key], right[key]))
  );
}

const orderOf = (value: unknown): unknown => {
  if (value instanceof Date) return value.getTime();
  if (value instanceof ExpressionDuration) return value.length;
  if (value instanceof ExpressionType) return value.typeName;
  return value;
};

/**
 * Negative, zero or positive. Null (a missing field) comes before everything else. A timestamp can be compared with
 * milliseconds and with ISO text, which is how events hold moments.
 *
 * @throws ExpressionError for kinds that have no common order
 */
export function compareValues(left: unknown, right: unknown): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (typeof left === "string" && typeof right === "string") return left < right ? -1 : left > right ? 1 : 0;
  const noLeft = left === null || left === undefined;
  const noRight = right === null || right === undefined;
  if (noLeft || noRight) return noLeft ? (noRight ? 0 : -1) : 1;
  if (left instanceof Date || right instanceof Date) {
    const difference = momentOf(left) - momentOf(right);
    if (!Number.isNaN(difference)) return difference;
  }
  if (left instanceof ExpressionDuration && right instanceof ExpressionDuration) return left.length - right.length;
  if (typeof left === "boolean" && typeof right === "boolean") return Number(left) - Number(right);
  if (left instanceof Uint8Array && right instanceof Uint8Array) return compareBytes(left, right);
  throw new ExpressionError(`a ${typeNameOf(left)} and a ${typeNameOf(right)} cannot be ordered`);
}

function momentOf(value: unknown): number {
  if (value instanceof Date) return value.getTime();
  if (typeof value === "number") return value;
  return typeof value === "string" ? Date.parse(value) : Number.NaN;
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** The text of a value as `string(x)` and concatenation write it. */
export function textOf(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (typeof value === "object" && value !== null && (Array.isArray(value) || isMap(value)))
    return JSON.stringify(value);
  return String(value);
}
