/** Reads single values of a configuration and collects what is wrong with them. */
import { durations, formatDuration, parseDuration } from "../duration.js";
import { compileExpression } from "../expression/compile-expression.js";
import type { ExpressionRoles } from "../expression/parse-expression.js";
import type { Expression } from "../manifest.js";
import { unknownValue, type ConfigPath, type ConfigProblem } from "./config-problem.js";

type Fields = Readonly<Record<string, unknown>>;

/** Limits of a number or, in ms, of a duration; both ends are allowed. */
export interface Range {
  readonly least: number;
  readonly most: number;
}

/** Nothing waits longer than this. */
export const longestWait = 366 * durations.day;

/** A value for a message, short and on one line. */
export function quoteValue(value: unknown): string {
  if (typeof value === "string") return `\`${JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)}\``;
  if (typeof value === "bigint") return `\`${value}n\``;
  if (typeof value === "number" || typeof value === "boolean" || value == null) return `\`${String(value)}\``;
  return Array.isArray(value) ? "a list" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/**
 * One pass over a configuration. Every `read…` method gives undefined for what is absent, not known, or wrong; only
 * the last leaves a problem. None throws, whatever the value is.
 */
export class ConfigReader {
  readonly problems: ConfigProblem[] = [];

  report(problem: Omit<ConfigProblem, "severity">, severity: ConfigProblem["severity"] = "error"): undefined {
    this.problems.push({ ...problem, severity });
  }

  invalid(path: ConfigPath, message: string, help: string): undefined {
    return this.report({ code: "invalid-config-value", path, message, help });
  }

  /** An own property; a getter that throws counts as not known. */
  field(fields: Fields, name: string): unknown {
    try {
      const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
      return value === null ? undefined : value;
    } catch {
      return unknownValue;
    }
  }

  readFields(value: unknown, path: ConfigPath, help: string): Fields | undefined {
    if (value === undefined || value === unknownValue) return undefined;
    // checked: an object that is not a list
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
    return this.invalid(path, `${quoteValue(value)} is not an object`, help);
  }

  /** A whole number. `absent` says what to report where it is required and missing. */
  readWhole(value: unknown, path: ConfigPath, range: Range, absent?: string): number | undefined {
    if (value === unknownValue) return undefined;
    const allowed =
      range.most < Number.MAX_SAFE_INTEGER ? `from ${range.least} to ${range.most}` : `of ${range.least} or more`;
    const help = `write a whole number ${allowed}`;
    if (value === undefined) return absent === undefined ? undefined : this.invalid(path, absent, help);
    if (typeof value !== "number" || !Number.isInteger(value)) {
      return this.invalid(path, `${quoteValue(value)} is not a whole number`, help);
    }
    if (value >= range.least && value <= range.most) return value;
    const side = value < range.least ? `less than ${range.least}` : `more than ${range.most}`;
    return this.invalid(path, `\`${value}\` is ${side}`, help);
  }

  /** A duration in ms. */
  readDuration(value: unknown, path: ConfigPath, range: Range, absent?: string): number | undefined {
    if (value === unknownValue) return undefined;
    const code = "invalid-duration";
    const help = `write a duration from ${formatDuration(range.least)} to ${formatDuration(range.most)}, such as \`"30s"\` or \`"2h"\``;
    if (value === undefined) {
      return absent === undefined ? undefined : this.report({ code, path, message: absent, help });
    }
    const parsed = parseDuration(value);
    if (!parsed.ok) return this.report({ code, path, message: parsed.message, help });
    if (parsed.value >= range.least && parsed.value <= range.most) return parsed.value;
    const short = parsed.value < range.least;
    const limit = formatDuration(short ? range.least : range.most);
    const message = `${quoteValue(value)} is ${short ? "shorter" : "longer"} than ${limit}`;
    return this.report({ code, path, message, help });
  }

  readExpression(value: unknown, path: ConfigPath, roles: ExpressionRoles): Expression | undefined {
    if (value === undefined || value === unknownValue) return undefined;
    const code = "invalid-expression";
    if (typeof value !== "string") {
      const message = `${quoteValue(value)} is not an expression`;
      return this.report({ code, path, message, help: "write a CEL expression as text" });
    }
    const compiled = compileExpression(value, roles);
    if (compiled.ok) return compiled.value;
    const { message, help, position } = compiled;
    return this.report({ code, path, message: `${quoteValue(value)}: ${message}`, help, offset: position });
  }

  readChoice<Choice extends string>(
    value: unknown,
    path: ConfigPath,
    choices: readonly Choice[],
    absent?: string,
  ): Choice | undefined {
    if (value === unknownValue) return undefined;
    const help = `write one of ${choices.map((choice) => `\`"${choice}"\``).join(", ")}`;
    if (value === undefined) return absent === undefined ? undefined : this.invalid(path, absent, help);
    const found = choices.find((choice) => choice === value);
    return found ?? this.invalid(path, `${quoteValue(value)} is not allowed here`, help);
  }

  readBoolean(value: unknown, path: ConfigPath): boolean | undefined {
    if (value === undefined || value === unknownValue || typeof value === "boolean") {
      return typeof value === "boolean" ? value : undefined;
    }
    return this.invalid(path, `${quoteValue(value)} is not a boolean`, "write `true` or `false`");
  }
}
