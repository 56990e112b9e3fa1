import * as z from "zod";

import { listDiagnosticCodes } from "../diagnostics/codes.js";
import { findNearestName } from "../diagnostics/nearest-name.js";
import type { StepwrightConfig } from "./define-config.js";

const levels = ["error", "warning", "info", "off"] as const;

const nonEmpty = z.string().min(1, "is empty");

const configSchema = z.strictObject({
  rules: z.partialRecord(z.enum(listDiagnosticCodes()), z.enum(levels)).optional(),
  entry: z.array(nonEmpty).min(1, "names no file; leave it out to take those of the tsconfig").optional(),
  out: nonEmpty.optional(),
});

export type ParsedConfig =
  | { readonly ok: true; readonly config: StepwrightConfig }
  /** Each says where and what, in one line. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** Judges what a configuration file exports. */
export function parseConfig(exported: unknown): ParsedConfig {
  const parsed = configSchema.safeParse(exported);
  if (parsed.success) {
    const { rules, entry, out } = parsed.data;
    return {
      ok: true,
      config: { ...(rules && { rules }), ...(entry && { entry }), ...(out !== undefined && { out }) },
    };
  }
  return { ok: false, problems: parsed.error.issues.flatMap(describeIssue) };
}

function describeIssue(issue: z.core.$ZodIssue): string[] {
  const [field, name] = issue.path.map(String);
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => describeUnknown(key, field === "rules" ? listDiagnosticCodes() : fields));
  if (issue.code === "invalid_key" && name !== undefined) return [describeUnknown(name, listDiagnosticCodes())];
  if (field === undefined)
    return ["the default export is not a configuration: write `export default defineConfig({ … })`"];
  const place = name === undefined ? field : `${field}[${JSON.stringify(name)}]`;
  if (field === "rules" && name !== undefined) return [`\`${place}\` is not a level: write one of ${quoteAll(levels)}`];
  return [`\`${place}\` ${issue.code === "invalid_type" ? `is not ${articleOf(issue.expected)}` : issue.message}`];
}

const fields = Object.keys(configSchema.shape);

function describeUnknown(name: string, known: readonly string[]): string {
  const nearest = findNearestName(name, known);
  const what = known === fields ? "a field of the configuration" : "a diagnostic code";
  const list = known === fields ? `it has ${quoteAll(fields)}` : "`stepwright explain` lists them";
  return `\`${name}\` is not ${what}: ${nearest === null ? list : `did you mean \`${nearest}\`?`}`;
}

function quoteAll(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(", ");
}

function articleOf(expected: string): string {
  return expected === "array" ? "a list" : expected === "string" ? "a text" : `an ${expected}`;
}
