import type { JsonSchema, Manifest } from "../../../runtime/manifest/manifest.js";
import { placeEvents } from "./event-schema.js";

/** One JSON Schema (draft 2020-12) that any event of the application fits, and no other; each has its own in `$defs`. */
export function jsonSchemaDocument(manifest: Manifest): JsonSchema {
  const events = placeEvents(manifest, "#/$defs");
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: `Events of ${manifest.app.id ?? "the application"}`,
    oneOf: events.map(({ key }) => ({ $ref: `#/$defs/${key}` })),
    $defs: Object.fromEntries(events.map(({ key, schema }) => [key, schema])),
  };
}
