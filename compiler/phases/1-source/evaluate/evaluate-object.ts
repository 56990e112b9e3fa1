import { ts } from "ts-morph";
import { describeUnknown } from "./describe.js";
import { evaluate, propertyName, shortText, unknown } from "./evaluate.js";
import { evaluateIdentifier } from "./evaluate-name.js";
import type { Evaluation } from "./evaluation.js";
import { truthOf } from "./operators.js";
import type { Scope } from "./scope.js";
import type { FunctionNode, ObjectValue, Slot, UnknownResult, Value } from "./value.js";

type Properties = Map<string, Slot>;

export function evaluateObject(evaluation: Evaluation, node: ts.ObjectLiteralExpression, scope: Scope): Value {
  const properties: Properties = new Map();
  let rest: UnknownResult | null = null;
  /** There may be more than what is written, and what was written before may be replaced. */
  const open = (place: ts.Node, reason: string, replacing: string): void => {
    rest ??= unknown(place, reason);
    for (const [name, slot] of properties) {
      properties.set(name, { ...slot, value: unknown(slot.node, `${replacing} may replace it`) });
    }
  };
  for (const property of node.properties) {
    if (ts.isSpreadAssignment(property)) {
      const spread = spreadOf(evaluation, property.expression, scope);
      const text = `\`${shortText(property)}\``;
      if (!spread) {
        open(property, `${text} cannot be followed`, text);
        continue;
      }
      const unseen = spread.objects.find((object) => object?.rest)?.rest;
      if (unseen) open(unseen.node, unseen.reason, text);
      addSpread(properties, spread, node);
      continue;
    }
    const name = propertyName(evaluation, property.name, scope);
    if (name === null) {
      const text = `\`${shortText(property.name)}\``;
      open(property.name, `the name ${text} is not constant`, text);
    } else if (ts.isPropertyAssignment(property)) {
      const value = evaluate(evaluation, property.initializer, scope);
      properties.set(name, { value, node: property.initializer, nameNode: property.name });
    } else if (ts.isShorthandPropertyAssignment(property)) {
      const value = evaluateIdentifier(evaluation, property.name, scope);
      properties.set(name, { value, node: property.name, nameNode: property.name });
    } else if (ts.isMethodDeclaration(property) && property.body) {
      const value: Value = { kind: "function", node: property as FunctionNode, scope, self: null };
      properties.set(name, { value, node: property, nameNode: property.name });
    } else {
      const value = unknown(property, "an accessor gives it");
      properties.set(name, { value, node: property, nameNode: property.name });
    }
  }
  return { kind: "object", properties, rest, node };
}

/** What a spread may put in; null: nothing. */
interface Spread {
  readonly objects: readonly [ObjectValue | null, ...(ObjectValue | null)[]];
  /** Why it is not known which. */
  readonly reason: string;
}

/** Null when it may put in anything. */
function spreadOf(evaluation: Evaluation, node: ts.Expression, scope: Scope): Spread | null {
  if (ts.isParenthesizedExpression(node)) return spreadOf(evaluation, node.expression, scope);
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken) {
    const left = evaluate(evaluation, node.left, scope);
    if (truthOf(left) === null) {
      const right = spreadOf(evaluation, node.right, scope);
      // Whatever the left side is when the right one does not count: of what is false nothing is spread.
      return right && { objects: [null, ...right.objects], reason: describeUnknown(left) };
    }
  }
  return spreadOfValue(evaluate(evaluation, node, scope));
}

function spreadOfValue(value: Value): Spread | null {
  if (value.kind === "object") return { objects: [value], reason: "" };
  // Of a text its characters are spread.
  if (value.kind === "constant")
    return typeof value.value === "string" && value.value ? null : { objects: [null], reason: "" };
  if (value.kind !== "choice") return null;
  const [first, ...others] = value.options.map(spreadOfValue);
  if (!first) return null;
  const objects = [...others].reduce<Spread["objects"] | null>(
    (all, each) => all && each && [...all, ...each.objects],
    first.objects,
  );
  return objects && { objects, reason: value.reason };
}

function addSpread(properties: Properties, { objects, reason }: Spread, node: ts.Node): void {
  for (const name of new Set(objects.flatMap((object) => (object ? [...object.properties.keys()] : [])))) {
    const slots = objects.map((object) => object?.properties.get(name));
    const written = slots.find((slot) => slot !== undefined);
    if (!written) continue;
    if (objects.length === 1) {
      properties.set(name, written);
      continue;
    }
    const before: Value = properties.get(name)?.value ?? { kind: "constant", value: undefined, node };
    const options = slots.map((slot) => slot?.value ?? before);
    properties.set(name, { ...written, value: { kind: "choice", options, reason, node: written.node } });
  }
}
