/** Tree → JavaScript over `event`, `async` and `$` (an ExpressionLibrary). The counterpart of interpret-expression. */
import { isWhole, literalValue } from "./literal-value.js";
import { readMacro, type ExpressionNode, type MacroCall } from "./parse-expression.js";

/** Macro variables by the name that they have in JavaScript, where `delete` or `$` would be no name. */
type Names = ReadonlyMap<string, string>;

/** A JavaScript expression that means what the tree means. Has no names but `event`, `async`, `$` and its own. */
export function lowerExpression(tree: ExpressionNode): string {
  return lower(tree, new Map());
}

function lower(node: ExpressionNode, names: Names): string {
  const sub = (each: ExpressionNode): string => lower(each, names);
  const macro = readMacro(node);
  if (macro) return lowerMacro(macro, names);
  switch (node.op) {
    case "value":
      return lowerLiteral(literalValue(node.args));
    case "id":
      return (
        names.get(node.args) ??
        (node.args === "event" || node.args === "async" ? node.args : `$.type(${text(node.args)})`)
      );
    case ".":
    case ".?":
      return `$.get(${sub(node.args[0])}, ${text(node.args[1])})`;
    case "[]":
    case "[?]":
      return `$.index(${sub(node.args[0])}, ${sub(node.args[1])})`;
    case "call":
      return lowerCall(node.args[0], node.args[1], names);
    case "rcall":
      return `$.method(${[text(node.args[0]), sub(node.args[1]), ...node.args[2].map(sub)].join(", ")})`;
    case "list":
      return `[${node.args.map(sub).join(", ")}]`;
    case "map":
      return `$.map([${node.args.map(([key, value]) => `[${sub(key)}, ${sub(value)}]`).join(", ")}])`;
    case "?:":
      return `(${lowerTest(node.args[0], names)} ? ${sub(node.args[1])} : ${sub(node.args[2])})`;
    case "&&":
    case "||":
      return lowerLogic(node.op, node.args[0], node.args[1], names);
    case "!_":
      return `!${lowerTest(node.args, names)}`;
    case "-_":
      return `$.negate(${sub(node.args)})`;
    case "!=":
      return `!$.equal(${sub(node.args[0])}, ${sub(node.args[1])})`;
    case "/":
      return `$.divide(${sub(node.args[0])}, ${sub(node.args[1])}, ${isWhole(node.args[0]) && isWhole(node.args[1])})`;
    case ">":
    case ">=":
      return `!$.${node.op === ">" ? "lessOrEqual" : "less"}(${sub(node.args[0])}, ${sub(node.args[1])})`;
    default:
      return `$.${binaryMethods[node.op]}(${sub(node.args[0])}, ${sub(node.args[1])})`;
  }
}

const binaryMethods = {
  "==": "equal",
  in: "in",
  "+": "add",
  "-": "subtract",
  "*": "multiply",
  "%": "modulo",
  "<": "less",
  "<=": "lessOrEqual",
} as const;

// JSON is JavaScript, but for a name that would read as the prototype it is only ever a quoted argument here.
const text = (value: string): string => JSON.stringify(value);

function lowerLiteral(value: null | boolean | number | string | Uint8Array): string {
  if (value instanceof Uint8Array) return `$.bytes([${[...value].join(", ")}])`;
  // A double beyond the largest has no JSON.
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}

function lowerCall(name: string, args: readonly ExpressionNode[], names: Names): string {
  const field = args[0];
  if (name === "has" && field?.op === ".") return `$.has(${lower(field.args[0], names)}, ${text(field.args[1])})`;
  return `$.call(${[text(name), ...args.map((each) => lower(each, names))].join(", ")})`;
}

/** True when the value is a boolean and finding it cannot fail, so plain JavaScript operators will do. */
function isSafeTest(node: ExpressionNode): boolean {
  switch (node.op) {
    case "value":
      return typeof node.args === "boolean";
    case "==":
    case "!=":
      return isSafe(node.args[0]) && isSafe(node.args[1]);
    case "!_":
      return isSafe(node.args);
    case "&&":
    case "||":
      return isSafeTest(node.args[0]) && isSafeTest(node.args[1]);
    case "call":
      return node.args[0] === "has" && node.args[1][0]?.op === "." && isSafe(node.args[1][0].args[0]);
    default:
      return false;
  }
}

function isSafe(node: ExpressionNode): boolean {
  switch (node.op) {
    case "value":
    case "id":
      return true;
    case ".":
      return isSafe(node.args[0]);
    default:
      return isSafeTest(node);
  }
}

function lowerTest(node: ExpressionNode, names: Names): string {
  const lowered = lower(node, names);
  return isSafeTest(node) ? lowered : `$.truthy(${lowered})`;
}

function lowerLogic(operator: "&&" | "||", left: ExpressionNode, right: ExpressionNode, names: Names): string {
  if (isSafeTest(left)) return `(${lower(left, names)} ${operator} ${lower(right, names)})`;
  const method = operator === "&&" ? "and" : "or";
  return `$.${method}(() => ${lower(left, names)}, () => ${lower(right, names)})`;
}

function lowerMacro(macro: MacroCall, names: Names): string {
  const variable = `$${names.size}`;
  // A variable that hides another one takes its place in the map, so the size alone would give one name twice.
  const fresh = [...names.values()].includes(variable) ? `${variable}_` : variable;
  const inner = new Map([...names, [macro.variable, fresh] as const]);
  const range = lower(macro.range, names);
  const bodies = macro.bodies.map((body) => `(${fresh}) => ${lower(body, inner)}`);
  const [first = "", second] = bodies;
  switch (macro.name) {
    case "bind":
      return `(${first})(${range})`;
    case "map":
      return second === undefined
        ? `$.mapItems(${range}, ${first})`
        : `$.mapItems($.filter(${range}, ${first}), ${second})`;
    case "exists_one":
      return `$.existsOne(${range}, ${first})`;
    default:
      return `$.${macro.name}(${range}, ${first})`;
  }
}
