import type { Equal, Expect } from "./expect-type.test-d.js";
import {
  dependencyInjectionMiddleware,
  EventSchemas,
  Inngest,
  InngestMiddleware,
  Middleware,
  type ClientOptionsFromInngest,
  type Context,
  type EventPayload,
  type FailureEventPayload,
  type GetEvents,
  type GetFunctionInput,
  type GetFunctionOutput,
  type GetStepTools,
  type Handler,
  type InngestFunction,
} from "./index.js";

type Declared = { "a/b": { data: { n: number } }; "c/d": { data: { s: string } } };
const inngest = new Inngest({ id: "app", schemas: new EventSchemas().fromRecord<Declared>() });
const plain = new Inngest({ id: "plain" });

// types derived from a client
type Events = GetEvents<typeof inngest>;
const event: Events["a/b"] = { name: "a/b", data: { n: 1 } };
void inngest.send(event);
export const anyEvent: EventPayload = event;
export type Derived = [
  Expect<Equal<keyof Events, "a/b" | "c/d">>,
  Expect<Equal<ClientOptionsFromInngest<typeof inngest>["id"], "app">>,
  Expect<Equal<GetFunctionInput<typeof inngest, "a/b">["event"]["data"], { n: number }>>,
  Expect<Equal<GetFunctionInput<typeof plain>["event"]["data"], any>>,
];

// helpers that take steps, a context, a payload, a client, a function
async function withSteps(step: GetStepTools<typeof inngest>): Promise<string> {
  return step.run("x", () => "y");
}
async function withNamedSteps(step: GetStepTools<typeof inngest, "a/b">): Promise<void> {
  await step.sleep("x", 1);
}
function withContext({ event, step }: Context<typeof inngest, "a/b">): unknown {
  return step.run("n", () => event.data.n);
}
function emit(payload: Parameters<typeof inngest.send>[0]) {
  return inngest.send(payload);
}
function onClient(client: Inngest.Any, like: Inngest.Like): [string, string] {
  return [client.id, like[Symbol.toStringTag]];
}
onClient(inngest, plain);
void emit([{ name: "a/b", data: { n: 1 } }]);

const fn = inngest.createFunction({ id: "f" }, { event: "a/b" }, async (ctx) => {
  await withSteps(ctx.step);
  await withNamedSteps(ctx.step);
  await withContext(ctx);
  return { at: new Date() };
});
export const functions: InngestFunction.Any[] = [fn, plain.createFunction({ id: "g" }, { event: "x" }, () => {})];
export type Output = Expect<Equal<GetFunctionOutput<typeof fn>, { at: string }>>;
export const handler: Handler.Any = ({ event }) => event;
export const failure: Handler<typeof inngest, "a/b"> = ({ event }) => event.data.n;

inngest.createFunction({ id: "failures" }, { event: "inngest/function.failed" }, ({ event }) => {
  const failed: FailureEventPayload = event;
  return failed.data.error.message;
});

// what middleware adds: SDK v4, SDK v3, on the client and on the function
class Tenant extends Middleware.BaseMiddleware {
  readonly id = "tenant";
  override transformFunctionInput(arg: Middleware.TransformFunctionInputArgs) {
    return { ...arg, ctx: { ...arg.ctx, tenant: "t1" as const } };
  }
  override async wrapStep({ next }: Middleware.WrapStepArgs) {
    return next();
  }
}
const legacy = new InngestMiddleware({
  name: "legacy",
  init: () => ({ onFunctionRun: () => ({ transformInput: () => ({ ctx: { legacy: 1 } }) }) }),
});
const extended = new Inngest({
  id: "x",
  middleware: [dependencyInjectionMiddleware({ db: { query: () => 1 } }), Tenant],
});
extended.createFunction(
  { id: "m", middleware: [legacy] },
  { event: "x" },
  async ({ db, tenant, legacy, event, step }) => {
    type _1 = Expect<Equal<typeof tenant, "t1">>;
    type _2 = Expect<Equal<typeof legacy, number>>;
    type _3 = Expect<Equal<typeof event.data, any>>;
    const result = await step.run("q", () => db.query());
    type _4 = Expect<Equal<typeof result, 1>>;
  },
);
extended.createFunction({ id: "n", triggers: [{ event: "x" }], onFailure: ({ db }) => db.query() }, ({ db }) =>
  db.query(),
);
// @ts-expect-error: nobody adds it
plain.createFunction({ id: "o" }, { event: "x" }, ({ db }) => db);
