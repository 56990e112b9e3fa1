/** What the manifest's own reader finds wrong in the configuration of functions, brought back to places in the source. */
import {
  type ConfigProblem,
  type NormalizedFunction,
  normalizeFunctionConfig,
  unknownValue,
} from "../../../runtime/manifest/function-config.js";
import { type Folded, nameSpanAt, spanAt } from "../2-model/folded.js";
import type { AppModel, FunctionModel } from "../2-model/model.js";
import type { Span } from "../2-model/span.js";
import { fixDuration } from "./duration-fix.js";
import { narrowToText } from "./narrow-span.js";
import { readMember } from "./read-member.js";
import { type Finding, labelSpan } from "./rule.js";

/** Many rules ask for the same configuration; reading it parses its expressions, so it is done once. */
const found = new WeakMap<FunctionModel, NormalizedFunction>();

/** The findings of one code, over the configurations and triggers of all functions. */
export function findConfigProblems(model: AppModel, code: ConfigProblem["code"]): Finding[] {
  const findings: Finding[] = [];
  for (const fn of model.functions) {
    for (const problem of readFunctionConfig(fn).problems)
      if (problem.code === code) findings.push(toFinding(fn, problem));
  }
  return findings;
}

/** The configuration as the manifest will hold it: parts that are wrong or not known are left out. */
export function readFunctionConfig(fn: FunctionModel): NormalizedFunction {
  const known = found.get(fn);
  if (known) return known;
  // What `invoke(schema)` stands for is not configuration and has no form in it.
  const triggers = (fn.triggers ?? []).map((trigger) =>
    trigger.kind === "invoke" ? unknownValue : trigger.value.value,
  );
  const read = normalizeFunctionConfig(fn.config.value, triggers);
  const normalized = { ...read, problems: [...listMissingId(fn), ...read.problems] };
  found.set(fn, normalized);
  return normalized;
}

/** Only here, and not in the manifest's reader: an `id` that is absent there can be in a part that is not known. */
function listMissingId({ config }: FunctionModel): ConfigProblem[] {
  const { value, unknowns } = config;
  if (typeof value !== "object" || value === null || readMember(value, "id") !== undefined) return [];
  if (unknowns.some(({ path }) => path.length === 0 || path[0] === "id")) return [];
  const message = "the function has no `id`";
  const help = 'write a name that stays the same, such as `id: "process-order"`; SDK v2 took it from the `name`';
  return [{ code: "invalid-config-value", severity: "error", path: ["id"], message, help }];
}

function toFinding(fn: FunctionModel, problem: ConfigProblem): Finding {
  return {
    severity: problem.severity,
    message: nameSubject(problem),
    ...placeProblem(fn, problem),
    ...(problem.code === "invalid-duration" && fixConfigDuration(fn, problem)),
    help: problem.help,
    through: fn.through,
    binding: problem.severity === "error",
  };
}

function fixConfigDuration(fn: FunctionModel, { path }: ConfigProblem): Pick<Finding, "fixes"> {
  if (path[0] === "triggers") return {};
  const value = path.reduce<unknown>((parent, part) => readMember(parent, String(part)), fn.config.value);
  return fixDuration(spanAt(fn.config, path), value);
}

/** A message that begins with the bad value says first what it is the value of. */
export function nameSubject({ code, path, message }: ConfigProblem): string {
  const isAboutValue = code === "invalid-config-value" || code === "invalid-duration";
  if (!isAboutValue || path.length === 0 || !message.startsWith("`")) return message;
  const name = path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? part : `${text}.${part}`;
  }, "");
  return `\`${name}\`: ${message}`;
}

function placeProblem(fn: FunctionModel, { code, path, offset }: ConfigProblem): Pick<Finding, "span" | "related"> {
  const [first, index] = path;
  const trigger = first === "triggers" && typeof index === "number" ? fn.triggers?.[index] : undefined;
  if (first === "triggers" && !trigger) return { span: fn.triggersSpan };
  const folded = trigger?.value ?? fn.config;
  const inner = trigger ? path.slice(2) : path;
  if (code === "conflicting-policies") return placeConflict(folded, inner);
  return { span: placeValue(folded, inner, offset) };
}

function placeValue(folded: Folded, path: ConfigProblem["path"], offset: number | undefined): Span {
  const span = spanAt(folded, path);
  const value = path.reduce<unknown>((parent, part) => readMember(parent, String(part)), folded.value);
  return offset === undefined || typeof value !== "string" ? span : narrowToText(span, value, offset);
}

/** Both names are shown: that of the policy, and that of what it does not go with. */
function placeConflict(folded: Folded, path: ConfigProblem["path"]): Pick<Finding, "span" | "related"> {
  const span = nameSpanAt(folded, path);
  const other = path.at(-1) === "match" ? [...path.slice(0, -1), "if"] : ["batchEvents"];
  return { span, related: [labelSpan(nameSpanAt(folded, other), "cannot be used with this")] };
}
