import type { JsonSchema } from "../../../runtime/manifest/manifest.js";
import { toJsonSchema } from "../2-model/json-schema.js";
import type { Shape } from "../2-model/shape.js";

/** JSON Schema of what a handler returns, as it comes back from the runtime; null when nothing is known of it. */
export function describeOutput(shape: Shape): JsonSchema | null {
  return shape.kind === "unknown" ? null : toJsonSchema(withNull(shape));
}

/** As a field, undefined is left out; as a result or in a list, JSON makes null of it. */
function withNull(shape: Shape): Shape {
  switch (shape.kind) {
    case "undefined":
    case "never":
      return { kind: "null" };
    case "array":
      return { ...shape, element: withNull(shape.element) };
    case "tuple":
      return { ...shape, elements: shape.elements.map(withNull), ...(shape.rest && { rest: withNull(shape.rest) }) };
    case "union":
      return { kind: "union", members: shape.members.map(withNull) };
    default:
      return shape;
  }
}
