/** The functions and methods of expressions: CEL's standard library and what the platform adds to it. */
import { parseDuration } from "../duration.js";
import { ExpressionError } from "./expression-error.js";
import { areEqual, ExpressionDuration, ExpressionType, textOf, typeNameOf } from "./expression-values.js";
import { timestampMethods } from "./timestamp-methods.js";

/** `least` and `most` count the arguments without the receiver; `apply` gets the receiver first, and the present time last. */
export interface ExpressionFunction {
  readonly least: number;
  readonly most: number;
  readonly apply: (args: readonly unknown[], now: number) => unknown;
}

const wrongArgument = (name: string, value: unknown): ExpressionError =>
  new ExpressionError(`\`${name}\` does not take a ${typeNameOf(value)}`);

/** Of one argument; a missing field stays missing. */
const unary = (apply: (value: unknown, now: number) => unknown): ExpressionFunction => ({
  least: 1,
  most: 1,
  apply: ([value], now) => (value === null || value === undefined ? null : apply(value, now)),
});

const textFunction = (name: string, apply: (text: string) => unknown): ExpressionFunction =>
  unary((value) => {
    if (typeof value !== "string") throw wrongArgument(name, value);
    return apply(value);
  });

/** Negative lengths have a leading minus, which the grammar of durations does not know. */
function readDuration(value: unknown): ExpressionDuration {
  if (value instanceof ExpressionDuration) return value;
  const negative = typeof value === "string" && value.startsWith("-");
  const parsed = parseDuration(negative ? value.slice(1) : value);
  if (!parsed.ok) throw new ExpressionError(parsed.message);
  return new ExpressionDuration(negative ? -parsed.value : parsed.value);
}

/** Beyond this a whole number is milliseconds since 1970, not seconds: it would be the year 5138. */
const firstMillisecondNumber = 1e11;

function readMoment(value: unknown): Date {
  if (value instanceof Date) return value;
  if (typeof value === "number") {
    return checkMoment(new Date(Math.abs(value) < firstMillisecondNumber ? value * 1000 : value), value);
  }
  if (typeof value === "string") return checkMoment(new Date(value), value);
  throw wrongArgument("date", value);
}

function checkMoment(moment: Date, source: unknown): Date {
  if (Number.isNaN(moment.getTime())) throw new ExpressionError(`\`${textOf(source)}\` is not a date`);
  return moment;
}

function readNumber(name: string, value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return Number(value);
  if (value instanceof Date) return Math.floor(value.getTime() / 1000);
  if (value instanceof ExpressionDuration) return value.length / 1000;
  if (typeof value !== "string") throw wrongArgument(name, value);
  const number = value.trim() === "" ? Number.NaN : Number(value);
  if (!Number.isFinite(number)) throw new ExpressionError(`\`${value}\` is not a number`);
  return number;
}

function readBoolean(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  if (value === "true" || value === "1" || value === "t" || value === "True" || value === "TRUE") return true;
  if (value === "false" || value === "0" || value === "f" || value === "False" || value === "FALSE") return false;
  throw new ExpressionError(`\`${textOf(value)}\` is not a boolean`);
}

function sizeOf(value: unknown): number {
  if (value === null || value === undefined) return 0;
  // CEL counts code points, JavaScript's `length` counts UTF-16 units.
  if (typeof value === "string") return [...value].length;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length;
  if (typeNameOf(value) === "map") return Object.keys(value).length;
  throw wrongArgument("size", value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ExpressionError("`json_parse` got text that is not JSON");
  }
}

/** RE2 writes flags in front of the pattern, JavaScript beside it. @throws SyntaxError for what is no pattern */
export function compilePattern(pattern: string): RegExp {
  const [, flags = "", body = ""] = /^(?:\(\?([ims]+)\))?(.*)$/s.exec(pattern) ?? [];
  try {
    return new RegExp(body, `${flags}u`);
  } catch {
    // Escapes such as `\-` are right in RE2, and in JavaScript only without `u`.
    return new RegExp(body, flags);
  }
}

function matches(text: unknown, pattern: unknown): unknown {
  if (text === null || text === undefined) return null;
  if (typeof text !== "string") throw wrongArgument("matches", text);
  if (typeof pattern !== "string") throw wrongArgument("matches", pattern);
  try {
    return compilePattern(pattern).test(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new ExpressionError(`\`${pattern}\` is not a regular expression`);
    throw error;
  }
}

const size: ExpressionFunction = { least: 1, most: 1, apply: ([value]) => sizeOf(value) };

/** Functions called by name: `size(x)`. */
export const globalFunctions: ReadonlyMap<string, ExpressionFunction> = new Map<string, ExpressionFunction>([
  ["size", size],
  ["int", unary((value) => Math.trunc(readNumber("int", value)))],
  ["uint", unary((value) => Math.abs(Math.trunc(readNumber("uint", value))))],
  ["double", unary((value) => readNumber("double", value))],
  ["string", unary(textOf)],
  ["bool", unary(readBoolean)],
  ["bytes", unary((value) => (value instanceof Uint8Array ? value : new TextEncoder().encode(textOf(value))))],
  ["dyn", unary((value) => value)],
  ["type", { least: 1, most: 1, apply: ([value]) => new ExpressionType(typeNameOf(value)) }],
  ["duration", unary(readDuration)],
  // CEL's own conversion counts numbers in seconds; `date` tells seconds from milliseconds.
  [
    "timestamp",
    unary((value) => (typeof value === "number" ? checkMoment(new Date(value * 1000), value) : readMoment(value))),
  ],
  ["matches", { least: 2, most: 2, apply: ([text, pattern]) => matches(text, pattern) }],
  ["lowercase", textFunction("lowercase", (text) => text.toLowerCase())],
  ["uppercase", textFunction("uppercase", (text) => text.toUpperCase())],
  ["b64decode", textFunction("b64decode", (text) => Buffer.from(text, "base64").toString("utf8"))],
  ["json_parse", textFunction("json_parse", parseJson)],
  ["date", unary(readMoment)],
  ["now", { least: 0, most: 0, apply: (_args, now) => new Date(now) }],
  ["now_plus", unary((value, now) => checkMoment(new Date(now + readDuration(value).length), value))],
  ["now_minus", unary((value, now) => checkMoment(new Date(now - readDuration(value).length), value))],
]);

const textPredicate = (name: string, test: (text: string, part: string) => boolean): ExpressionFunction => ({
  least: 1,
  most: 1,
  apply: ([text, part]) => {
    if (text === null || text === undefined || part === null || part === undefined) return null;
    if (typeof part !== "string") throw wrongArgument(name, part);
    if (typeof text !== "string") throw wrongArgument(name, text);
    return test(text, part);
  },
});

/** Functions called on a value: `x.startsWith("a")`. */
export const methods: ReadonlyMap<string, ExpressionFunction> = new Map<string, ExpressionFunction>([
  ["size", { least: 0, most: 0, apply: ([value]) => sizeOf(value) }],
  ["matches", { least: 1, most: 1, apply: ([text, pattern]) => matches(text, pattern) }],
  ["startsWith", textPredicate("startsWith", (text, part) => text.startsWith(part))],
  ["endsWith", textPredicate("endsWith", (text, part) => text.endsWith(part))],
  [
    "contains",
    {
      least: 1,
      most: 1,
      // The standard has it for text alone; on a list it means what its name says.
      apply: ([value, part]) => {
        if (Array.isArray(value)) return value.some((item) => areEqual(item, part));
        return textPredicate("contains", (text, piece) => text.includes(piece)).apply([value, part], 0);
      },
    },
  ],
  ...timestampMethods,
]);
