import { ts } from "ts-morph";
import { evaluate } from "../../1-source/evaluate/evaluate.js";
import type { Scope } from "../../1-source/evaluate/scope.js";
import type { FunctionValue, Value } from "../../1-source/evaluate/value.js";
import type { Reading } from "../reading.js";
import { clean, join, type Taint } from "./taint.js";

/** Methods of arrays and promises that call what they are given. */
const calling = new Set(["map", "flatMap", "forEach", "filter", "find", "some", "every", "reduce", "then", "catch"]);

/** The project's functions that a call executes, as far as they are known; one of several where the program chooses. */
export interface CalledFunction {
  readonly target: FunctionValue;
  /** How many of the call's arguments come before those of the function; null when they are in an array. */
  readonly skipped: number | null;
}

export function calledFunctions(
  reading: Reading,
  node: ts.CallExpression,
  callee: Value,
  scope: Scope,
): CalledFunction[] {
  if (callee.kind === "unknown" && ts.isElementAccessExpression(node.expression)) {
    // `handlers[event.name](event)`: one of them, whichever.
    const table = evaluate(reading.evaluation, node.expression.expression, scope);
    const slots = table.kind === "object" ? table.properties.values() : table.kind === "array" ? table.elements : [];
    return [...slots].flatMap(({ value }) => functionsIn(value, 0));
  }
  if (callee.kind === "member" && (callee.name === "call" || callee.name === "apply")) {
    return functionsIn(callee.object, callee.name === "call" ? 1 : null);
  }
  return functionsIn(callee, 0);
}

function functionsIn(value: Value, skipped: number | null): CalledFunction[] {
  switch (value.kind) {
    case "function":
      return [{ target: value, skipped }];
    case "choice":
      return value.options.flatMap((option) => functionsIn(option, skipped));
    case "call":
      // `send.bind(mailer)` is the function with its `this`.
      return value.callee.kind === "member" &&
        value.callee.name === "bind" &&
        ts.isCallExpression(value.node) &&
        value.node.arguments.length === 1
        ? functionsIn(value.callee.object, skipped)
        : [];
    default:
      return [];
  }
}

/** What the function's parameters get of what the call is given. */
export function argumentsOf({ target, skipped }: CalledFunction, given: readonly Taint[]): readonly Taint[] {
  return skipped === null ? target.node.parameters.map(() => given.reduce(join, clean)) : given.slice(skipped);
}

/** The function that a call is given by its name: `users.map(loadUser)`. */
export function namedCallback(
  reading: Reading,
  { expression }: ts.CallExpression,
  argument: ts.Expression,
  scope: Scope,
): FunctionValue | null {
  if (!ts.isPropertyAccessExpression(expression) || !calling.has(expression.name.text)) return null;
  if (!ts.isIdentifier(argument) && !ts.isPropertyAccessExpression(argument)) return null;
  const value = evaluate(reading.evaluation, argument, scope);
  return value.kind === "function" ? value : null;
}
