import type { JsonSchema } from "../../../runtime/manifest/manifest.js";

/** Keywords whose value is data and not a schema. */
const dataKeywords: ReadonlySet<string> = new Set(["const", "default", "enum", "examples"]);

/**
 * A schema as part of a larger document: what it refers to in itself (`#/$defs/item`) is found below `pointer`, such as
 * `#/components/schemas/order`. References elsewhere stay.
 */
export function placeSchema(schema: JsonSchema, pointer: string): JsonSchema {
  // A part of a document says nothing of the dialect of the whole.
  const { $schema: _dialect, ...rest } = schema;
  return placeObject(rest, pointer);
}

function placeObject(value: Readonly<Record<string, unknown>>, pointer: string): JsonSchema {
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (dataKeywords.has(key)) return [key, inner];
      if (key === "$ref" && typeof inner === "string" && inner.startsWith("#")) return [key, pointer + inner.slice(1)];
      return [key, placeValue(inner, pointer)];
    }),
  );
}

function placeValue(value: unknown, pointer: string): unknown {
  if (Array.isArray(value)) return value.map((each) => placeValue(each, pointer));
  return typeof value === "object" && value !== null ? placeObject({ ...value }, pointer) : value;
}
