/**
 * The contract between the compiler and the runtime: what an application is, as plain validated data.
 * The compiler writes it, the runtime reads it; neither knows the other.
 */
import * as z from "zod";

/** Raised when a change makes older readers misunderstand a manifest. */
export const manifestVersion = 1;

/** Where a thing is in the source. `file` is relative to the project root with `/`; `line` and `column` count from 1. */
export const locationSchema = z.object({
  file: z.string(),
  line: z.number().int().positive(),
  column: z.number().int().positive(),
});
export type Location = z.infer<typeof locationSchema>;

/**
 * How another module reaches a value: `import { name } from module`, then the members in `path`. `module` is relative to
 * the project root; `name` is `default` for a default export.
 */
export const exportPathSchema = z.object({ module: z.string(), name: z.string(), path: z.array(z.string()) });
export type ExportPath = z.infer<typeof exportPathSchema>;

/**
 * A CEL expression (https://cel.dev), kept as written and lowered to a JavaScript expression.
 * `js` reads `event`, `async` and `$` (the expression library); null when it was left to run time.
 * `equality` is the part of a wait's or cancellation's condition that the store can look up by key:
 * `event.<left> == async.<right>`, and `only` says that nothing else has to be evaluated.
 */
export const expressionSchema = z.object({
  source: z.string(),
  js: z.string().nullable(),
  equality: z.object({ left: z.array(z.string()), right: z.array(z.string()), only: z.boolean() }).optional(),
});
export type Expression = z.infer<typeof expressionSchema>;

/** A JSON Schema (draft 2020-12) as data. */
export const jsonSchemaSchema = z.record(z.string(), z.unknown());
export type JsonSchema = z.infer<typeof jsonSchemaSchema>;

/**
 * Something that cannot be known without running the program. `at` is the dotted path inside the function
 * (`triggers.0.cron`, `id`, `steps`), `reason` says why. The runtime resolves and validates it at load.
 */
export const opaqueSchema = z.object({ at: z.string(), reason: z.string(), location: locationSchema });
export type Opaque = z.infer<typeof opaqueSchema>;

export const triggerSchema = z.discriminatedUnion("kind", [
  /** `event` is a name, or a wildcard with a trailing `*` after `/` or `.` (or `*` alone for all). */
  z.object({ kind: z.literal("event"), event: z.string(), if: expressionSchema.optional() }),
  z.object({
    kind: z.literal("cron"),
    /** As written, for `event.data.cron`. */
    source: z.string(),
    /** Five fields, aliases and time zone prefix resolved. */
    expression: z.string(),
    /** IANA name; null means UTC. */
    timezone: z.string().nullable(),
    jitterMs: z.number().int().nonnegative(),
    catchup: z.enum(["last", "none", "all"]),
  }),
  z.object({ kind: z.literal("invoke"), schema: jsonSchemaSchema.optional() }),
]);
export type Trigger = z.infer<typeof triggerSchema>;

export const backoffSchema = z.object({
  /** `table` is the documented default: 15 s, 30 s, 1 m, … 2 h plus up to 30 s of jitter. */
  kind: z.enum(["table", "exponential", "linear", "constant", "list"]),
  baseMs: z.number().nonnegative(),
  maxMs: z.number().nonnegative(),
  jitterMs: z.number().nonnegative(),
  /** Only for `list`: the delay before each retry; the last one repeats. */
  delaysMs: z.array(z.number().nonnegative()).optional(),
});
export type Backoff = z.infer<typeof backoffSchema>;

/** `limit` retries after the first attempt, 0–20. */
export const retriesSchema = z.object({ limit: z.number().int().min(0).max(20), backoff: backoffSchema });
export type Retries = z.infer<typeof retriesSchema>;

/** Flow control and life cycle of a function, all durations in milliseconds. */
export const functionConfigSchema = z.object({
  retries: retriesSchema,
  concurrency: z
    .array(
      z.object({
        limit: z.number().int().positive(),
        key: expressionSchema.optional(),
        scope: z.enum(["fn", "env", "account"]),
        unit: z.enum(["step", "run"]),
      }),
    )
    .max(2),
  throttle: z
    .object({
      limit: z.number().int(),
      periodMs: z.number(),
      burst: z.number().int(),
      key: expressionSchema.optional(),
    })
    .optional(),
  rateLimit: z.object({ limit: z.number().int(), periodMs: z.number(), key: expressionSchema.optional() }).optional(),
  debounce: z
    .object({
      periodMs: z.number(),
      timeoutMs: z.number().optional(),
      key: expressionSchema.optional(),
      collect: z.boolean(),
    })
    .optional(),
  batchEvents: z
    .object({
      maxSize: z.number().int(),
      timeoutMs: z.number(),
      key: expressionSchema.optional(),
      if: expressionSchema.optional(),
    })
    .optional(),
  singleton: z.object({ key: expressionSchema.optional(), mode: z.enum(["skip", "cancel"]) }).optional(),
  priority: z.object({ run: expressionSchema }).optional(),
  idempotency: z.object({ key: expressionSchema, periodMs: z.number() }).optional(),
  cancelOn: z
    .array(
      z.object({
        event: z.string(),
        if: expressionSchema.optional(),
        /** Later than this after the run's event it cancels no more. */
        timeoutMs: z.number().optional(),
        /** In place of `timeoutMs`: in ms since 1970. */
        until: z.number().optional(),
      }),
    )
    .max(5),
  /** How results are kept; absent: as the client says, at run time. */
  serialization: z.enum(["json", "rich"]).optional(),
  timeouts: z.object({
    startMs: z.number().optional(),
    finishMs: z.number().optional(),
    /** How long one attempt at a step may take. */
    stepMs: z.number().optional(),
  }),
});
export type FunctionConfig = z.infer<typeof functionConfigSchema>;

/** The tools of `step`, by the name a handler uses; `ai.infer` and the like keep their dot. */
export const stepToolNames = [
  "run",
  "transaction",
  "sleep",
  "sleepUntil",
  "waitForEvent",
  "waitForSignal",
  "invoke",
  "sendEvent",
  "sendSignal",
  "fetch",
  "ai.infer",
  "ai.wrap",
  "realtime.publish",
] as const;
export type StepToolName = (typeof stepToolNames)[number];

/** One node of the step graph. A step's `id` is null when it is not constant; `template` then gives its shape. */
export type StepNode =
  | {
      kind: "step";
      tool: StepToolName;
      id: string | null;
      template?: string | undefined;
      /** sleep: the time in ms where it is constant. */
      durationMs?: number | undefined;
      /** waitForEvent, sendEvent: event names. invoke: the function's id. */
      targets?: string[] | undefined;
      /** waitForEvent: the condition, `match` included. */
      if?: Expression | undefined;
      timeoutMs?: number | undefined;
      /** waitForEvent: how far back it looks, in ms. */
      lookbackMs?: number | undefined;
      /** run, transaction: it is taken back when the run fails or is cancelled. */
      rollback?: true | undefined;
      /** `maybe`: it may be skipped although no branch says so; `apart`: what follows does not wait for it. Absent: neither. */
      reached?: "maybe" | "apart" | undefined;
      /** SHA-256 (hex) of its body, with all of the application's code that this can reach. */
      hash?: string | undefined;
      /** SHA-256 (hex) of all that the handler executes up to the end of the innermost statement it is in that nothing repeats, bodies of steps left out. */
      before?: string | undefined;
      location: Location;
    }
  | {
      kind: "sequence" | "parallel" | "race" | "branch" | "loop";
      /** loop: its turns overlap, as in `Promise.all(items.map(…))`. */
      concurrent?: true | undefined;
      children: StepNode[];
    };

export const stepNodeSchema: z.ZodType<StepNode> = z.lazy(() =>
  z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("step"),
      tool: z.enum(stepToolNames),
      id: z.string().nullable(),
      template: z.string().optional(),
      durationMs: z.number().optional(),
      targets: z.array(z.string()).optional(),
      if: expressionSchema.optional(),
      timeoutMs: z.number().optional(),
      lookbackMs: z.number().optional(),
      rollback: z.literal(true).optional(),
      reached: z.enum(["maybe", "apart"]).optional(),
      hash: z.string().optional(),
      before: z.string().optional(),
      location: locationSchema,
    }),
    z.object({
      kind: z.enum(["sequence", "parallel", "race", "branch", "loop"]),
      concurrent: z.literal(true).optional(),
      children: z.array(stepNodeSchema),
    }),
  ]),
);

/**
 * A variable of the environment that a function reads, itself or through what it calls. `required`: it cannot do without it.
 * `optional`: it asks whether it is set, or hands on what it finds. `location` is the read that says so.
 */
export const environmentVariableSchema = z.object({
  name: z.string(),
  need: z.enum(["required", "default", "optional"]),
  /** The value that takes its place, where it is a constant. */
  default: z.string().optional(),
  location: locationSchema,
});
export type EnvironmentVariable = z.infer<typeof environmentVariableSchema>;

/** What a handler of a function does, where it could be followed. */
const handlerEntrySchema = z.object({
  steps: z.array(stepNodeSchema),
  location: locationSchema,
  /** SHA-256 (hex) of what decides about its steps: the handler without their bodies, and all that this can reach. */
  control: z.string().optional(),
  /** The handler has a `return` or `throw` under a condition, so steps after it may not be asked for. */
  mayEndEarly: z.literal(true).optional(),
  /** `step` goes to code that could not be followed: `steps` may lack some. */
  stepsLeave: z.literal(true).optional(),
});
export type HandlerEntry = z.infer<typeof handlerEntrySchema>;

export const functionEntrySchema = z.object({
  /** Without the app's prefix; the full id is `<app>-<id>`. */
  id: z.string(),
  name: z.string().optional(),
  description: z.string().optional(),
  triggers: z.array(triggerSchema).max(10),
  config: functionConfigSchema,
  /** The lifecycle handlers that the definition has. */
  handlers: z.object({ onFailure: z.boolean(), onCancel: z.boolean(), onComplete: z.boolean() }),
  ...handlerEntrySchema.shape,
  /** Those of its lifecycle handlers that could be followed. */
  lifecycle: z
    .object({
      onFailure: handlerEntrySchema.optional(),
      onCancel: handlerEntrySchema.optional(),
      onComplete: handlerEntrySchema.optional(),
    })
    .optional(),
  /** Of the result in its JSON form; absent when its type is not known. */
  output: jsonSchemaSchema.optional(),
  /** Of the definition. */
  location: locationSchema,
  /** Of the definition; absent when it is not exported. */
  export: exportPathSchema.optional(),
  /** SHA-256 (hex) of what the function does: configuration and normalised handler code. */
  hash: z.string(),
  /** By name; absent when it reads none. */
  environment: z.array(environmentVariableSchema).optional(),
  opaque: z.array(opaqueSchema),
});
export type FunctionEntry = z.infer<typeof functionEntrySchema>;

export const eventEntrySchema = z.object({
  name: z.string(),
  /** Of `data`. */
  schema: jsonSchemaSchema.optional(),
  /** Of `data`, where it is not declared: what its senders give it. Nothing is held to it. */
  inferred: jsonSchemaSchema.optional(),
  /** `schema`: a run-time schema object; `type`: a TypeScript type alone; `none`: not declared. */
  declared: z.enum(["schema", "type", "none"]),
  version: z.string().optional(),
  location: locationSchema.optional(),
  /** Of the event type, or of the client's schemas, that hold the run-time schema; absent when it is not exported. */
  export: exportPathSchema.optional(),
  /** Where it is sent: in the application's code, outside functions or inside one (`function` is its id). */
  senders: z.array(z.object({ function: z.string().optional(), location: locationSchema })),
  /** Ids of the functions that it starts, that wait for it, or that it cancels. */
  consumers: z.array(z.object({ function: z.string(), as: z.enum(["trigger", "wait", "cancel"]) })),
});
export type EventEntry = z.infer<typeof eventEntrySchema>;

export const manifestSchema = z.object({
  version: z.literal(manifestVersion),
  app: z.object({
    /** The client's id; null when it is opaque. */
    id: z.string().nullable(),
    /** The module specifier under which the application imports the package: `stepwright`, `inngest`, … */
    package: z.string(),
  }),
  events: z.array(eventEntrySchema),
  functions: z.array(functionEntrySchema),
  waivers: z.array(z.object({ code: z.string(), reason: z.string(), location: locationSchema })),
  /** What belongs to no single function: definitions whose id is not known, clients, … */
  opaque: z.array(opaqueSchema),
  /** SHA-256 (hex) of everything above but the locations. */
  hash: z.string(),
});
export type Manifest = z.infer<typeof manifestSchema>;
