import { expect, test } from "vitest";
import * as z from "zod";
import { channel, realtime, subscribe } from "./realtime.js";
import { Stepwright } from "./client.js";

const schema = z.object({ text: z.string() });

test("the topics of a channel are where to publish", () => {
  const alerts = channel({ name: "alerts", topics: { raised: { schema } } });
  expect([alerts.name, alerts.raised]).toEqual(["alerts", { channel: "alerts", topic: "raised", config: { schema } }]);
  const orders = realtime.channel({ name: (id: string) => `order:${id}`, topics: { status: { schema } } });
  expect(orders("o1").status).toEqual({ channel: "order:o1", topic: "status", config: { schema } });
  expect(orders("o2").name).toBe("order:o2");
  expect(Object.keys(orders.topics)).toEqual(["status"]);
});

test("a topic may be called like a property of all objects", () => {
  const odd = channel({ name: "odd", topics: JSON.parse('{ "__proto__": {}, "constructor": {} }') });
  expect(Object.getPrototypeOf(odd)).toBe(Object.prototype);
  expect(Object.getOwnPropertyDescriptor(odd, "__proto__")?.value).toMatchObject({ topic: "__proto__" });
});

test("what cannot be done yet is refused, never forgotten", async () => {
  const client = new Stepwright({ id: "app" });
  const alerts = channel({ name: "alerts", topics: { raised: { schema } } });
  const options = { channel: alerts, topics: ["raised" as const] };
  const calls = [
    client.realtime.publish(alerts.raised, { text: "x" }),
    client.realtime.subscribe(options),
    client.realtime.token(options),
    subscribe(options),
  ];
  for (const call of calls) await expect(call).rejects.toMatchObject({ code: "unsupported-call" });
});
