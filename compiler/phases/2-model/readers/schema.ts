import { ts } from "ts-morph";
import { nameInOurs, type Value } from "../../1-source/evaluate/value.js";
import type { Reading } from "../reading.js";
import type { Shape } from "../shape.js";
import { shapeOfType } from "../type-shape.js";
import { readZodShape } from "./zod-shape.js";

export interface SchemaReading {
  readonly shape: Shape;
  /** `type`: made by `staticSchema<T>()`, nothing checks it at run time. */
  readonly declared: "schema" | "type";
}

/** A schema object: zod read as it is written, any other Standard Schema by the type of its output. */
export function readSchema(reading: Reading, value: Value, node: ts.Node): SchemaReading {
  if (value.kind === "call" && nameInOurs(value.callee) === "staticSchema") {
    const [type] = value.node.typeArguments ?? [];
    return { shape: type ? shapeOfTypeNode(reading, type) : { kind: "unknown" }, declared: "type" };
  }
  const shape = readZodShape(reading, value) ?? (ts.isExpression(node) ? shapeOfOutput(reading, node) : null);
  return { shape: shape ?? { kind: "unknown", reason: "the schema cannot be read" }, declared: "schema" };
}

export function shapeOfTypeNode(reading: Reading, node: ts.TypeNode): Shape {
  return shapeOfType(reading, reading.evaluation.checker.getTypeFromTypeNode(node));
}

/** By Standard Schema's `~standard.types.input`, or zod's `_input`. */
export function shapeOfOutput(reading: Reading, node: ts.Expression): Shape | null {
  const { checker } = reading.evaluation;
  const type = checker.getTypeAtLocation(node);
  const standard = propertyType(checker, type, "~standard");
  const types = standard && propertyType(checker, checker.getNonNullableType(standard), "types");
  const input = types && propertyType(checker, checker.getNonNullableType(types), "input");
  const found = input ?? propertyType(checker, type, "_input") ?? propertyType(checker, type, "_output");
  return found ? shapeOfType(reading, found) : null;
}

function propertyType(checker: ts.TypeChecker, type: ts.Type, name: string): ts.Type | null {
  const property = type.getProperty(name);
  return property ? checker.getTypeOfSymbol(property) : null;
}
