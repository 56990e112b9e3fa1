/** `stepwright/validation`: events are checked against their schemas when they are sent and when a run begins. */
import { describeIssues } from "../../define/check-schema.js";
import { NonRetriableError } from "../../define/errors.js";
import type { FunctionDefinition } from "../../define/function-definition.js";
import { internalEvents } from "../../define/internal-events.js";
import { Middleware } from "../../define/middleware.js";
import { clientSchema, triggerSchemas } from "../../define/schemas.js";
import type { StandardSchemaV1 } from "../../define/standard-schema.js";

export interface ValidationMiddlewareOptions {
  /** Refuses events without a schema. */
  disallowSchemalessEvents?: boolean;
  /** Refuses events whose schema is none that can be executed, such as a type alone. */
  disallowUnknownSchemas?: boolean;
  /** Does not look at the events of runs. */
  disableIncomingValidation?: boolean;
  /** Does not look at events that are sent. */
  disableOutgoingValidation?: boolean;
}

/**
 * Checks the data of events by Standard Schema: those of the client (`EventSchemas`), and for a run those of the
 * function's triggers (`eventType`, `invoke`). Handlers and receivers get what the schema makes of it: defaults and
 * transformations included. What does not fit makes the run fail without retries, or the sending.
 *
 * @example new Stepwright({ id: "shop", schemas, middleware: [validationMiddleware()] })
 */
export function validationMiddleware(options: ValidationMiddlewareOptions = {}): Middleware.Class {
  return class extends Middleware.BaseMiddleware {
    readonly id = "stepwright:validation";

    override async transformFunctionInput(args: Middleware.TransformFunctionInputArgs) {
      if (options.disableIncomingValidation) return args;
      const events = [];
      for (const event of args.ctx.events)
        events.push(await check(event, schemasFor(this.client, args.fn, event.name)));
      return { ...args, ctx: { ...args.ctx, event: events[0], events } as typeof args.ctx };
    }

    override async transformSendEvent(args: Middleware.TransformSendEventArgs) {
      if (options.disableOutgoingValidation) return args;
      const events = [];
      for (const event of args.events) {
        const schema: unknown = clientSchema(this.client, event.name);
        events.push(await check(event, schema === undefined ? [] : [schema]));
      }
      return { ...args, events };
    }
  };

  async function check<E extends { name: string; data?: any }>(event: E, schemas: readonly unknown[]): Promise<E> {
    const { name } = event;
    if (name.startsWith("inngest/") && name !== internalEvents.FunctionInvoked) return event;
    if (schemas.length === 0) {
      if (options.disallowSchemalessEvents) throw new NonRetriableError(`event \`${name}\` has no schema`);
      return event;
    }
    const known = schemas.filter(isExecutable);
    if (known.length === 0) {
      if (options.disallowUnknownSchemas) {
        throw new NonRetriableError(`event \`${name}\` has a schema that cannot be executed`);
      }
      return event;
    }
    let issues: readonly StandardSchemaV1.Issue[] = [];
    for (const schema of known) {
      const result = await schema["~standard"].validate(event.data ?? {});
      if (!result.issues) return { ...event, data: result.value };
      if (issues.length === 0) issues = result.issues;
    }
    throw new NonRetriableError(`event \`${name}\`: ${describeIssues(issues)}`);
  }
}

/** An event fits when it fits one of them: the triggers' come first. */
function schemasFor(client: object, fn: FunctionDefinition, name: string): readonly unknown[] {
  const declared = triggerSchemas(fn, name);
  if (declared.length > 0) return declared;
  if (name === internalEvents.FunctionInvoked)
    return fn.triggers.flatMap((trigger) => schemasOfTrigger(client, trigger));
  const schema = clientSchema(client, name);
  return schema ? [schema] : [];
}

/** What an invocation brings is for one of the events that the function is for. */
function schemasOfTrigger(client: object, trigger: unknown): readonly unknown[] {
  const event: unknown = Reflect.get(Object(trigger), "event");
  const name: unknown = typeof event === "string" ? event : Reflect.get(Object(event), "event");
  if (typeof name !== "string") return [];
  const schema: unknown =
    Reflect.get(Object(trigger), "schema") ?? Reflect.get(Object(event), "schema") ?? clientSchema(client, name);
  return schema ? [schema] : [];
}

function isExecutable(schema: unknown): schema is StandardSchemaV1 {
  return typeof (schema as Partial<StandardSchemaV1> | null)?.["~standard"]?.validate === "function";
}
