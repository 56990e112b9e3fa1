/** What is wrong with expressions that parse: against the schemas of their events, and for the place they are in. */
import {
  type ExpressionNode,
  parseExpression,
  readMacro,
} from "../../../runtime/manifest/expression/parse-expression.js";
import { interpretSource } from "../../../runtime/manifest/expression/compile-expression.js";
import { ExpressionError } from "../../../runtime/manifest/expression/expression-error.js";
import { ExpressionLibrary } from "../../../runtime/manifest/expression/expression-library.js";
import { isTruthy } from "../../../runtime/manifest/expression/expression-values.js";
import type { AppModel, FunctionModel } from "../2-model/model.js";
import { type EventShapes, eventShapesOf } from "./event-shapes.js";
import { type ExpressionSite, listExpressionSites } from "./expression-sites.js";
import { type TypedExpression, typeExpression } from "./expression-types.js";
import { type ExpressionType, isOnly, printKinds } from "./value-type.js";
import type { Finding } from "./rule.js";

export interface ExpressionFinding {
  readonly code: "invalid-expression" | "constant-condition";
  readonly finding: Finding;
}

/** With the shapes for which it was found. */
interface KnownFindings {
  readonly shapes: EventShapes;
  readonly findings: readonly ExpressionFinding[];
}

/** Two rules ask for the same findings, and a function that an edit does not concern stays the same object. */
const known = new WeakMap<FunctionModel, KnownFindings>();

/** The findings of one of the two codes. Expressions that do not parse are another rule's business. */
export function findExpressionProblems(model: AppModel, code: ExpressionFinding["code"]): Finding[] {
  const shapes = eventShapesOf(model);
  return model.functions.flatMap((fn) =>
    findInFunction(fn, shapes)
      .filter((each) => each.code === code)
      .map(({ finding }) => finding),
  );
}

function findInFunction(fn: FunctionModel, shapes: EventShapes): readonly ExpressionFinding[] {
  const before = known.get(fn);
  if (before?.shapes === shapes) return before.findings;
  const findings = listExpressionSites(fn, shapes).flatMap(checkSite);
  known.set(fn, { shapes, findings });
  return findings;
}

function checkSite(site: ExpressionSite): ExpressionFinding[] {
  const parsed = parseExpression(site.source, { async: site.async !== null });
  if (!parsed.ok) return [];
  const variables = new Map([["event", site.event]]);
  if (site.async) variables.set("async", site.async);
  const typed = typeExpression(parsed.tree, variables);
  const problems = describeTypes(site, typed);
  if (site.use === "condition" && isConstant(parsed.tree)) problems.push(...describeConstant(site));
  else if (problems.length === 0) problems.push(...describeUse(site, typed.type));
  return problems;
}

function describeTypes(site: ExpressionSite, { problems }: TypedExpression): ExpressionFinding[] {
  return problems.map(({ kind, certain, message, help, position }) => ({
    code: kind === "never" ? "constant-condition" : "invalid-expression",
    finding: {
      severity: kind === "field" && certain ? "error" : "warning",
      message,
      span: site.spanOf(position),
      help,
      through: site.through,
    },
  }));
}

function describeUse(site: ExpressionSite, type: ExpressionType): ExpressionFinding[] {
  const { kinds } = type;
  if (!kinds) return [];
  const report = (message: string, help: string): ExpressionFinding[] => [
    {
      code: "invalid-expression",
      finding: { severity: "warning", message, span: site.spanOf(-1), help, through: site.through },
    },
  ];
  switch (site.use) {
    case "condition":
      if (kinds.has("bool")) return [];
      return report(
        `the condition is ${printKinds(type)}, not a boolean`,
        "compare it with something: `event.data.count > 0`, `event.data.id != null`",
      );
    case "key":
      if (!isOnly(type, "map") && !isOnly(type, "list")) return [];
      return report(`the key is ${printKinds(type)}`, "use one field of it, such as an id");
    case "priority": {
      const value = type.shape?.kind === "literal" ? type.shape.value : null;
      if (typeof value === "number" && !Number.isInteger(value)) {
        return report(`the priority ${value} is not a whole number`, "write whole seconds, from -600 to 600");
      }
      if (kinds.has("number")) return [];
      return report(
        `the priority is ${printKinds(type)}, not a number`,
        "write seconds, such as `event.data.vip ? 120 : 0`",
      );
    }
  }
}

function describeConstant(site: ExpressionSite): ExpressionFinding[] {
  const outcome = evaluateConstant(site.source);
  if (outcome === null) return [];
  const message = `the condition reads no event: it is always ${outcome ? "true" : "false"}`;
  const help = outcome ? "leave it out, or compare a field of the event" : "compare a field of the event";
  return [{ code: "constant-condition", finding: { message, span: site.spanOf(-1), help, through: site.through } }];
}

/** Null when it has no value. */
function evaluateConstant(source: string): boolean | null {
  const compiled = interpretSource(source, { async: false });
  if (!compiled.ok) return null;
  try {
    return isTruthy(compiled.value(null, null, new ExpressionLibrary(0)));
  } catch (error) {
    if (error instanceof ExpressionError) return null;
    throw error;
  }
}

/** Whether it reads neither an event nor the time. */
function isConstant(node: ExpressionNode): boolean {
  const macro = readMacro(node);
  if (macro) return [macro.range, ...macro.bodies].every(isConstant);
  switch (node.op) {
    case "value":
      return true;
    case "id":
      return node.args !== "event" && node.args !== "async";
    case ".":
    case ".?":
      return isConstant(node.args[0]);
    case "call":
      return !node.args[0].startsWith("now") && node.args[1].every(isConstant);
    case "rcall":
      return isConstant(node.args[1]) && node.args[2].every(isConstant);
    case "map":
      return node.args.flat().every(isConstant);
    case "!_":
    case "-_":
      return isConstant(node.args);
    default:
      return node.args.every(isConstant);
  }
}
