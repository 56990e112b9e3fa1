import type { JsonSchema } from "../../../runtime/manifest/manifest.js";
import type { ObjectShape, Shape } from "./shape.js";

/** A shape around a place that holds itself. */
interface Enclosing {
  readonly reference: string;
  /** Its value may be left out where it is a property. */
  readonly mayMiss: boolean;
}

/** By their ids. */
type Around = ReadonlyMap<string, Enclosing>;

/**
 * JSON Schema (2020-12) of the JSON form of a shape: a Date is a string, a bigint is anything. What holds itself is a definition
 * (`$defs`) that refers to itself, or the whole (`#`).
 */
export function toJsonSchema(shape: Shape): JsonSchema {
  const printing = new Printing();
  const id = idOf(shape);
  const whole: Enclosing = { reference: "#", mayMiss: allowsUndefined(shape, new Map()) };
  const schema = printing.inPlace(shape, new Map(id === null ? [] : [[id, whole]]));
  return printing.definitions.size === 0 ? schema : { ...schema, $defs: Object.fromEntries(printing.definitions) };
}

const idOf = (shape: Shape): string | null => ("id" in shape ? (shape.id ?? null) : null);

class Printing {
  readonly definitions = new Map<string, JsonSchema>();
  /** One type is one definition. */
  private readonly references = new Map<string, string>();

  inPlace(shape: Shape, around: Around): JsonSchema {
    switch (shape.kind) {
      case "unknown": {
        const enclosing = shape.again === undefined ? undefined : around.get(shape.again);
        return enclosing ? { $ref: enclosing.reference } : {};
      }
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
          items: this.schema(shape.element, around),
          ...(minItems === undefined ? {} : { minItems }),
          ...(maxItems === undefined ? {} : { maxItems }),
        };
      }
      case "tuple":
        return {
          type: "array",
          prefixItems: shape.elements.map((element) => this.schema(element, around)),
          minItems: shape.elements.length,
          items: shape.rest ? this.schema(shape.rest, around) : false,
        };
      case "union":
        return this.union(shape.members, around);
      case "special":
        return shape.json ? this.schema(shape.json, around) : {};
      case "object":
        return this.object(shape, around);
    }
  }

  private schema(shape: Shape, around: Around): JsonSchema {
    const id = idOf(shape);
    return id === null ? this.inPlace(shape, around) : { $ref: this.reference(shape, id, around) };
  }

  private reference(shape: Shape, id: string, around: Around): string {
    // What refers further out as well is another one in each place.
    const key = JSON.stringify([shape, ...around]);
    const known = this.references.get(key);
    if (known !== undefined) return known;
    const name = this.findFreeName(id.replace(/@\d+$/, "").replace(/\W+/g, "_"));
    const reference = `#/$defs/${name}`;
    this.references.set(key, reference);
    this.definitions.set(name, {});
    const enclosing: Enclosing = { reference, mayMiss: allowsUndefined(shape, around) };
    this.definitions.set(name, this.inPlace(shape, new Map([...around, [id, enclosing]])));
    return reference;
  }

  private findFreeName(name: string): string {
    let free = name;
    for (let number = 2; this.definitions.has(free); number++) free = `${name}${number}`;
    return free;
  }

  private union(members: readonly Shape[], around: Around): JsonSchema {
    const literals = members.filter((member) => member.kind === "literal");
    if (literals.length === members.length) return { enum: literals.map((literal) => literal.value) };
    const present = members.filter((member) => member.kind !== "undefined");
    return { anyOf: present.map((member) => this.schema(member, around)) };
  }

  private object(shape: ObjectShape, around: Around): JsonSchema {
    // Without a prototype: an event may have a field `__proto__`.
    const properties: Record<string, JsonSchema> = Object.create(null);
    const required: string[] = [];
    for (const property of shape.properties) {
      properties[property.name] = this.schema(property.shape, around);
      if (!property.optional && !allowsUndefined(property.shape, around)) required.push(property.name);
    }
    return {
      type: "object",
      ...(shape.properties.length > 0 ? { properties } : {}),
      ...(required.length > 0 ? { required } : {}),
      ...(shape.keys ? { propertyNames: this.schema(shape.keys, around) } : {}),
      ...(shape.values
        ? { additionalProperties: this.schema(shape.values, around) }
        : shape.rest === "closed"
          ? { additionalProperties: false }
          : {}),
    };
  }
}

/** JSON leaves a property out when its value is undefined. */
function allowsUndefined(shape: Shape, around: Around): boolean {
  switch (shape.kind) {
    case "undefined":
      return true;
    case "union":
      return shape.members.some((member) => allowsUndefined(member, around));
    case "unknown":
      return shape.again !== undefined && around.get(shape.again)?.mayMiss !== false;
    default:
      return false;
  }
}
