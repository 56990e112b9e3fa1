import { brandObject, readBrand } from "./brand.js";
import { describeIssues } from "./check-schema.js";
import type { HandlerContext, Stepwright } from "./client.js";
import type { ClientOptionsFromInngest } from "./client-types.js";
import { NonRetriableError } from "./errors.js";
import type { EventMeta } from "./event-payload.js";
import type { FunctionDefinition } from "./function-definition.js";
import type { FunctionOptions } from "./function-options.js";
import type { ExperimentRef } from "./group-tools.js";
import { type DeferredEventPayload, internalEvents } from "./internal-events.js";
import type { MiddlewareInput } from "./middleware-input.js";
import type { ScoreOptions } from "./score.js";
import type { StandardSchemaV1 } from "./standard-schema.js";
import type { StepOptionsOrId } from "./step-options.js";

type Schema = StandardSchemaV1<any, any> | undefined;
type DataOf<S> = S extends StandardSchemaV1<any, infer Data> ? Data : Record<string, any>;

/** A function whose runs others defer: made by `createDefer`. */
export interface DeferredFunction<Data = any, Result = any> extends FunctionDefinition<
  DeferredEventPayload<Data>,
  Result
> {
  /** Of its data; checked where a run is deferred, and when it begins. */
  readonly schema: Schema;
}

/** The run that has deferred this one. */
export interface DeferredParent {
  /** The full id of its function: `<app>-<function>`. */
  fnSlug: string;
  runId: string;
  /** What `defer` was given. */
  experiment?: ExperimentRef;
}

/** Of a run that was deferred. */
export interface DeferHandle {
  /** Takes it back, unless it has begun. */
  abort(): void;
}

/**
 * Has a run of the other function begin when this one has ended, however it ends. An id defers once, whatever is replayed; at
 * most 20 for each run, with 4 MiB of data together. A mistake is logged and hinders nothing.
 *
 * @example defer("report", { function: report, data: { orderId } });
 */
export interface Defer {
  <F extends DeferredFunction>(
    id: StepOptionsOrId,
    options: {
      function: F;
      data: F extends DeferredFunction<infer Data> ? Data : never;
      /** What a scorer's result is for. */
      experiment?: ExperimentRef;
      meta?: EventMeta;
    },
  ): DeferHandle;
}

type Options<S, M> = Omit<
  FunctionOptions<{ failure: any; cancel: any; complete: any }, M>,
  "onFailure" | "onCancel" | "onComplete" | "batchEvents"
> & { schema?: S; middleware?: M };

/** What its handler gets: `event.data` is what `defer` was given. */
export type DeferContext<C extends Stepwright.Any, S, M> = Omit<
  HandlerContext<ClientOptionsFromInngest<C>, { event: "inngest/deferred.schedule" }, M>,
  "event" | "events"
> & {
  event: DeferredEventPayload<DataOf<S>>;
  events: [DeferredEventPayload<DataOf<S>>];
  parents: [DeferredParent];
};

/** Where `defer` keeps which experiment it is for: beside the data, as the SDK does. */
export const experimentKey = "_inngestExperiment";

/**
 * Defines a function whose runs others defer by `defer(id, { function, data })`.
 *
 * @throws StepwrightError `missing-function-id`, `missing-function-handler`
 * @example
 * const report = createDefer(client, { id: "report", schema: z.object({ orderId: z.string() }) }, async ({ event, step }) =>
 *   step.run("write", () => write(event.data.orderId)));
 */
export function createDefer<
  C extends Stepwright.Any,
  S extends Schema = undefined,
  const M extends readonly MiddlewareInput[] = [],
  R = unknown,
>(
  client: C,
  options: Options<S, M>,
  handler: (context: NoInfer<DeferContext<C, S, M>>) => R,
): DeferredFunction<DataOf<S>, R> {
  const { schema, ...config } = options ?? {};
  const slug = `${client.id}-${config.id}`;
  const trigger = {
    event: internalEvents.DeferredSchedule,
    if: `event.data._inngest.fn_slug == ${JSON.stringify(slug)}`,
  };
  const receive =
    typeof handler === "function" ? receiveDeferred(schema, handler as (context: any) => unknown) : handler;
  const make = client.createFunction.bind(client) as (options: object, handler: unknown) => FunctionDefinition;
  const definition = make({ ...config, triggers: [trigger] }, receive);
  brandObject(definition, "deferred");
  return Object.assign(definition, { schema }) as DeferredFunction<DataOf<S>, R>;
}

/** What a scorer returns: nothing where there is nothing to score. */
export type Scored = ScoreOptions | null | undefined;

/**
 * As `createDefer`, of a function whose result is a score: of the run that has deferred it, and of the variant of the experiment that
 * `defer` was given.
 *
 * @throws StepwrightError `missing-function-id`, `missing-function-handler`
 * @example
 * const length = createScorer(client, { id: "length" }, ({ event }) => ({ name: "length", value: event.data.text.length }));
 */
export function createScorer<
  C extends Stepwright.Any,
  S extends Schema = undefined,
  const M extends readonly MiddlewareInput[] = [],
  R extends Scored = Scored,
>(
  client: C,
  options: Options<S, M>,
  handler: (context: NoInfer<DeferContext<C, S, M>>) => R | Promise<R>,
): DeferredFunction<DataOf<S>, Promise<R>> {
  const scores = typeof handler === "function" ? scoreBy<R>(client, handler) : handler;
  return createDefer<C, S, M, Promise<R>>(client, options, scores);
}

function scoreBy<R extends Scored>(client: Stepwright.Any, handler: (context: any) => R | Promise<R>) {
  // Of any client, with any middleware.
  return async (context: any): Promise<R> => {
    const scored = await handler(context);
    const [{ runId, experiment }] = context.parents as [DeferredParent];
    if (!scored) return scored;
    await context.step.run("score", () =>
      experiment ? client.score.experiment({ runId, experiment, ...scored }) : client.score({ runId, ...scored }),
    );
    return scored;
  };
}

/** True for what `createDefer` made, in this or another copy of the package. */
export function isDeferredFunction(value: unknown): value is DeferredFunction {
  return readBrand(value, "deferred") === true;
}

/** The handler gets the data as it was given, and beside it who has deferred the run. */
function receiveDeferred(schema: Schema, handler: (context: any) => unknown) {
  return async (context: { readonly events: readonly DeferredEventPayload[] }): Promise<unknown> => {
    const taken = context.events.map(takeApart);
    for (const { event } of taken) await check(schema, event.data);
    const events = taken.map(({ event }) => event);
    const own = { event: events[0], events, parents: taken.map(({ parent }) => parent) };
    // What is made when somebody asks for it stays so.
    return handler(Object.defineProperties({}, { ...Object.getOwnPropertyDescriptors(context), ...describe(own) }));
  };
}

const describe = (values: object): PropertyDescriptorMap => Object.getOwnPropertyDescriptors(values);

function takeApart(event: DeferredEventPayload): { event: DeferredEventPayload; parent: DeferredParent } {
  const { _inngest: told, [experimentKey]: experiment, ...data } = Object(event.data);
  const { parent_fn_slug: fnSlug, parent_run_id: runId } = Object(told);
  const parent = { fnSlug: String(fnSlug ?? ""), runId: String(runId ?? ""), ...(isRef(experiment) && { experiment }) };
  return { event: { ...event, data }, parent };
}

function isRef(value: unknown): value is ExperimentRef {
  const { experimentName, variant } = Object(value);
  return typeof experimentName === "string" && typeof variant === "string";
}

async function check(schema: Schema, data: unknown): Promise<void> {
  const result = await schema?.["~standard"].validate(data);
  if (result?.issues) throw new NonRetriableError(`the deferred data does not fit: ${describeIssues(result.issues)}`);
}
