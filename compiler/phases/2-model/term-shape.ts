import { ts } from "ts-morph";
import { evaluate } from "../1-source/evaluate/evaluate.js";
import type { Scope } from "../1-source/evaluate/scope.js";
import type { Value } from "../1-source/evaluate/value.js";
import { returnShape } from "./expression-shape.js";
import { shapeOfLive } from "./live-objects.js";
import type { Reading } from "./reading.js";
import { eventNameOf } from "./readers/event-type.js";
import { isContext, stepToolOf } from "./readers/step-value.js";
import type { Shape } from "./shape.js";
import { unionOf } from "./type-shape.js";

/** The shape of a value that comes from the run: the event, results of steps and parts of them; null if not known. */
export function shapeOfTerm(reading: Reading, value: Value): Shape | null {
  switch (value.kind) {
    case "constant":
      if (value.value === null) return { kind: "null" };
      if (value.value === undefined || typeof value.value === "bigint") return null;
      return { kind: "literal", value: value.value };
    case "member":
      return shapeOfMember(reading, value.object, value.name);
    case "element": {
      const array = shapeOfTerm(reading, value.of);
      return array?.kind === "array" ? array.element : null;
    }
    case "call":
      return shapeOfCall(reading, value) ?? shapeOfLive(value);
    case "new":
      return shapeOfLive(value);
    default:
      return null;
  }
}

function shapeOfMember(reading: Reading, object: Value, name: string): Shape | null {
  if (isContext(object)) return shapeOfContext(reading, object, name);
  const whole = shapeOfTerm(reading, object);
  // To read a member of null would have failed, so here it is not null.
  const shape = whole && withoutNull(whole);
  if (shape?.kind === "object") {
    const property = shape.properties.find((one) => one.name === name);
    if (property) return property.optional ? null : property.shape;
    return shape.values?.kind === "unknown" ? { kind: "unknown" } : null;
  }
  if (name === "length" && (shape?.kind === "array" || shape?.kind === "string"))
    return { kind: "number", integer: true };
  return shape?.kind === "unknown" && shape.reason === undefined ? shape : null;
}

function withoutNull(shape: Shape): Shape {
  if (shape.kind !== "union") return shape;
  return unionOf(shape.members.filter((member) => member.kind !== "null" && member.kind !== "undefined"));
}

function shapeOfContext(reading: Reading, context: Value, name: string): Shape | null {
  switch (name) {
    case "runId":
      return { kind: "string" };
    case "attempt":
      return { kind: "number", integer: true };
    case "event":
    case "events": {
      const event =
        context.kind === "input" && context.subject !== undefined ? triggerShape(reading, context.subject) : null;
      return event && (name === "event" ? event : { kind: "array", element: event });
    }
    default:
      return null;
  }
}

/** Of the event in the handler: null unless all triggers name an event whose data is declared. */
function triggerShape(reading: Reading, functionIndex: number): Shape | null {
  const model = reading.functions[functionIndex];
  const [trigger, ...others] = model?.triggers ?? [];
  // Several triggers make a union, which the handler takes apart by the event's name.
  if (!model || others.length > 0 || trigger?.kind !== "event" || trigger.event === null) return null;
  return shapeOfEvent(reading, trigger.event);
}

/** By the shape as declared: every function may read the same event, and its steps hold on to what they are given of it. */
const journaled = new WeakMap<Shape, Shape>();

function shapeOfEvent(reading: Reading, name: string): Shape | null {
  const declared = reading.eventShapes.get(name);
  if (!declared) return null;
  let data = journaled.get(declared);
  if (!data) journaled.set(declared, (data = toJsonShape(declared)));
  const field = (key: string, shape: Shape) => ({ name: key, shape, optional: false });
  return {
    kind: "object",
    properties: [
      field("name", { kind: "literal", value: name }),
      field("data", data),
      field("id", { kind: "string" }),
      field("ts", { kind: "number" }),
    ],
    rest: "open",
    values: { kind: "unknown" },
  };
}

function shapeOfCall(reading: Reading, value: Extract<Value, { kind: "call" }>): Shape | null {
  if (!("arguments" in value.node)) return null;
  const [, second] = value.node.arguments;
  switch (stepToolOf(value.callee)) {
    case "run":
      return second ? toJsonShape(returnShape(reading, second, value.scope)) : null;
    case "sendEvent":
      return {
        kind: "object",
        properties: [{ name: "ids", shape: { kind: "array", element: { kind: "string" } }, optional: false }],
        rest: "open",
      };
    case "waitForEvent":
      return second ? shapeOfWait(reading, second, value.scope) : null;
    default:
      return null;
  }
}

/** Read off the options as they are written: null, or the event. */
function shapeOfWait(reading: Reading, options: ts.Expression, scope: Scope): Shape | null {
  const event = waitedName(reading, options, scope);
  const shape = event === null ? null : shapeOfEvent(reading, event);
  return shape && unionOf([shape, { kind: "null" }]);
}

function waitedName(reading: Reading, options: ts.Expression, scope: Scope): string | null {
  if (!ts.isObjectLiteralExpression(options)) return null;
  for (const property of options.properties) {
    if (!ts.isPropertyAssignment(property) || !ts.isIdentifier(property.name) || property.name.text !== "event")
      continue;
    const value = evaluate(reading.evaluation, property.initializer, scope);
    const name = eventNameOf(reading, value)?.name ?? value;
    return name.kind === "constant" && typeof name.value === "string" ? name.value : null;
  }
  return null;
}

/** What is left of a value that went through the journal. */
export function toJsonShape(shape: Shape): Shape {
  switch (shape.kind) {
    case "special":
      return shape.json ?? { kind: "unknown", reason: "JSON changes it" };
    case "object":
      return {
        ...shape,
        properties: shape.properties.map((property) => ({ ...property, shape: toJsonShape(property.shape) })),
        ...(shape.values ? { values: toJsonShape(shape.values) } : {}),
      };
    case "array":
      return { ...shape, element: toJsonShape(shape.element) };
    case "tuple":
      return {
        ...shape,
        elements: shape.elements.map(toJsonShape),
        ...(shape.rest ? { rest: toJsonShape(shape.rest) } : {}),
      };
    case "union":
      return unionOf(shape.members.map(toJsonShape));
    default:
      return shape;
  }
}
