/** The `$` of lowered expressions. Interpreted ones call the same methods, so that both mean the same. */
import { ExpressionError } from "./expression-error.js";
import { globalFunctions, methods } from "./expression-functions.js";
import {
  areEqual,
  compareValues,
  ExpressionDuration,
  ExpressionType,
  isMap,
  isTruthy,
  textOf,
  typeNameOf,
} from "./expression-values.js";

type Each = (item: unknown) => unknown;

/**
 * Reads only own properties and never `__proto__`; a missing field is null, and so is every field of null. Has no
 * state but the time, so one can serve any number of evaluations at one moment.
 */
export class ExpressionLibrary {
  /** @param now what `now()` gives, in ms since 1970 */
  constructor(readonly now: number) {}

  /** `value.key` */
  get(value: unknown, key: string): unknown {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
    if (key === "__proto__" || !Object.hasOwn(value, key)) return null;
    // own and not an array: a plain property
    return (value as Record<string, unknown>)[key] ?? null;
  }

  /** `value[key]` */
  index(value: unknown, key: unknown): unknown {
    if (Array.isArray(value)) return typeof key === "number" && Number.isInteger(key) ? (value[key] ?? null) : null;
    return key === null || typeof key === "object" ? null : this.get(value, String(key));
  }

  /** `has(value.key)` */
  has(value: unknown, key: string): boolean {
    return key !== "__proto__" && isMap(value) && Object.hasOwn(value, key) && value[key] !== undefined;
  }

  truthy(value: unknown): boolean {
    return isTruthy(value);
  }

  /** Gives an operand, as in JavaScript. An error on one side does not matter when the other side decides. */
  and(left: () => unknown, right: () => unknown): unknown {
    let value: unknown;
    try {
      value = left();
    } catch (error) {
      const other = right();
      if (!isTruthy(other)) return other;
      throw error;
    }
    return isTruthy(value) ? right() : value;
  }

  /** The counterpart of `and`. */
  or(left: () => unknown, right: () => unknown): unknown {
    let value: unknown;
    try {
      value = left();
    } catch (error) {
      const other = right();
      if (isTruthy(other)) return other;
      throw error;
    }
    return isTruthy(value) ? value : right();
  }

  equal(left: unknown, right: unknown): boolean {
    return areEqual(left, right);
  }

  less(left: unknown, right: unknown): boolean {
    return compareValues(left, right) < 0;
  }

  lessOrEqual(left: unknown, right: unknown): boolean {
    return compareValues(left, right) <= 0;
  }

  /** `item in container`: an item of a list, a key of a map. */
  in(item: unknown, container: unknown): boolean {
    if (container === null || container === undefined) return false;
    if (Array.isArray(container)) return container.some((each) => areEqual(each, item));
    if (isMap(container)) return item !== null && typeof item !== "object" && this.has(container, String(item));
    throw new ExpressionError(`\`in\` looks into lists and maps, not into a ${typeNameOf(container)}`);
  }

  /** Adds, concatenates, moves a timestamp. A missing operand leaves the other as it is. */
  add(left: unknown, right: unknown): unknown {
    if (typeof left === "number" && typeof right === "number") return finite(left + right);
    if (left === null || left === undefined) return right ?? null;
    if (right === null || right === undefined) return left;
    if (typeof left === "string" || typeof right === "string") return textOf(left) + textOf(right);
    if (Array.isArray(left) && Array.isArray(right)) return [...left, ...right];
    if (left instanceof Uint8Array && right instanceof Uint8Array) return Uint8Array.from([...left, ...right]);
    if (left instanceof Date && right instanceof ExpressionDuration) return moved(left, right.length);
    if (left instanceof ExpressionDuration && right instanceof Date) return moved(right, left.length);
    if (left instanceof ExpressionDuration && right instanceof ExpressionDuration) {
      return new ExpressionDuration(left.length + right.length);
    }
    throw noOperator("+", left, right);
  }

  subtract(left: unknown, right: unknown): unknown {
    if (typeof left === "number" && typeof right === "number") return finite(left - right);
    if (left instanceof Date && right instanceof Date) return new ExpressionDuration(left.getTime() - right.getTime());
    if (left instanceof Date && right instanceof ExpressionDuration) return moved(left, -right.length);
    if (left instanceof ExpressionDuration && right instanceof ExpressionDuration) {
      return new ExpressionDuration(left.length - right.length);
    }
    throw noOperator("-", left, right);
  }

  multiply(left: unknown, right: unknown): number {
    if (typeof left === "number" && typeof right === "number") return finite(left * right);
    throw noOperator("*", left, right);
  }

  /** @param whole both sides are integers by their form, so the fraction is cut off as CEL does */
  divide(left: unknown, right: unknown, whole: boolean): number {
    if (typeof left !== "number" || typeof right !== "number") throw noOperator("/", left, right);
    if (right === 0) throw new ExpressionError("division by zero");
    return finite(whole ? Math.trunc(left / right) : left / right);
  }

  modulo(left: unknown, right: unknown): number {
    if (typeof left !== "number" || typeof right !== "number") throw noOperator("%", left, right);
    if (right === 0) throw new ExpressionError("division by zero");
    return finite(left % right);
  }

  negate(value: unknown): unknown {
    if (typeof value === "number") return -value;
    if (value instanceof ExpressionDuration) return new ExpressionDuration(-value.length);
    throw new ExpressionError(`a ${typeNameOf(value)} has no negative`);
  }

  /** A map literal. Its keys become text, as in JSON. */
  map(entries: readonly (readonly [unknown, unknown])[]): Record<string, unknown> {
    const map: Record<string, unknown> = Object.create(null);
    for (const [key, value] of entries) {
      if (key === null || typeof key === "object") throw new ExpressionError(`a ${typeNameOf(key)} cannot be a key`);
      map[String(key)] = value;
    }
    return map;
  }

  bytes(values: readonly number[]): Uint8Array {
    return Uint8Array.from(values);
  }

  type(name: string): ExpressionType {
    return new ExpressionType(name);
  }

  /** A function of the library. The parser has checked the name and the number of arguments. */
  call(name: string, ...args: unknown[]): unknown {
    const found = globalFunctions.get(name);
    if (!found) throw new ExpressionError(`\`${name}\` is not a function`);
    return found.apply(args, this.now);
  }

  /** A method; the receiver is the first argument. */
  method(name: string, ...args: unknown[]): unknown {
    const found = methods.get(name);
    if (!found) throw new ExpressionError(`\`${name}\` is not a method`);
    return found.apply(args, this.now);
  }

  all(range: unknown, test: Each): boolean {
    return !this.exists(range, (item) => !isTruthy(test(item)));
  }

  /** As with `or`, an error matters only when no other item decides. */
  exists(range: unknown, test: Each): boolean {
    let failure: unknown;
    for (const item of itemsOf(range)) {
      try {
        if (isTruthy(test(item))) return true;
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
    return false;
  }

  existsOne(range: unknown, test: Each): boolean {
    return itemsOf(range).filter((item) => isTruthy(test(item))).length === 1;
  }

  filter(range: unknown, test: Each): unknown[] {
    return itemsOf(range).filter((item) => isTruthy(test(item)));
  }

  /** `range.map(x, change)` */
  mapItems(range: unknown, change: Each): unknown[] {
    return itemsOf(range).map((item) => change(item));
  }
}

/** What macros walk over: a list's items, a map's keys, nothing for a missing field. */
function itemsOf(range: unknown): readonly unknown[] {
  if (range === null || range === undefined) return [];
  if (Array.isArray(range)) return range;
  if (isMap(range)) return Object.keys(range);
  throw new ExpressionError(`a ${typeNameOf(range)} has no items`);
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new ExpressionError("the result is not a finite number");
  return value;
}

function moved(moment: Date, by: number): Date {
  const result = new Date(moment.getTime() + by);
  if (Number.isNaN(result.getTime())) throw new ExpressionError("the result is not a date");
  return result;
}

const noOperator = (operator: string, left: unknown, right: unknown): ExpressionError =>
  new ExpressionError(`\`${operator}\` does not take a ${typeNameOf(left)} and a ${typeNameOf(right)}`);
