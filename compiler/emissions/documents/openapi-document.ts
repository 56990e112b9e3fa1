import type { FunctionEntry, JsonSchema, Manifest } from "../../../runtime/manifest/manifest.js";
import { componentNames } from "./component-names.js";
import { documentInfo } from "./document-info.js";
import { type PlacedEvent, placeEvents } from "./event-schema.js";
import { placeSchema } from "./place-schema.js";

const base = "#/components/schemas";

/** The endpoints that take events and invocations: https://spec.openapis.org/oas/v3.1.0 */
export function openapiDocument(manifest: Manifest): object {
  const events = placeEvents(manifest, base);
  const inputs = placeInputs(manifest, events);
  return {
    openapi: "3.1.0",
    info: documentInfo(manifest),
    servers: [{ url: "http://127.0.0.1:8288", description: "`stepwright start`, unless told otherwise" }],
    paths: {
      "/e/{key}": { post: sendOperation(events) },
      ...Object.fromEntries(
        inputs.map(({ entry, key }) => [`/invoke/${slugOf(manifest, entry)}`, { post: invokeOperation(entry, key) }]),
      ),
    },
    components: {
      schemas: Object.fromEntries([
        ...events.map(({ key, schema }) => [key, schema]),
        ...inputs.map(({ key, schema }) => [key, schema]),
      ]),
      responses: { refused: refusedResponse },
    },
  };
}

interface PlacedInput {
  readonly entry: FunctionEntry;
  readonly key: string;
  readonly schema: JsonSchema;
}

const slugOf = (manifest: Manifest, { id }: FunctionEntry): string =>
  encodeURIComponent(manifest.app.id === null ? id : `${manifest.app.id}-${id}`);

function placeInputs(manifest: Manifest, events: readonly PlacedEvent[]): PlacedInput[] {
  const inputName = ({ id }: FunctionEntry): string => `invoke.${id}`;
  const keys = componentNames([...events.map(({ key }) => key), ...manifest.functions.map(inputName)]);
  return manifest.functions.map((entry) => {
    const key = keys.get(inputName(entry)) ?? inputName(entry);
    const data = inputSchema(entry, events, `${base}/${key}/properties/data`);
    return { entry, key, schema: { type: "object", properties: { data }, additionalProperties: false } };
  });
}

/** What its `invoke` trigger asks for, else the data of one of its events, else any. */
function inputSchema(entry: FunctionEntry, events: readonly PlacedEvent[], pointer: string): JsonSchema {
  const invocation = entry.triggers.find((trigger) => trigger.kind === "invoke");
  if (invocation?.schema) return placeSchema(invocation.schema, pointer);
  const known = new Map(events.map(({ event, key }) => [event.name, key]));
  const names = entry.triggers.flatMap((trigger) => (trigger.kind === "event" ? [trigger.event] : []));
  const keys = names.map((name) => known.get(name));
  if (invocation || names.length === 0 || keys.includes(undefined)) return { type: "object" };
  const references = keys.map((key) => ({ $ref: `${base}/${key}/properties/data` }));
  return references.length === 1 ? { ...references[0] } : { anyOf: references };
}

function sendOperation(events: readonly PlacedEvent[]): object {
  const one = { oneOf: events.map(({ key }) => ({ $ref: `${base}/${key}` })) };
  return {
    operationId: "sendEvents",
    summary: "Accepts one event, a list, or one a line",
    parameters: [
      { name: "key", in: "path", required: true, schema: { type: "string" }, description: "The event key." },
    ],
    requestBody: {
      required: true,
      content: {
        "application/json": { schema: { anyOf: [one, { type: "array", items: one }] } },
        "application/x-ndjson": { schema: { type: "string" } },
      },
    },
    responses: {
      "200": answer("All of them are stored.", {
        ids: { type: "array", items: { type: "string" } },
        status: { const: 200 },
      }),
      "4XX": refused,
    },
  };
}

function invokeOperation(entry: FunctionEntry, key: string): object {
  return {
    operationId: key,
    summary: entry.name ?? entry.id,
    ...(entry.description === undefined ? {} : { description: entry.description }),
    requestBody: { required: true, content: { "application/json": { schema: { $ref: `${base}/${key}` } } } },
    responses: {
      "200": answer("The run is stored and will be executed.", {
        runId: { type: "string" },
        eventId: { type: "string" },
      }),
      "4XX": refused,
    },
  };
}

function answer(description: string, properties: Readonly<Record<string, JsonSchema>>): object {
  const schema = { type: "object", properties, required: Object.keys(properties) };
  return { description, content: { "application/json": { schema } } };
}

const refused = { $ref: "#/components/responses/refused" };

const refusedResponse = {
  description: "Nothing was accepted.",
  content: {
    "application/json": {
      schema: {
        type: "object",
        properties: {
          error: {
            type: "object",
            properties: { code: { type: "string" }, message: { type: "string" }, help: { type: "string" } },
            required: ["code", "message", "help"],
          },
          status: { type: "integer" },
        },
        required: ["error", "status"],
      },
    },
  },
};
