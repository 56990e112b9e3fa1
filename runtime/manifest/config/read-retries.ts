import { durations } from "../duration.js";
import type { Backoff, Retries } from "../manifest.js";
import { unknownValue, type ConfigPath } from "./config-problem.js";
import { longestWait, type ConfigReader } from "./config-reader.js";

const attemptsRange = { least: 0, most: 20 };
const waitRange = { least: 0, most: longestWait };

const tableBackoff: Backoff = {
  kind: "table",
  baseMs: 15 * durations.second,
  maxMs: 2 * durations.hour,
  jitterMs: 30 * durations.second,
};

/** Four retries, five attempts in all. */
export const defaultRetries: Retries = { limit: 4, backoff: tableBackoff };

/** `retries: 3` or `retries: { attempts, backoff, base, max, jitter }`; `attempts` counts what follows the first one. */
export function readRetries(reader: ConfigReader, value: unknown, path: ConfigPath): Retries {
  if (value === undefined || value === unknownValue) return defaultRetries;
  if (typeof value !== "object" || value === null) {
    return { ...defaultRetries, limit: reader.readWhole(value, path, attemptsRange) ?? defaultRetries.limit };
  }
  const fields = reader.readFields(value, path, "write a number, or `{ attempts, backoff, base, max, jitter }`");
  if (!fields) return defaultRetries;
  const attempts = reader.readWhole(reader.field(fields, "attempts"), [...path, "attempts"], attemptsRange);
  return { limit: attempts ?? defaultRetries.limit, backoff: readBackoff(reader, fields, path) };
}

function readBackoff(reader: ConfigReader, fields: Readonly<Record<string, unknown>>, path: ConfigPath): Backoff {
  const duration = (name: string) => reader.readDuration(reader.field(fields, name), [...path, name], waitRange);
  const [baseMs, maxMs, jitterMs] = [duration("base"), duration("max"), duration("jitter")];
  const backoff = reader.field(fields, "backoff");
  if (Array.isArray(backoff)) return readDelays(reader, backoff, [...path, "backoff"], jitterMs);
  const kind = reader.readChoice(backoff, [...path, "backoff"], ["exponential", "linear", "constant"]);
  if (kind === undefined && baseMs === undefined && maxMs === undefined) {
    return jitterMs === undefined ? tableBackoff : { ...tableBackoff, jitterMs };
  }
  return {
    kind: kind ?? "exponential",
    baseMs: baseMs ?? tableBackoff.baseMs,
    maxMs: maxMs ?? Math.max(tableBackoff.maxMs, baseMs ?? 0),
    jitterMs: jitterMs ?? 0,
  };
}

function readDelays(reader: ConfigReader, delays: readonly unknown[], path: ConfigPath, jitterMs?: number): Backoff {
  if (delays.length === 0) reader.invalid(path, "the list of delays is empty", "write one delay for each retry");
  const delaysMs = delays
    .map((delay, index) => reader.readDuration(delay ?? undefined, [...path, index], waitRange, "a delay is missing"))
    .filter((delay) => delay !== undefined);
  const longest = Math.max(0, ...delaysMs);
  if (delaysMs.length === 0) return tableBackoff;
  return { kind: "list", baseMs: delaysMs[0] ?? 0, maxMs: longest, jitterMs: jitterMs ?? 0, delaysMs };
}
