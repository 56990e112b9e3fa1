/** The policies that say when and how often a function may run: one reader each. */
import { durations } from "../duration.js";
import { interpretSource } from "../expression/compile-expression.js";
import { ExpressionLibrary } from "../expression/expression-library.js";
import type { Expression, FunctionConfig } from "../manifest.js";
import { unknownValue, type ConfigPath } from "./config-problem.js";
import { longestWait, quoteValue, type ConfigReader } from "./config-reader.js";

const overEvent = { async: false };
const oneOrMore = { least: 1, most: Number.MAX_SAFE_INTEGER };
const week = { least: durations.second, most: durations.week };
const mostPolicies = 2;

/** More than this does not fit into the size limit of a batch. */
const batchSize = { least: 1, most: 10_000 };

const startOffset = { least: -600, most: 600 };

type Concurrency = FunctionConfig["concurrency"][number];

/** `5`, `{ limit, key, scope, unit }` or a list of up to two. A limit of 0 is none. */
export function readConcurrency(reader: ConfigReader, value: unknown, path: ConfigPath): Concurrency[] {
  if (value === undefined || value === unknownValue) return [];
  if (!Array.isArray(value)) return readOneConcurrency(reader, value, path);
  if (value.length > mostPolicies) {
    const message = `${value.length} concurrency limits are given; a function has at most ${mostPolicies}`;
    reader.invalid(path, message, "keep the two that matter, or put the others on a single step");
  }
  return value.slice(0, mostPolicies).flatMap((each, index) => readOneConcurrency(reader, each, [...path, index]));
}

function readOneConcurrency(reader: ConfigReader, value: unknown, path: ConfigPath): Concurrency[] {
  const noLimit = { least: 0, most: Number.MAX_SAFE_INTEGER };
  if (typeof value === "number") {
    const limit = reader.readWhole(value, path, noLimit);
    return limit ? [{ limit, scope: "fn", unit: "step" }] : [];
  }
  const fields = reader.readFields(value, path, "write a number, or `{ limit, key, scope }`");
  if (!fields) return [];
  const limit = reader.readWhole(
    reader.field(fields, "limit"),
    [...path, "limit"],
    noLimit,
    "the concurrency limit is missing",
  );
  const rawKey = reader.field(fields, "key");
  const key = reader.readExpression(rawKey, [...path, "key"], overEvent);
  const rawScope = reader.field(fields, "scope");
  const scope = reader.readChoice(rawScope, [...path, "scope"], ["fn", "env", "account"]) ?? "fn";
  const unit = reader.readChoice(reader.field(fields, "unit"), [...path, "unit"], ["step", "run"]) ?? "step";
  if (scope !== "fn" && rawKey === undefined) {
    const message = `concurrency of scope \`${scope}\` has no \`key\``;
    reader.invalid([...path, "scope"], message, "add a `key`: functions that give the same value share the limit");
  }
  // Without the true scope the limit would count other runs than it should.
  if (!limit || rawScope === unknownValue || rawKey === unknownValue) return [];
  return [{ limit, ...(key && { key }), scope, unit }];
}

export function readThrottle(reader: ConfigReader, value: unknown, path: ConfigPath): FunctionConfig["throttle"] {
  const fields = reader.readFields(value, path, "write `{ limit, period, burst, key }`");
  if (!fields) return undefined;
  const limited = readLimit(reader, fields, path, "throttle", week);
  const burst = reader.readWhole(reader.field(fields, "burst"), [...path, "burst"], { ...oneOrMore, least: 0 }) ?? 0;
  return limited && reader.field(fields, "burst") !== unknownValue ? { ...limited, burst } : undefined;
}

export function readRateLimit(reader: ConfigReader, value: unknown, path: ConfigPath): FunctionConfig["rateLimit"] {
  const fields = reader.readFields(value, path, "write `{ limit, period, key }`");
  return fields && readLimit(reader, fields, path, "rateLimit", { least: 1, most: durations.day });
}

function readLimit(
  reader: ConfigReader,
  fields: Readonly<Record<string, unknown>>,
  path: ConfigPath,
  name: string,
  periods: { least: number; most: number },
): { limit: number; periodMs: number; key?: Expression } | undefined {
  const limit = reader.readWhole(
    reader.field(fields, "limit"),
    [...path, "limit"],
    oneOrMore,
    `\`${name}\` has no \`limit\``,
  );
  const periodMs = reader.readDuration(
    reader.field(fields, "period"),
    [...path, "period"],
    periods,
    `\`${name}\` has no \`period\``,
  );
  const rawKey = reader.field(fields, "key");
  const key = reader.readExpression(rawKey, [...path, "key"], overEvent);
  if (limit === undefined || periodMs === undefined || rawKey === unknownValue) return undefined;
  return { limit, periodMs, ...(key && { key }) };
}

export function readDebounce(reader: ConfigReader, value: unknown, path: ConfigPath): FunctionConfig["debounce"] {
  const fields = reader.readFields(value, path, "write `{ period, key, timeout }`");
  if (!fields) return undefined;
  const periodMs = reader.readDuration(
    reader.field(fields, "period"),
    [...path, "period"],
    week,
    "`debounce` has no `period`",
  );
  const rawTimeout = reader.field(fields, "timeout");
  const timeoutMs = reader.readDuration(rawTimeout, [...path, "timeout"], week);
  const rawKey = reader.field(fields, "key");
  const key = reader.readExpression(rawKey, [...path, "key"], overEvent);
  const rawCollect = reader.field(fields, "collect");
  const collect = reader.readBoolean(rawCollect, [...path, "collect"]) ?? false;
  const isKnown = [rawTimeout, rawKey, rawCollect].every((each) => each !== unknownValue);
  if (periodMs === undefined || !isKnown) return undefined;
  return { periodMs, ...(timeoutMs !== undefined && { timeoutMs }), ...(key && { key }), collect };
}

export function readBatchEvents(reader: ConfigReader, value: unknown, path: ConfigPath): FunctionConfig["batchEvents"] {
  const fields = reader.readFields(value, path, "write `{ maxSize, timeout, key, if }`");
  if (!fields) return undefined;
  const maxSize = reader.readWhole(
    reader.field(fields, "maxSize"),
    [...path, "maxSize"],
    batchSize,
    "`batchEvents` has no `maxSize`",
  );
  const timeoutMs = reader.readDuration(
    reader.field(fields, "timeout"),
    [...path, "timeout"],
    { least: durations.second, most: longestWait },
    "`batchEvents` has no `timeout`",
  );
  const [rawKey, rawIf] = [reader.field(fields, "key"), reader.field(fields, "if")];
  const key = reader.readExpression(rawKey, [...path, "key"], overEvent);
  const condition = reader.readExpression(rawIf, [...path, "if"], overEvent);
  if (maxSize === undefined || timeoutMs === undefined) return undefined;
  if (rawKey === unknownValue || rawIf === unknownValue) return undefined;
  return { maxSize, timeoutMs, ...(key && { key }), ...(condition && { if: condition }) };
}

export function readSingleton(reader: ConfigReader, value: unknown, path: ConfigPath): FunctionConfig["singleton"] {
  const fields = reader.readFields(
    value,
    path,
    'write `{ mode: "skip" }` or `{ mode: "cancel" }`, with a `key` if needed',
  );
  if (!fields) return undefined;
  const mode = reader.readChoice(
    reader.field(fields, "mode"),
    [...path, "mode"],
    ["skip", "cancel"],
    "`singleton` has no `mode`",
  );
  const rawKey = reader.field(fields, "key");
  const key = reader.readExpression(rawKey, [...path, "key"], overEvent);
  return mode === undefined || rawKey === unknownValue ? undefined : { ...(key && { key }), mode };
}

export function readPriority(reader: ConfigReader, value: unknown, path: ConfigPath): FunctionConfig["priority"] {
  const fields = reader.readFields(value, path, 'write `{ run: "<expression of seconds>" }`');
  const run = fields && reader.readExpression(reader.field(fields, "run"), [...path, "run"], overEvent);
  if (!run) return undefined;
  const seconds = constantOf(run);
  if (seconds !== undefined && (seconds < startOffset.least || seconds > startOffset.most)) {
    const message = `a priority of ${quoteValue(seconds)} seconds is cut to the range from ${startOffset.least} to ${startOffset.most}`;
    const help = "write seconds within the range; a larger number starts earlier";
    reader.report({ code: "invalid-config-value", path: [...path, "run"], message, help }, "warning");
  }
  return { run };
}

/** The number that an expression gives when it reads no event. */
function constantOf(expression: Expression): number | undefined {
  if (!expression.js || /\bevent\b|\bnow/.test(expression.js)) return undefined;
  const compiled = interpretSource(expression.source, overEvent);
  if (!compiled.ok) return undefined;
  try {
    const value = compiled.value(null, null, new ExpressionLibrary(0));
    return typeof value === "number" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `"<key>"`, or `{ key, period }`. */
export function readIdempotency(reader: ConfigReader, value: unknown, path: ConfigPath): FunctionConfig["idempotency"] {
  if (value === undefined || value === unknownValue) return undefined;
  if (typeof value === "string") {
    const key = reader.readExpression(value, path, overEvent);
    return key && { key, periodMs: durations.day };
  }
  const fields = reader.readFields(value, path, "write the key as an expression, or `{ key, period }`");
  if (!fields) return undefined;
  const rawPeriod = reader.field(fields, "period");
  const range = { least: durations.second, most: longestWait };
  const periodMs = reader.readDuration(rawPeriod, [...path, "period"], range) ?? durations.day;
  const rawKey = reader.field(fields, "key");
  const key = reader.readExpression(rawKey, [...path, "key"], overEvent);
  if (rawKey === undefined) {
    reader.invalid(
      [...path, "key"],
      "`idempotency` has no `key`",
      'write an expression, such as `"event.data.orderId"`',
    );
  }
  return key && rawPeriod !== unknownValue ? { key, periodMs } : undefined;
}
