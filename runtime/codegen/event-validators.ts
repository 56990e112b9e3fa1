import type { FunctionDefinition } from "../define/function-definition.js";
import { isStandardSchema, type StandardSchemaV1 } from "../define/standard-schema.js";
import { describeIssues } from "../define/check-schema.js";
import type { EventEntry } from "../manifest/manifest.js";
import { validatorOfJsonSchema } from "./json-schema-validator.js";

/** Null when the data fits, else what is wrong with it, naming each field. A promise only where the schema needs one. */
export type EventValidator = (data: unknown) => string | null | Promise<string | null>;

export interface EventValidators {
  /** Null for events without a declared schema: any data fits. */
  validator(eventName: string): EventValidator | null;
}

/**
 * The validators of an application's events: the schema object that a definition carries, else one that is made of the
 * manifest's JSON Schema, for events that are declared as types alone.
 *
 * @param declarations event types, `EventSchemas` and clients that no function mentions
 */
export function createEventValidators(
  events: readonly EventEntry[],
  definitions: readonly FunctionDefinition[],
  declarations: readonly unknown[] = [],
): EventValidators {
  const runtimeSchemas = collectSchemas(definitions, declarations);
  const jsonSchemas = new Map(events.flatMap(({ name, schema }) => (schema ? [[name, schema] as const] : [])));
  const made = new Map<string, EventValidator | null>();
  const make = (name: string): EventValidator | null => {
    const jsonSchema = jsonSchemas.get(name);
    const schema = runtimeSchemas.get(name) ?? (jsonSchema && validatorOfJsonSchema(jsonSchema));
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

/** Schemas of clients (`EventSchemas`), and of event types in triggers and cancellations, which win. */
function collectSchemas(
  definitions: readonly FunctionDefinition[],
  declarations: readonly unknown[],
): Map<string, StandardSchemaV1> {
  const found = new Map<string, StandardSchemaV1>();
  for (const client of new Set(definitions.map((definition) => definition.client))) addClient(found, client);
  for (const declaration of declarations) {
    addClient(found, declaration);
    addSchemas(found, declaration);
    addEventType(found, declaration);
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

function addClient(found: Map<string, StandardSchemaV1>, client: unknown): void {
  addSchemas(found, property(property(client, "options"), "schemas"));
}

function addSchemas(found: Map<string, StandardSchemaV1>, schemas: unknown): void {
  const declared = property(schemas, "runtimeSchemas");
  if (!(declared instanceof Map)) return;
  for (const [name, schema] of declared) if (isStandardSchema(schema)) found.set(String(name), schema);
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
