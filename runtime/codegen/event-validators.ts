import { z } from "zod";
import type { FunctionDefinition } from "../define/function-definition.js";
import { isStandardSchema, type StandardSchemaV1 } from "../define/standard-schema.js";
import { describeIssues } from "../define/check-schema.js";
import type { EventEntry, JsonSchema } from "../manifest/manifest.js";

/** Null when the data fits, else what is wrong with it, naming each field. A promise only where the schema needs one. */
export type EventValidator = (data: unknown) => string | null | Promise<string | null>;

export interface EventValidators {
  /** Null for events without a declared schema: any data fits. */
  validator(eventName: string): EventValidator | null;
}

/**
 * The validators of an application's events: the schema object that a definition carries, else one that is made of the
 * manifest's JSON Schema, for events that are declared as types alone.
 */
export function createEventValidators(
  events: readonly EventEntry[],
  definitions: readonly FunctionDefinition[],
  schemas: ReadonlyMap<string, unknown> = new Map(),
): EventValidators {
  const runtimeSchemas = collectSchemas(definitions);
  for (const [name, schema] of schemas) if (isStandardSchema(schema)) runtimeSchemas.set(name, schema);
  const jsonSchemas = new Map(events.flatMap(({ name, schema }) => (schema ? [[name, schema] as const] : [])));
  const made = new Map<string, EventValidator | null>();
  const make = (name: string): EventValidator | null => {
    const jsonSchema = jsonSchemas.get(name);
    const schema = runtimeSchemas.get(name) ?? (jsonSchema && fromJsonSchema(jsonSchema));
    return schema ? validateWith(schema) : null;
  };
  return {
    validator(name) {
      let validator = made.get(name);
      // Names come from outside: only those that are declared are kept.
      if (validator === undefined) {
        validator = make(name);
        if (validator) made.set(name, validator);
      }
      return validator;
    },
  };
}

function validateWith(schema: StandardSchemaV1): EventValidator {
  const read = (result: StandardSchemaV1.Result<unknown>) => (result.issues ? describeIssues(result.issues) : null);
  return (data) => {
    const result = schema["~standard"].validate(data);
    return result instanceof Promise ? result.then(read) : read(result);
  };
}

/** A schema that says more than the library can check is as good as none: it must not refuse what is right. */
function fromJsonSchema(schema: JsonSchema): StandardSchemaV1 | undefined {
  try {
    return z.fromJSONSchema(schema);
  } catch {
    return undefined;
  }
}

/** Schemas of clients (`EventSchemas`), and of event types in triggers and cancellations, which win. */
function collectSchemas(definitions: readonly FunctionDefinition[]): Map<string, StandardSchemaV1> {
  const found = new Map<string, StandardSchemaV1>();
  for (const { client } of definitions) {
    const declared = property(property(property(client, "options"), "schemas"), "runtimeSchemas");
    if (!(declared instanceof Map)) continue;
    for (const [name, schema] of declared) if (isStandardSchema(schema)) found.set(String(name), schema);
  }
  for (const { triggers, config } of definitions) {
    const cancelOn = config["cancelOn"];
    for (const place of [...triggers, ...(Array.isArray(cancelOn) ? cancelOn : [])]) {
      addEventType(found, place);
      addEventType(found, property(place, "event"));
    }
  }
  return found;
}

function addEventType(found: Map<string, StandardSchemaV1>, value: unknown): void {
  const [name, schema] = [property(value, "event"), property(value, "schema")];
  // The event of an invocation has another schema in each function.
  if (typeof name === "string" && name !== "inngest/function.invoked" && isStandardSchema(schema)) {
    found.set(name, schema);
  }
}

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
