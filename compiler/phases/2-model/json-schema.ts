import type { JsonSchema } from "../../../runtime/manifest/manifest.js";
import type { ObjectShape, Shape } from "./shape.js";

/** JSON Schema (2020-12) of the JSON form of a shape: a Date is a string, a bigint is anything. */
export function toJsonSchema(shape: Shape): JsonSchema {
  switch (shape.kind) {
    case "unknown":
      return {};
    case "never":
      return { not: {} };
    case "undefined":
    case "null":
      return { type: "null" };
    case "boolean":
      return { type: "boolean" };
    case "number": {
      const { kind, integer, ...limits } = shape;
      return { type: integer ? "integer" : "number", ...limits };
    }
    case "string": {
      const { kind, ...limits } = shape;
      return { type: "string", ...limits };
    }
    case "literal":
      return { const: shape.value };
    case "array": {
      const { minItems, maxItems } = shape;
      return {
        type: "array",
        items: toJsonSchema(shape.element),
        ...(minItems === undefined ? {} : { minItems }),
        ...(maxItems === undefined ? {} : { maxItems }),
      };
    }
    case "tuple":
      return {
        type: "array",
        prefixItems: shape.elements.map(toJsonSchema),
        minItems: shape.elements.length,
        items: shape.rest ? toJsonSchema(shape.rest) : false,
      };
    case "union":
      return unionSchema(shape.members);
    case "special":
      return shape.json ? toJsonSchema(shape.json) : {};
    case "object":
      return objectSchema(shape);
  }
}

function unionSchema(members: readonly Shape[]): JsonSchema {
  const literals = members.filter((member) => member.kind === "literal");
  if (literals.length === members.length) return { enum: literals.map((literal) => literal.value) };
  return { anyOf: members.filter((member) => member.kind !== "undefined").map(toJsonSchema) };
}

function objectSchema(shape: ObjectShape): JsonSchema {
  // Without a prototype: an event may have a field `__proto__`.
  const properties: Record<string, JsonSchema> = Object.create(null);
  const required: string[] = [];
  for (const property of shape.properties) {
    properties[property.name] = toJsonSchema(property.shape);
    if (!property.optional && !allowsUndefined(property.shape)) required.push(property.name);
  }
  return {
    type: "object",
    ...(shape.properties.length > 0 ? { properties } : {}),
    ...(required.length > 0 ? { required } : {}),
    ...(shape.keys ? { propertyNames: toJsonSchema(shape.keys) } : {}),
    ...(shape.values
      ? { additionalProperties: toJsonSchema(shape.values) }
      : shape.rest === "closed"
        ? { additionalProperties: false }
        : {}),
  };
}

/** JSON leaves a property out when its value is undefined. */
function allowsUndefined(shape: Shape): boolean {
  return shape.kind === "undefined" || (shape.kind === "union" && shape.members.some((m) => m.kind === "undefined"));
}
