/** Expression text → tree, with every name in it checked. The only place that knows the parser. */
import { parse, ParseError, type ASTNode } from "@marcbachmann/cel-js";
import { compilePattern, globalFunctions, methods, type ExpressionFunction } from "./expression-functions.js";
import { typeNames } from "./expression-values.js";

/** A node of the parsed expression. */
export type ExpressionNode = ASTNode;

/** What an expression may read: `event` always, `async` in waits and cancellations. */
export interface ExpressionRoles {
  readonly async: boolean;
}

/** `position` counts characters from the start of the expression. */
export type ParsedExpression =
  | { readonly ok: true; readonly tree: ExpressionNode }
  | { readonly ok: false; readonly message: string; readonly help: string; readonly position: number };

/** A macro call: `range.all(x, x > 1)`. `variable` is what the bodies may use beside the variables around them. */
export interface MacroCall {
  readonly name: "all" | "exists" | "exists_one" | "filter" | "map" | "bind";
  readonly variable: string;
  /** The range, or the value of `cel.bind`; the variable is not known in it. */
  readonly range: ExpressionNode;
  readonly bodies: readonly ExpressionNode[];
}

type Problem = { readonly message: string; readonly help: string; readonly position: number };

/** Longer text is not something that a person wrote. */
const longestSource = 20_000;

const generalHelp = "write a CEL expression over `event`, such as `event.data.total > 100`";

/**
 * Parses an expression and checks its variables, functions and numbers of arguments. Never throws.
 *
 * @example parseExpression("event.data.total > 100", { async: false })
 */
export function parseExpression(source: string, roles: ExpressionRoles): ParsedExpression {
  if (source.trim() === "") return { ok: false, message: "the expression is empty", help: generalHelp, position: 0 };
  if (source.length > longestSource) {
    const message = `the expression is ${source.length} characters long; the limit is ${longestSource}`;
    return { ok: false, message, help: generalHelp, position: 0 };
  }
  let tree: ExpressionNode;
  try {
    tree = parse(source).ast;
  } catch (error) {
    return { ok: false, ...syntaxProblem(source, error) };
  }
  const problem = findProblem(tree, roles, new Set());
  return problem ? { ok: false, ...problem } : { ok: true, tree };
}

function syntaxProblem(source: string, error: unknown): Problem {
  if (!(error instanceof ParseError)) return { message: String(error), help: generalHelp, position: 0 };
  const position = error.node?.pos ?? 0;
  const summary = (error.summary ?? error.message).split("\n", 1)[0] ?? "";
  const javascript = /[!=]==|=>|\?\.|\?\?|`/.test(source);
  return {
    message: summary.charAt(0).toLowerCase() + summary.slice(1).replace(/\.$/, ""),
    help: javascript ? "an expression is CEL, not JavaScript: write `==`, `!=`, `&&`, `||`, `? :`" : generalHelp,
    position,
  };
}

/** The macro that a call is, or null. */
export function readMacro(node: ExpressionNode): MacroCall | null {
  if (node.op !== "rcall") return null;
  const [name, receiver, args] = node.args;
  const variable = args[0];
  if (variable?.op !== "id") return null;
  if (name === "bind" && receiver.op === "id" && receiver.args === "cel" && args[1] && args[2] && args.length === 3) {
    return { name, variable: variable.args, range: args[1], bodies: [args[2]] };
  }
  const bodies = args.slice(1);
  switch (name) {
    case "all":
    case "exists":
    case "exists_one":
    case "filter":
      return bodies.length === 1 ? { name, variable: variable.args, range: receiver, bodies } : null;
    case "existsOne":
      return bodies.length === 1 ? { name: "exists_one", variable: variable.args, range: receiver, bodies } : null;
    case "map":
      return bodies.length === 1 || bodies.length === 2
        ? { name, variable: variable.args, range: receiver, bodies }
        : null;
    default:
      return null;
  }
}

const macroNames: ReadonlySet<string> = new Set(["all", "exists", "exists_one", "existsOne", "filter", "map"]);

/** The first name or call in the tree that has no meaning. */
function findProblem(node: ExpressionNode, roles: ExpressionRoles, known: ReadonlySet<string>): Problem | null {
  const inAll = (nodes: Iterable<ExpressionNode>): Problem | null => {
    for (const each of nodes) {
      const problem = findProblem(each, roles, known);
      if (problem) return problem;
    }
    return null;
  };
  const macro = readMacro(node);
  if (macro) {
    const inner = new Set([...known, macro.variable]);
    const inRange = findProblem(macro.range, roles, known);
    return (
      inRange ?? macro.bodies.reduce<Problem | null>((found, body) => found ?? findProblem(body, roles, inner), null)
    );
  }
  switch (node.op) {
    case "value":
      return null;
    case "id":
      return checkVariable(node.args, node.start, roles, known);
    case ".":
      return findProblem(node.args[0], roles, known);
    case ".?":
    case "[?]":
      return {
        message: "optional access is not part of expressions",
        help: "write `.`: a missing field is null",
        position: node.start,
      };
    case "call":
      return (
        checkCall(node.args[0], node.args[1], node.start) ??
        inAll(node.args[0] === "has" ? receiverOfHas(node.args[1]) : node.args[1])
      );
    case "rcall":
      return checkMethod(node.args[0], node.args[2], node.start) ?? inAll([node.args[1], ...node.args[2]]);
    case "map":
      return inAll(node.args.flat());
    case "!_":
    case "-_":
      return findProblem(node.args, roles, known);
    default:
      return inAll(node.args);
  }
}

const receiverOfHas = (args: readonly ExpressionNode[]): ExpressionNode[] => {
  const field = args[0];
  return field?.op === "." ? [field.args[0]] : [];
};

function checkVariable(
  name: string,
  position: number,
  roles: ExpressionRoles,
  known: ReadonlySet<string>,
): Problem | null {
  if (known.has(name) || name === "event" || typeNames.has(name)) return null;
  if (name === "async") {
    if (roles.async) return null;
    return {
      message: "`async` is only known in `waitForEvent` and `cancelOn`",
      help: "write `event` for the event that starts the run",
      position,
    };
  }
  const field = ["data", "user", "name", "ts", "id", "v"].includes(name);
  return {
    message: `\`${name}\` is not a variable`,
    help: field ? `write \`event.${name}\`` : `the variables are \`event\`${roles.async ? " and `async`" : ""}`,
    position,
  };
}

function checkCall(name: string, args: readonly ExpressionNode[], position: number): Problem | null {
  if (name === "has") {
    if (args.length === 1 && args[0]?.op === ".") return null;
    return { message: "`has` takes one field", help: "write `has(event.data.field)`", position };
  }
  const found = globalFunctions.get(name);
  if (!found) return unknownFunction(name, globalFunctions, methods.has(name) || macroNames.has(name), position);
  return checkCount(name, found, args.length, position) ?? (name === "matches" ? checkPattern(args[1]) : null);
}

function checkMethod(name: string, args: readonly ExpressionNode[], position: number): Problem | null {
  if (macroNames.has(name)) {
    const example = `\`event.data.items.${name}(item, item.price > 10)\``;
    return { message: `\`${name}\` takes a variable and an expression over it`, help: `write ${example}`, position };
  }
  const found = methods.get(name);
  if (!found) return unknownFunction(name, methods, false, position);
  return checkCount(name, found, args.length, position) ?? (name === "matches" ? checkPattern(args[0]) : null);
}

function unknownFunction(
  name: string,
  known: ReadonlyMap<string, ExpressionFunction>,
  isMethod: boolean,
  position: number,
): Problem {
  const help = isMethod
    ? `call it on a value: \`event.data.field.${name}(…)\``
    : `the functions are ${[...known.keys()].map((each) => `\`${each}\``).join(", ")}`;
  return { message: `\`${name}\` is not a function of expressions`, help, position };
}

function checkCount(
  name: string,
  { least, most }: ExpressionFunction,
  count: number,
  position: number,
): Problem | null {
  if (count >= least && count <= most) return null;
  const wanted = least === most ? String(least) : `${least} to ${most}`;
  const message = `\`${name}\` takes ${wanted} argument${wanted === "1" ? "" : "s"}, not ${count}`;
  return { message, help: "give it the arguments that it takes", position };
}

function checkPattern(pattern: ExpressionNode | undefined): Problem | null {
  if (pattern?.op !== "value" || typeof pattern.args !== "string") return null;
  try {
    compilePattern(pattern.args);
    return null;
  } catch {
    const message = `\`${pattern.args}\` is not a regular expression`;
    return { message, help: "write a pattern in the syntax of RE2", position: pattern.start };
  }
}
