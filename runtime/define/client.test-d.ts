import { z } from "zod";
import type { Equal, Expect } from "./expect-type.test-d.js";
import {
  cron,
  EventSchemas,
  eventType,
  Inngest,
  invoke,
  referenceFunction,
  staticSchema,
  Stepwright,
} from "./index.js";

type Events = {
  "order/placed": { data: { orderId: string; total: number } };
  "order/paid": { data: { orderId: string; method: "card" | "cash" } };
  "user/created": { data: { userId: string }; user: { email: string } };
  "app/ping": {};
};

const typed = new Stepwright({ id: "shop", schemas: new EventSchemas().fromRecord<Events>() });
const untyped = new Inngest({ id: "shop" });

// v3: the event of the trigger
typed.createFunction({ id: "a" }, { event: "order/placed" }, ({ event, events, runId, attempt, logger, signal }) => {
  type _1 = Expect<Equal<typeof event.data, { orderId: string; total: number }>>;
  type _2 = Expect<Equal<typeof event.name, "order/placed" | "inngest/function.invoked">>;
  type _3 = Expect<Equal<(typeof events)[0]["data"], { orderId: string; total: number }>>;
  type _4 = Expect<Equal<[typeof runId, typeof attempt, typeof signal], [string, number, AbortSignal]>>;
  logger.info(event.id, event.ts);
});

// v3: the union of several, which narrows by name
typed.createFunction(
  { id: "b", onFailure: ({ event, error }) => void [event.data.event.data, error.message, event.data.run_id] },
  [{ event: "order/placed", if: "event.data.total > 1" }, { event: "order/paid" }, { cron: "0 * * * *" }],
  ({ event }) => {
    if (event.name === "order/paid") {
      type _1 = Expect<Equal<typeof event.data, { orderId: string; method: "card" | "cash" }>>;
    }
    if (event.name === "inngest/scheduled.timer") {
      type _2 = Expect<Equal<typeof event.data, { cron: string }>>;
    }
  },
);

typed.createFunction(
  {
    id: "on-failure",
    onFailure: ({ event, step }) => {
      type _1 = Expect<Equal<typeof event.data.event.data, { orderId: string; total: number }>>;
      return step.sleep("wait", "1m");
    },
  },
  { event: "order/placed" },
  () => {},
);

// names: declared, internal, and wildcards
typed.createFunction({ id: "c" }, { event: "order/*" }, ({ event }) => {
  type _1 = Expect<Equal<typeof event.name, "order/placed" | "order/paid" | "inngest/function.invoked">>;
});
typed.createFunction({ id: "d" }, { event: "nothing/*" }, ({ event }) => {
  type _1 = Expect<Equal<typeof event.data, any>>;
});
typed.createFunction({ id: "e" }, { event: "inngest/function.failed" }, ({ event }) => {
  const id: string = event.data.run_id;
  return id;
});
typed.createFunction({ id: "f" }, { event: "app/ping" }, ({ event }) => {
  type _1 = Expect<Equal<typeof event.data, any>>;
});
typed.createFunction({ id: "u" }, { event: "user/created" }, ({ event }) => {
  type _1 = Expect<Equal<typeof event.user, { email: string }>>;
});
// @ts-expect-error: not a declared event
typed.createFunction({ id: "g" }, { event: "order/plcaed" }, () => {});
// @ts-expect-error: an event or a schedule
typed.createFunction({ id: "h" }, { event: "order/placed", cron: "* * * * *" }, () => {});
// @ts-expect-error: no such option
typed.createFunction({ id: "h", retires: 3 }, { event: "order/placed" }, () => {});

// v3 and v4 without schemas: any
untyped.createFunction({ id: "a" }, { event: "x" }, ({ event }) => {
  type _1 = Expect<Equal<typeof event.data, any>>;
  event.data.whatever.you.like;
});
untyped.createFunction({ id: "b", triggers: { event: "x" } }, ({ event }) => {
  type _1 = Expect<Equal<typeof event.data, any>>;
});
untyped.createFunction({ id: "c" }, async ({ event }) => {
  type _1 = Expect<Equal<typeof event.name, "inngest/function.invoked">>;
});
untyped.createFunction({ id: "d", triggers: [{ cron: "0 0 * * *" }, cron("1 0 * * *", { jitter: "1m" })] }, (ctx) => {
  type _1 = Expect<Equal<typeof ctx.event.data, { cron: string }>>;
});

// v4: event types
const orderPlaced = eventType("order/placed", { schema: z.object({ orderId: z.string(), total: z.number() }) });
const bare = eventType("app/bare");
const statically = eventType("app/static", { schema: staticSchema<{ at: string }>(), version: "2" });

untyped.createFunction(
  {
    id: "e",
    triggers: [{ event: orderPlaced, if: "event.data.total > 100" }, bare, statically],
    retries: 3,
    onFailure: async ({ event }) => {
      if (event.data.event.name === "order/placed") {
        type _1 = Expect<Equal<typeof event.data.event.data, { orderId: string; total: number }>>;
      }
    },
  },
  ({ event }) => {
    if (event.name === "order/placed") {
      type _1 = Expect<Equal<typeof event.data, { orderId: string; total: number }>>;
    } else if (event.name === "app/bare") {
      type _2 = Expect<Equal<typeof event.data, any>>;
    } else if (event.name === "app/static") {
      type _3 = Expect<Equal<typeof event.data, { at: string }>>;
    }
  },
);
untyped.createFunction({ id: "f", triggers: { ...orderPlaced, if: "true" } }, ({ event }) => {
  type _1 = Expect<Equal<typeof event.data, { orderId: string; total: number }>>;
});
untyped.createFunction({ id: "g", triggers: [orderPlaced, invoke(z.object({ n: z.number() }))] }, ({ event }) => {
  if (event.name === "inngest/function.invoked") {
    type _1 = Expect<Equal<typeof event.data, { n: number }>>;
  } else {
    type _2 = Expect<Equal<typeof event.data, { orderId: string; total: number }>>;
  }
});
untyped.createFunction({ id: "w", triggers: [eventType("order/*", { schema: staticSchema<{ n: 1 }>() })] }, (ctx) => {
  type _1 = Expect<Equal<typeof ctx.event.data, { n: 1 }>>;
  type _2 = Expect<Equal<typeof ctx.event.name, string>>;
});

// creating events
type Created = ReturnType<typeof orderPlaced.create>;
export type _Created = Expect<Equal<Created["data"], { orderId: string; total: number }>>;
orderPlaced.create({ orderId: "1", total: 1 }, { id: "x", ts: 1 });
bare.create();
// @ts-expect-error: total is missing
orderPlaced.create({ orderId: "1" });

// steps
typed.createFunction({ id: "steps" }, { event: "order/placed" }, async ({ step, event }) => {
  const user = await step.run("user", async () => ({ id: "1", at: new Date(), tags: new Map<string, string>() }));
  type _1 = Expect<Equal<(typeof user)["at"], string>>;
  const nothing = await step.run("nothing", () => {});
  type _2 = Expect<Equal<typeof nothing, null>>;
  const maybe = await step.run("maybe", () => [1].find((n) => n > 1));
  type _3 = Expect<Equal<typeof maybe, number | null>>;
  const passed = await step.run("input", (a: number, b: string) => `${a}${b}`, 1, "x");
  type _4 = Expect<Equal<typeof passed, string>>;
  const optional = await step.run("optional", async (a?: number) => a ?? 1);
  type _5 = Expect<Equal<typeof optional, number>>;
  await step.run({ id: "signal", name: "With signal" }, async ({ signal }) => void signal.aborted);
  // @ts-expect-error: the input is not what the callback takes
  await step.run("input", (a: number) => a, "1");
  // @ts-expect-error: the result is in JSON form
  user.at.getTime();

  await step.sleep("a", 1000);
  await step.sleep("b", "3 days");
  await step.sleepUntil("c", new Date());
  await step.sleepUntil("d", event.data.orderId);

  const paid = await step.waitForEvent("paid", { event: "order/paid", timeout: "1h", match: "data.orderId" });
  type _6 = Expect<Equal<NonNullable<typeof paid>["data"], { orderId: string; method: "card" | "cash" }>>;
  // @ts-expect-error: it may be null
  paid.data;
  await step.waitForEvent("if", { event: "order/paid", timeout: 5000, if: "async.data.orderId == event.data.orderId" });
  await step.waitForEvent("back", { event: "order/paid", timeout: "1h", match: "data.orderId", lookback: "5m" });
  await step.waitForEvent("back", { event: "order/paid", timeout: "1h", if: "true", lookback: 300_000 });
  // @ts-expect-error: a length of time, not a moment
  await step.waitForEvent("back", { event: "order/paid", timeout: "1h", lookback: new Date() });
  await step.waitForEvent("deep", { event: "order/paid", timeout: "1h", match: "data.deep.path" });
  const byType = await step.waitForEvent("type", { event: statically, timeout: "1h" });
  type _7 = Expect<Equal<NonNullable<typeof byType>["data"], { at: string }>>;
  // @ts-expect-error: not a declared event
  await step.waitForEvent("wrong", { event: "order/piad", timeout: "1h" });
  // @ts-expect-error: match and if exclude each other
  await step.waitForEvent("both", { event: "order/paid", timeout: "1h", match: "data.orderId", if: "true" });
  // @ts-expect-error: the time-out is missing
  await step.waitForEvent("none", { event: "order/paid" });

  const { ids } = await step.sendEvent("send", { name: "order/paid", data: { orderId: "1", method: "card" } });
  type _8 = Expect<Equal<typeof ids, string[]>>;
  await step.sendEvent("many", [{ name: "app/ping" }, { name: "user/created", data: { userId: "1" } }]);
  // @ts-expect-error: not a method
  await step.sendEvent("wrong", { name: "order/paid", data: { orderId: "1", method: "gold" } });
  // @ts-expect-error: not a declared event
  await step.sendEvent("wrong", { name: "order/piad", data: {} });

  const response = await step.fetch("https://example.com");
  type _9 = Expect<Equal<typeof response, Response>>;
  const signal = await step.waitForSignal("signal", { signal: "x", timeout: "1h", onConflict: "replace" });
  type _10 = Expect<Equal<typeof signal, { signal: string; data: any } | null>>;
  const approval = await step.waitForSignal<{ by: string; at: Date }>("typed", { signal: "x", timeout: 5000 });
  type _11 = Expect<Equal<typeof approval, { signal: string; data: { by: string; at: string } } | null>>;
  // @ts-expect-error: no time-out
  await step.waitForSignal("wrong", { signal: "x" });
  // @ts-expect-error: fails or replaces
  await step.waitForSignal("wrong", { signal: "x", timeout: "1h", onConflict: "both" });
  const sent = await step.sendSignal("send-signal", { signal: "x", data: { by: "ann" } });
  type _12 = Expect<Equal<typeof sent, { runId: string | undefined }>>;
  // @ts-expect-error: no signal
  await step.sendSignal("wrong", { data: 1 });
});

// client.send
void typed.send({ name: "order/placed", data: { orderId: "1", total: 1 }, id: "x", ts: 1 });
void typed.send([
  { name: "order/placed", data: { orderId: "1", total: 1 } },
  { name: "app/ping", data: {} },
]);
void untyped.send({ name: "anything", data: { a: 1 } });
void untyped.send(orderPlaced.create({ orderId: "1", total: 1 }), { env: "branch" });
void untyped.send([orderPlaced.create({ orderId: "1", total: 1 }), bare.create()]);
// @ts-expect-error: total is missing
void typed.send({ name: "order/placed", data: { orderId: "1" } });
// @ts-expect-error: not a declared event
void typed.send({ name: "order/plcaed", data: { orderId: "1", total: 1 } });
// @ts-expect-error: one of them is wrong
void typed.send([{ name: "app/ping" }, { name: "order/placed", data: { orderId: 1, total: 1 } }]);

// a list that is filled before it is sent
typed.createFunction({ id: "filling" }, { event: "order/placed" }, async ({ step }) => {
  const events: Parameters<typeof step.sendEvent>[1] = [];
  events.push({ name: "app/ping" });
  await step.sendEvent("many", events);
});

// invoke
const charge = typed.createFunction({ id: "charge" }, { event: "order/placed" }, async ({ step }) => {
  return step.run("charge", () => ({ id: "ch", at: new Date() }));
});
const squared = untyped.createFunction({ id: "sq", triggers: [invoke(z.object({ n: z.number() }))] }, ({ event }) => ({
  square: event.data.n ** 2,
  at: new Date(),
}));
const nightly = typed.createFunction({ id: "nightly" }, { cron: "0 0 * * *" }, () => {});

typed.createFunction({ id: "invoking" }, { event: "order/placed" }, async ({ step }) => {
  const charged = await step.invoke("charge", { function: charge, data: { orderId: "1", total: 1 } });
  type _1 = Expect<Equal<typeof charged, { id: string; at: string }>>;
  const square = await step.invoke("sq", { function: squared, data: { n: 1 }, timeout: "1h" });
  type _2 = Expect<Equal<typeof square, { square: number; at: string }>>;
  type _3 = Expect<Equal<Awaited<ReturnType<typeof runNightly>>, null>>;
  const runNightly = () => step.invoke("nightly", { function: nightly });
  // @ts-expect-error: the data is missing
  await step.invoke("none", { function: charge });
  // @ts-expect-error: the data is not what the function takes
  await step.invoke("wrong", { function: squared, data: { n: "1" } });

  const reference = referenceFunction<typeof charge>({ functionId: "charge", appId: "shop" });
  const referred = await step.invoke("ref", { function: reference, data: { orderId: "1", total: 1 } });
  type _4 = Expect<Equal<typeof referred, { id: string; at: string }>>;
  // @ts-expect-error: the data is not what the function takes
  await step.invoke("ref", { function: reference, data: { orderId: 1 } });
  const loose = await step.invoke("loose", { function: referenceFunction({ functionId: "x" }), data: { any: 1 } });
  type _5 = Expect<Equal<typeof loose, unknown>>;
  const schemas = { data: z.object({ a: z.string() }), return: z.object({ b: z.date() }) };
  const checked = referenceFunction({ functionId: "x", schemas });
  const result = await step.invoke("schemas", { function: checked, data: { a: "1" } });
  type _6 = Expect<Equal<typeof result, { b: string }>>;
  // @ts-expect-error: the data is not what the schema says
  await step.invoke("schemas", { function: checked, data: { a: 1 } });
  const byId = await step.invoke("id", { function: "shop-charge", data: { any: 1 } });
  type _7 = Expect<Equal<typeof byId, unknown>>;
  // what comes from a package without types: nothing is known, nothing is refused
  const untypedFunction: any = charge;
  const anyResult = await step.invoke("any", { function: untypedFunction, data: { n: 1 } });
  type _8 = Expect<Equal<typeof anyResult, any>>;
  const anyRun = await step.run("any", untypedFunction);
  type _9 = Expect<Equal<typeof anyRun, any>>;
  const anyWrap = await step.ai.wrap("any", untypedFunction, { prompt: "?" });
  type _10 = Expect<Equal<typeof anyWrap, any>>;
});
