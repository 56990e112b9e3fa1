import { brandClass } from "./brand.js";
import type { EventMeta } from "./event-payload.js";
import { StepwrightError } from "./errors.js";
import type { StandardSchemaV1 } from "./standard-schema.js";
import { checkAgainstSchema } from "./check-schema.js";

type AnySchema = StandardSchemaV1<any, any>;

/** `data` as the schema takes it; any object where there is none. */
export type SchemaData<S> = S extends StandardSchemaV1<infer D, any> ? D : Record<string, any>;

export interface EventCreateOptions {
  id?: string;
  ts?: number;
  v?: string;
  meta?: EventMeta;
}

/** An event made by `EventType.create`, ready to send. */
export interface CreatedEvent<Name extends string, Data> {
  name: Name;
  data: Data;
  id?: string;
  ts?: number;
  v?: string;
  meta?: EventMeta;
  /** Rejects with `invalid-event-data` where `data` is not what the schema says. Sending does this by itself. */
  validate: () => Promise<void>;
}

type CreateArgs<S> = S extends AnySchema
  ? [data: SchemaData<S>, options?: EventCreateOptions]
  : [data?: Record<string, any>, options?: EventCreateOptions];

/** The declaration of one event: usable as a trigger, in `waitForEvent`, and to make events. */
export class EventType<TName extends string, TSchema extends AnySchema | undefined = undefined> {
  /** The name again, under the key that triggers have. */
  readonly event: TName;
  readonly name: TName;
  schema: TSchema;
  version?: string;

  constructor(options: { name: TName; schema: TSchema; version?: string | undefined }) {
    if (typeof options.name !== "string" || options.name === "") throw new StepwrightError("missing-event-name");
    this.event = options.name;
    this.name = options.name;
    this.schema = options.schema;
    if (options.version !== undefined) this.version = options.version;
  }

  /** An event of this type. Checks nothing by itself: sending does, and `validate()` on the result does. */
  create(...args: CreateArgs<TSchema>): CreatedEvent<TName, SchemaData<TSchema>> {
    const [data, options] = args;
    const { name, schema, version } = this;
    const event = { name, data: (data ?? {}) as SchemaData<TSchema>, ...options };
    if (version !== undefined && event.v === undefined) event.v = version;
    // not enumerable: what is sent is the data alone
    return Object.defineProperty(event, "validate", {
      value: async () => {
        if (schema) await checkAgainstSchema(name, schema, event.data);
      },
      enumerable: false,
    }) as CreatedEvent<TName, SchemaData<TSchema>>;
  }
}
brandClass(EventType, "event-type");

/**
 * Declares an event.
 * @example const orderPlaced = eventType("order/placed", { schema: z.object({ orderId: z.string() }) });
 */
export function eventType<const TName extends string, TSchema extends AnySchema | undefined = undefined>(
  name: TName,
  options: { schema?: TSchema; version?: string } = {},
): EventType<TName, TSchema> {
  return new EventType({ name, schema: options.schema as TSchema, version: options.version });
}

/** A schema that is a type alone: nothing is checked at run time. */
export function staticSchema<TData extends Record<string, unknown>>(): StandardSchemaV1<TData> {
  return { "~standard": { version: 1, vendor: "stepwright", validate: (value) => ({ value: value as TData }) } };
}

/**
 * A trigger for `step.invoke` with the data that callers have to give.
 * @example triggers: [invoke(z.object({ orderId: z.string() }))]
 */
export function invoke<TData extends Record<string, unknown>>(
  schema: StandardSchemaV1<TData, any>,
): EventType<"inngest/function.invoked", StandardSchemaV1<TData>> {
  return new EventType({ name: "inngest/function.invoked", schema });
}
