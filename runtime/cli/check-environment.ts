/** Whether the variables of the environment that an application needs are set, before any of its code is loaded. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { manifestSchema, type FunctionEntry, type Location } from "../manifest/manifest.js";
import { CommandFailure } from "./command-failure.js";

export interface MissingVariable {
  readonly name: string;
  /** The first place that reads it, in the first function by id. */
  readonly location: Location;
  /** Ids of the functions that cannot do without it. */
  readonly functions: readonly string[];
}

/** By name. A variable that is set to an empty text is set. */
export function findMissingVariables(
  functions: readonly Pick<FunctionEntry, "id" | "environment">[],
  environment: Readonly<Record<string, string | undefined>>,
): MissingVariable[] {
  const missing = new Map<string, { location: Location; functions: string[] }>();
  for (const { id, environment: variables = [] } of functions) {
    for (const { name, need, location } of variables) {
      if (need !== "required" || (Object.hasOwn(environment, name) && environment[name] !== undefined)) continue;
      const known = missing.get(name);
      if (known) known.functions.push(id);
      else missing.set(name, { location, functions: [id] });
    }
  }
  return [...missing]
    .map(([name, rest]) => ({ name, ...rest }))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** How many functions are named where one variable is missing in many. */
const maxNamed = 3;

/** Says what is missing; null when nothing is. */
export function describeMissingVariables(missing: readonly MissingVariable[]): string | null {
  const [first, ...others] = missing;
  if (!first) return null;
  const lines = missing.map(({ name, location, functions }) => {
    const named = functions.slice(0, maxNamed).map((id) => `\`${id}\``);
    if (functions.length > maxNamed) named.push(`${functions.length - maxNamed} more`);
    return `    \`${name}\` is read at ${location.file}:${location.line} by ${named.join(", ")}`;
  });
  const what = others.length === 0 ? "an environment variable is" : `${missing.length} environment variables are`;
  return `${what} not set\n${lines.join("\n")}`;
}

/**
 * Looks at the `manifest.json` beside the application, before its modules run. Without one (an application that was made by hand)
 * there is nothing to look at.
 *
 * @throws CommandFailure `missing-environment`
 */
export function checkEnvironment(app: string, environment: Readonly<Record<string, string | undefined>>): void {
  const text = describeMissingVariables(findMissingVariables(readFunctionsBeside(app), environment));
  if (text === null) return;
  const help = "set what is missing (`node --env-file` reads a file), or leave this check out with `--no-env-check`";
  throw new CommandFailure(text, help, { code: "missing-environment" });
}

/** None when there is no manifest; one that cannot be read is reported when the application is loaded. */
export function readFunctionsBeside(app: string): readonly FunctionEntry[] {
  const file = join(dirname(app), "manifest.json");
  if (!existsSync(file)) return [];
  try {
    const parsed = manifestSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
    return parsed.success ? parsed.data.functions : [];
  } catch {
    return [];
  }
}
