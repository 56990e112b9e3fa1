import type { EventEntry, JsonSchema, Manifest } from "../../../runtime/manifest/manifest.js";
import { componentNames } from "./component-names.js";
import { placeSchema } from "./place-schema.js";

/** An event of the manifest with its place in a document. */
export interface PlacedEvent {
  readonly event: EventEntry;
  /** Its key among the schemas. */
  readonly key: string;
  /** The whole event, as it is sent. */
  readonly schema: JsonSchema;
}

/** The schemas of all events, made for a document that keeps them below `base`, such as `#/components/schemas`. */
export function placeEvents(manifest: Manifest, base: string): readonly PlacedEvent[] {
  const keys = componentNames(manifest.events.map(({ name }) => name));
  return manifest.events.map((event) => {
    const key = keys.get(event.name) ?? event.name;
    return { event, key, schema: sentEventSchema(event, `${base}/${key}/properties/data`) };
  });
}

/** What `POST /e/:key` takes: `id` and `ts` are filled in where they are missing. */
function sentEventSchema(event: EventEntry, pointer: string): JsonSchema {
  const data = event.schema ? placeSchema(event.schema, pointer) : { type: "object" };
  return {
    type: "object",
    ...(event.version === undefined ? {} : { description: `Version ${event.version}.` }),
    properties: {
      name: { const: event.name },
      data,
      id: { type: "string", description: "A second event with the same id within 24 hours starts nothing." },
      ts: {
        type: "integer",
        minimum: 0,
        description: "Milliseconds since 1970; in the future: what it starts begins then.",
      },
      user: {},
      v: { type: "string" },
      meta: { type: "object" },
    },
    required: event.schema && needsData(event.schema) ? ["name", "data"] : ["name"],
  };
}

/** An event whose data may be `{}` can be sent without. */
function needsData({ type, required, anyOf, oneOf, allOf, $ref }: JsonSchema): boolean {
  return (
    type !== "object" || (Array.isArray(required) && required.length > 0) || [anyOf, oneOf, allOf, $ref].some(Boolean)
  );
}
