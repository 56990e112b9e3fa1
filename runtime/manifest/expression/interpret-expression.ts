/** Tree → closure, without making code: for expressions that are only known at run time. */
import type { ExpressionLibrary } from "./expression-library.js";
import { isWhole, literalValue } from "./literal-value.js";
import { readMacro, type ExpressionNode, type MacroCall } from "./parse-expression.js";

/**
 * An expression ready to be evaluated; `async` is null outside waits and cancellations. Throws an ExpressionError when
 * it has no value for these events.
 */
export type CompiledExpression = (event: unknown, async: unknown, $: ExpressionLibrary) => unknown;

/** One evaluation. `values` holds the macro variables by depth; evaluation is synchronous, so one list is enough. */
interface Frame {
  readonly event: unknown;
  readonly async: unknown;
  readonly $: ExpressionLibrary;
  readonly values: unknown[];
}

type Evaluate = (frame: Frame) => unknown;

/** Where each macro variable is in `Frame.values`. */
interface Scope {
  readonly slots: ReadonlyMap<string, number>;
  readonly depth: number;
}

/** The meaning of the tree as a closure; it agrees with what `lowerExpression` writes. */
export function interpretExpression(tree: ExpressionNode): CompiledExpression {
  const evaluate = prepare(tree, { slots: new Map(), depth: 0 });
  return (event, async, $) => evaluate({ event, async, $, values: [] });
}

function prepare(node: ExpressionNode, scope: Scope): Evaluate {
  const sub = (each: ExpressionNode): Evaluate => prepare(each, scope);
  const macro = readMacro(node);
  if (macro) return prepareMacro(macro, scope);
  switch (node.op) {
    case "value": {
      const value = literalValue(node.args);
      return () => value;
    }
    case "id":
      return prepareVariable(node.args, scope);
    case ".":
    case ".?": {
      const [value, key] = [sub(node.args[0]), node.args[1]];
      return (frame) => frame.$.get(value(frame), key);
    }
    case "call":
      return prepareCall(node.args[0], node.args[1], scope);
    case "rcall": {
      const name = node.args[0];
      const args = [node.args[1], ...node.args[2]].map(sub);
      return (frame) => frame.$.method(name, ...args.map((each) => each(frame)));
    }
    case "list": {
      const items = node.args.map(sub);
      return (frame) => items.map((each) => each(frame));
    }
    case "map": {
      const entries = node.args.map(([key, value]) => [sub(key), sub(value)] as const);
      return (frame) => frame.$.map(entries.map(([key, value]) => [key(frame), value(frame)] as const));
    }
    case "?:": {
      const [test, yes, no] = [sub(node.args[0]), sub(node.args[1]), sub(node.args[2])];
      return (frame) => (frame.$.truthy(test(frame)) ? yes(frame) : no(frame));
    }
    case "!_": {
      const value = sub(node.args);
      return (frame) => !frame.$.truthy(value(frame));
    }
    case "-_": {
      const value = sub(node.args);
      return (frame) => frame.$.negate(value(frame));
    }
    default:
      return prepareBinary(node, sub(node.args[0]), sub(node.args[1]));
  }
}

type BinaryNode = Exclude<
  ExpressionNode,
  { op: "value" | "id" | "." | ".?" | "call" | "rcall" | "list" | "map" | "?:" | "!_" | "-_" }
>;

function prepareBinary(node: BinaryNode, left: Evaluate, right: Evaluate): Evaluate {
  switch (node.op) {
    case "[]":
    case "[?]":
      return (frame) => frame.$.index(left(frame), right(frame));
    case "&&":
      return (frame) =>
        frame.$.and(
          () => left(frame),
          () => right(frame),
        );
    case "||":
      return (frame) =>
        frame.$.or(
          () => left(frame),
          () => right(frame),
        );
    case "==":
      return (frame) => frame.$.equal(left(frame), right(frame));
    case "!=":
      return (frame) => !frame.$.equal(left(frame), right(frame));
    case "in":
      return (frame) => frame.$.in(left(frame), right(frame));
    case "+":
      return (frame) => frame.$.add(left(frame), right(frame));
    case "-":
      return (frame) => frame.$.subtract(left(frame), right(frame));
    case "*":
      return (frame) => frame.$.multiply(left(frame), right(frame));
    case "/": {
      const whole = isWhole(node.args[0]) && isWhole(node.args[1]);
      return (frame) => frame.$.divide(left(frame), right(frame), whole);
    }
    case "%":
      return (frame) => frame.$.modulo(left(frame), right(frame));
    case "<":
      return (frame) => frame.$.less(left(frame), right(frame));
    case "<=":
      return (frame) => frame.$.lessOrEqual(left(frame), right(frame));
    case ">":
      return (frame) => !frame.$.lessOrEqual(left(frame), right(frame));
    case ">=":
      return (frame) => !frame.$.less(left(frame), right(frame));
  }
}

function prepareVariable(name: string, scope: Scope): Evaluate {
  const slot = scope.slots.get(name);
  if (slot !== undefined) return (frame) => frame.values[slot];
  if (name === "event") return (frame) => frame.event;
  if (name === "async") return (frame) => frame.async;
  return (frame) => frame.$.type(name);
}

function prepareCall(name: string, args: readonly ExpressionNode[], scope: Scope): Evaluate {
  const field = args[0];
  if (name === "has" && field?.op === ".") {
    const [value, key] = [prepare(field.args[0], scope), field.args[1]];
    return (frame) => frame.$.has(value(frame), key);
  }
  const prepared = args.map((each) => prepare(each, scope));
  return (frame) => frame.$.call(name, ...prepared.map((each) => each(frame)));
}

function prepareMacro(macro: MacroCall, scope: Scope): Evaluate {
  const range = prepare(macro.range, scope);
  const slot = scope.depth;
  const inner: Scope = { slots: new Map([...scope.slots, [macro.variable, slot]]), depth: scope.depth + 1 };
  const [first, second] = macro.bodies.map((body) => prepare(body, inner));
  if (!first) throw new Error("internal error: a macro without a body");
  const over = (body: Evaluate, frame: Frame) => (item: unknown) => {
    frame.values[slot] = item;
    return body(frame);
  };
  switch (macro.name) {
    case "bind":
      return (frame) => over(first, frame)(range(frame));
    case "all":
      return (frame) => frame.$.all(range(frame), over(first, frame));
    case "exists":
      return (frame) => frame.$.exists(range(frame), over(first, frame));
    case "exists_one":
      return (frame) => frame.$.existsOne(range(frame), over(first, frame));
    case "filter":
      return (frame) => frame.$.filter(range(frame), over(first, frame));
    case "map":
      return second
        ? (frame) => frame.$.mapItems(frame.$.filter(range(frame), over(first, frame)), over(second, frame))
        : (frame) => frame.$.mapItems(range(frame), over(first, frame));
  }
}
