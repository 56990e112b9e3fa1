/** Durations as applications write them: milliseconds, `"3 days"`, `"1h 30m"`, `Temporal.Duration`. */
import ms from "ms";

/** What a text or value meant, or why it means nothing; `help` says what to write instead. */
export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string; readonly help: string };

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const week = 7 * day;

/** The lengths that ranges are written in. */
export const durations = { second, minute, hour, day, week } as const;

const help = 'write milliseconds, or text such as `"30s"`, `"1h 30m"` or `"3 days"`';

/** Longer text is no duration, and `ms` refuses it with an exception. */
const longestText = 100;

// Each piece goes to `ms`; this only says where one ends and the next begins.
const wholeText = /^\s*(?:\d+(?:\.\d+)?|\.\d+)\s*[a-z]*(?:[\s,]*(?:\d+(?:\.\d+)?|\.\d+)\s*[a-z]+)*\s*$/i;
const onePiece = /(\d+(?:\.\d+)?|\.\d+)\s*([a-z]*)/gi;

const textOf = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "number" || typeof value === "boolean" || value == null) return String(value);
  return Array.isArray(value) ? "a list" : `a value of type ${typeof value}`;
};

const problem = (value: unknown, why: string): Parsed<number> => ({
  ok: false,
  message: `\`${textOf(value)}\` ${why}`,
  help,
});

/**
 * The length of a duration in whole milliseconds. Fractions are rounded; negative, infinite and unknown lengths are
 * problems. Never throws.
 *
 * @example parseDuration("1h 30m") // { ok: true, value: 5_400_000 }
 */
export function parseDuration(value: unknown): Parsed<number> {
  if (typeof value === "number") return finish(value, value);
  if (typeof value === "string") return parseText(value);
  if (isTemporalDuration(value)) return parseTemporal(value);
  return problem(value, "is not a duration");
}

function parseText(text: string): Parsed<number> {
  if (text.length > longestText || !wholeText.test(text)) {
    return problem(text, /^\s*-/.test(text) ? "is negative" : "is not a duration");
  }
  let total = 0;
  let pieces = 0;
  for (const [, amount = "", unit = ""] of text.matchAll(onePiece)) {
    // The type wants one of the literal units; what is not one comes back as undefined.
    const length: unknown = ms(`${amount}${unit}` as ms.StringValue);
    if (typeof length !== "number" || Number.isNaN(length)) {
      return problem(text, `has \`${unit}\`, which is not a unit of time`);
    }
    total += length;
    pieces += 1;
  }
  return pieces === 0 ? problem(text, "is not a duration") : finish(text, total);
}

function finish(value: unknown, length: number): Parsed<number> {
  if (!Number.isFinite(length)) return problem(value, "is not a duration");
  if (length < 0) return problem(value, "is negative");
  const whole = Math.round(length);
  return Number.isSafeInteger(whole) ? { ok: true, value: whole } : problem(value, "is too long");
}

// Implementations of Temporal share no class; the tag is what the proposal promises.
function isTemporalDuration(value: unknown): value is object {
  try {
    return (
      typeof value === "object" && value !== null && Reflect.get(value, Symbol.toStringTag) === "Temporal.Duration"
    );
  } catch {
    return false;
  }
}

const temporalUnits = [
  ["weeks", week],
  ["days", day],
  ["hours", hour],
  ["minutes", minute],
  ["seconds", second],
  ["milliseconds", 1],
  ["microseconds", 1e-3],
  ["nanoseconds", 1e-6],
] as const;

function parseTemporal(duration: object): Parsed<number> {
  try {
    // A month has no fixed length, and build time is not the time at which the run waits.
    if (Reflect.get(duration, "years") || Reflect.get(duration, "months")) {
      return problem(String(duration), "has years or months, whose length depends on the date");
    }
    let total = 0;
    for (const [unit, length] of temporalUnits) total += Number(Reflect.get(duration, unit) ?? 0) * length;
    return finish(String(duration), total);
  } catch {
    return problem(duration, "is not a duration");
  }
}

const printedUnits = [
  [day, "d"],
  [hour, "h"],
  [minute, "m"],
  [second, "s"],
  [1, "ms"],
] as const;

/**
 * A duration for messages: at most the two largest units that it has.
 *
 * @example formatDuration(5_400_000) // "1 h 30 m"
 */
export function formatDuration(length: number): string {
  if (!Number.isFinite(length)) return String(length);
  if (length < 0) return `-${formatDuration(-length)}`;
  let rest = Math.round(length);
  const pieces: string[] = [];
  for (const [size, unit] of printedUnits) {
    const count = Math.floor(rest / size);
    if (count === 0) continue;
    pieces.push(`${count} ${unit}`);
    rest -= count * size;
    if (pieces.length === 2) break;
  }
  return pieces.length === 0 ? "0 ms" : pieces.join(" ");
}
