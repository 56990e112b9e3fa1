import { brandClass } from "./brand.js";
import type { EventDeclaration, MergeEvents } from "./event-map.js";
import { isStandardSchema, type StandardSchemaV1 } from "./standard-schema.js";

/** What a schema of zod 3, zod 4 or any Standard Schema library gives. */
type OutputOf<S> = S extends { readonly _output: infer O } ? O : S extends StandardSchemaV1<any, infer O> ? O : S;

type ZodRecord = Record<string, { data?: unknown; user?: unknown }>;
type ZodLiterals = readonly { readonly _output: any; readonly shape: any }[];

type FromZodRecord<T> = { [N in keyof T & string]: { [F in keyof T[N]]: OutputOf<T[N][F]> } };
type FromUnion<T extends { name: string }> = { [N in T["name"]]: Extract<T, { name: N }> };
type FromStandard<T> = { [N in keyof T & string]: { data: OutputOf<T[N]> } };

/**
 * Declares the application's events on the client, in the form of SDK v3. Each method adds to what is declared;
 * a later declaration of the same name replaces the earlier one.
 *
 * @example new EventSchemas().fromRecord<{ "order/placed": { data: { orderId: string } } }>()
 */
export class EventSchemas<Events extends object = {}> {
  /** Only for inference. */
  declare readonly "~events": Events;
  /** Schemas of `data` by event name; types alone (fromRecord, fromUnion) leave nothing here. */
  readonly runtimeSchemas: ReadonlyMap<string, StandardSchemaV1>;

  constructor(runtimeSchemas: ReadonlyMap<string, StandardSchemaV1> = new Map()) {
    this.runtimeSchemas = runtimeSchemas;
  }

  /** Events from a type: name → `{ data }`. */
  fromRecord<T extends { [N in keyof T]: EventDeclaration }>(): EventSchemas<MergeEvents<Events, T>> {
    return new EventSchemas(this.runtimeSchemas);
  }

  /** Like `fromRecord`, for generated types. */
  fromGenerated<T extends { [N in keyof T]: EventDeclaration }>(): EventSchemas<MergeEvents<Events, T>> {
    return new EventSchemas(this.runtimeSchemas);
  }

  /** Events from a union of types that have `name`. */
  fromUnion<T extends { name: string; data?: any; user?: any }>(): EventSchemas<MergeEvents<Events, FromUnion<T>>> {
    return new EventSchemas(this.runtimeSchemas);
  }

  /** Events from zod: name → `{ data: z.object(…) }`, or a list of `z.object({ name: z.literal(…), data })`. */
  fromZod<const T extends ZodLiterals>(schemas: T): EventSchemas<MergeEvents<Events, FromUnion<T[number]["_output"]>>>;
  fromZod<T extends ZodRecord>(schemas: T): EventSchemas<MergeEvents<Events, FromZodRecord<T>>>;
  fromZod(schemas: ZodLiterals | ZodRecord): EventSchemas<any> {
    return new EventSchemas(merge(this.runtimeSchemas, isList(schemas) ? readLiterals(schemas) : readRecord(schemas)));
  }

  /** Events from any Standard Schema: name → schema of `data`. */
  fromSchema<T extends Record<string, StandardSchemaV1<any, any>>>(
    schemas: T,
  ): EventSchemas<MergeEvents<Events, FromStandard<T>>> {
    return new EventSchemas(merge(this.runtimeSchemas, Object.entries(schemas)));
  }
}
brandClass(EventSchemas, "event-schemas");

const isList = (schemas: ZodLiterals | ZodRecord): schemas is ZodLiterals => Array.isArray(schemas);

function merge(earlier: ReadonlyMap<string, StandardSchemaV1>, entries: Iterable<readonly [string, unknown]>) {
  const merged = new Map(earlier);
  for (const [name, schema] of entries) {
    if (isStandardSchema(schema)) merged.set(name, schema);
    else merged.delete(name);
  }
  return merged;
}

function readRecord(schemas: ZodRecord): [string, unknown][] {
  return Object.entries(schemas).map(([name, fields]) => [name, fields.data]);
}

function readLiterals(schemas: ZodLiterals): [string, unknown][] {
  return schemas.flatMap(({ shape }): [string, unknown][] => {
    const name = literalValue(shape?.name);
    return name === undefined ? [] : [[name, shape.data]];
  });
}

/** zod 3 and 4 have `value`; zod's mini variant has only the definition's list. */
function literalValue(literal: unknown): string | undefined {
  if (typeof literal !== "object" || literal === null) return undefined;
  const direct: unknown = Reflect.get(literal, "value");
  const value = direct ?? (literal as { _zod?: { def?: { values?: unknown[] } } })._zod?.def?.values?.[0];
  return typeof value === "string" ? value : undefined;
}
