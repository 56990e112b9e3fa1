import { readBrand } from "./brand.js";
import { isStandardSchema, type StandardSchemaV1 } from "./standard-schema.js";
import type { FunctionDefinition } from "./function-definition.js";

/** The schema of `data` that the client declares for an event of that name. */
export function clientSchema(client: object, eventName: string): StandardSchemaV1 | undefined {
  const schemas: unknown = Reflect.get(Reflect.get(client, "options") ?? {}, "schemas");
  if (readBrand(schemas, "event-schemas") !== true) return undefined;
  return (schemas as { runtimeSchemas: ReadonlyMap<string, StandardSchemaV1> }).runtimeSchemas.get(eventName);
}

/** The schemas by which an event may start this function; with several, it has to fit one of them. */
export function triggerSchemas(definition: FunctionDefinition, eventName: string): StandardSchemaV1[] {
  return definition.triggers.flatMap((trigger) => {
    const found = readTriggerSchema(trigger, eventName);
    return found ? [found] : [];
  });
}

function readTriggerSchema(trigger: unknown, eventName: string): StandardSchemaV1 | undefined {
  if (typeof trigger !== "object" || trigger === null) return undefined;
  const { event, schema } = trigger as { event?: unknown; schema?: unknown };
  // `{ event: orderPlaced, if }` holds the event type, `orderPlaced` itself and a spread of it hold name and schema
  if (readBrand(event, "event-type") === true) return readTriggerSchema(event, eventName);
  if (typeof event !== "string" || !matches(event, eventName)) return undefined;
  return isStandardSchema(schema) ? schema : undefined;
}

function matches(pattern: string, eventName: string): boolean {
  return pattern.endsWith("*") ? eventName.startsWith(pattern.slice(0, -1)) : pattern === eventName;
}

/** What a check of an event's data says: fine, or what is wrong with it, ready to show. */
export type DataCheck =
  { readonly ok: true } | { readonly ok: false; readonly issues: readonly StandardSchemaV1.Issue[] };

/**
 * Checks the data of an event against what the definition declares for it: its triggers first, the client's schemas
 * otherwise. Without a declaration everything is fine. Transformations of a schema are not applied.
 */
export async function validateEventData(
  definition: FunctionDefinition,
  eventName: string,
  data: unknown,
): Promise<DataCheck> {
  const declared = triggerSchemas(definition, eventName);
  const fallback = declared.length === 0 ? clientSchema(definition.client, eventName) : undefined;
  let issues: readonly StandardSchemaV1.Issue[] | undefined;
  for (const schema of fallback ? [fallback] : declared) {
    const result = await schema["~standard"].validate(data);
    if (!result.issues) return { ok: true };
    issues ??= result.issues;
  }
  return issues ? { ok: false, issues } : { ok: true };
}
