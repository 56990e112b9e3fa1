import { afterEach, describe, expect, test, vi } from "vitest";
import * as z from "zod";
import { hashSigningKey } from "../protocol/signing-key.js";
import { channel, getSubscriptionToken, realtime, subscribe } from "./realtime.js";
import { Subscription } from "./realtime-subscription.js";
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

describe("over HTTP", () => {
  afterEach(() => vi.unstubAllGlobals());

  const alerts = channel({ name: "alerts", topics: { raised: { schema } } });
  const options = { channel: alerts, topics: ["raised" as const] };
  /** A client of a runtime that is somewhere else, and what it asks that for. */
  function open(answer: (url: URL, init: RequestInit) => Response, more: object = {}) {
    const asked: { url: string; body: unknown; authorization: string | null }[] = [];
    const fetch = async (input: unknown, init: RequestInit = {}) => {
      const url = new URL(String(input));
      const authorization = new Headers(init.headers).get("authorization");
      asked.push({ url: url.href, body: init.body, authorization });
      return answer(url, init);
    };
    return { asked, client: new Stepwright({ id: "app", baseUrl: "http://r.test/", fetch: fetch as never, ...more }) };
  }
  const stream = (...parts: string[]) => new Response(parts.join(""), { status: 200 });
  const event = (message: object) =>
    `data: ${JSON.stringify({ kind: "data", channel: "alerts", topic: "raised", ...message })}\n\n`;

  test("publishes what fits the schema, and shows the signing key", async () => {
    const { asked, client } = open(() => Response.json({}), { signingKey: "signkey-test-abcd" });
    await client.realtime.publish(alerts.raised, { text: "ü" });
    await client.realtime.publish({ channel: "a b", topic: "t", data: undefined });
    expect(asked).toEqual([
      {
        url: "http://r.test/v1/realtime/publish?channel=alerts&topic=raised",
        body: '{"text":"ü"}',
        authorization: `Bearer ${hashSigningKey("signkey-test-abcd")}`,
      },
      expect.objectContaining({ url: "http://r.test/v1/realtime/publish?channel=a+b&topic=t", body: "null" }),
    ]);
  });

  test.each([
    ["data that does not fit", alerts.raised, { text: 1 }, "invalid-message"],
    ["data that is no JSON", { channel: "c", topic: "t" }, 1n, "invalid-message"],
    ["no topic", undefined, 1, "invalid-message"],
    ["an empty name", { channel: "", topic: "t" }, 1, "invalid-message"],
    ["a large message", alerts.raised, { text: "x".repeat(512 * 1024) }, "message-too-large"],
  ])("publishes nothing for %s", async (_, topic, data, code) => {
    const { asked, client } = open(() => Response.json({}));
    await expect(client.realtime.publish(topic as never, data as never)).rejects.toMatchObject({ code });
    expect(asked).toEqual([]);
  });

  test("reads messages in order, checked, until the end", async () => {
    vi.stubGlobal("WebSocket", undefined);
    const errors: unknown[] = [];
    const { asked, client } = open((url) =>
      url.pathname.endsWith("/token")
        ? Response.json({ jwt: "t1" })
        : stream(
            ":\n\n",
            event({ data: { text: "a" }, run_id: "r1", created_at: "2026-01-01T00:00:00.000Z" }),
            event({ data: { text: 1 } }),
            event({ topic: "__proto__", data: 1 }),
            event({ channel: "other", data: { text: "x" } }),
            event({ data: { text: "b", more: 1 } }),
          ),
    );
    const got: any[] = [];
    await new Promise<void>((resolve) => {
      const onMessage = (message: any): void => {
        got.push(message);
        if (message.data.text === "b") resolve();
      };
      void client.realtime.subscribe({ ...options, onMessage, onError: (error) => errors.push(error) });
    });
    expect(got).toMatchObject([
      { kind: "data", runId: "r1", data: { text: "a" }, createdAt: new Date("2026-01-01T00:00:00.000Z") },
      // What the schema leaves out is left out.
      { data: { text: "b" } },
    ]);
    expect(got[1].data).not.toHaveProperty("more");
    expect(errors).toMatchObject([{ code: "invalid-message" }]);
    expect(asked.map(({ url }) => url)).toEqual([
      "http://r.test/v1/realtime/token",
      "http://r.test/v1/realtime/sse?token=t1",
    ]);
  });

  test("a reader that is cut off gets an error, one that was told to go does not", async () => {
    vi.stubGlobal("WebSocket", undefined);
    const { client } = open((url) => {
      const reason = url.searchParams.get("token");
      return reason ? stream(event({ kind: "closing", data: { reason } })) : Response.json({});
    });
    const read = async (key: string) => {
      const messages = await subscribe({ ...options, app: client, key });
      const got: unknown[] = [];
      for await (const message of messages) got.push(message);
      return got;
    };
    await expect(read("slow-subscriber")).rejects.toMatchObject({ code: "slow-subscriber" });
    expect(await read("closing")).toEqual([]);
    // An answer without a token.
    await expect(client.realtime.subscribe(options)).rejects.toMatchObject({ code: "subscribe-failed" });
  });

  test("a token says where it counts", async () => {
    const { client } = open(() => Response.json({ jwt: "t1" }));
    const token = { channel: alerts, topics: ["raised"], key: "t1", apiBaseUrl: "http://r.test" };
    expect(await client.realtime.token(options)).toEqual(token);
    expect(await getSubscriptionToken(client, options)).toEqual(token);
    const sent = JSON.parse(JSON.stringify(await client.realtime.token(options)));
    expect(sent).toEqual({ ...token, channel: "alerts" });
    const none = { channel: alerts, topics: [] };
    await expect(client.realtime.token(none as never)).rejects.toMatchObject({ code: "invalid-message" });
  });
});

test("a stream that is not read ends alone, and the connection with its last reader", async () => {
  let left = 0;
  const subscription = new Subscription({ channel: "c", topics: ["t"], configs: {}, onError: () => {} });
  subscription.disconnect = () => void left++;
  const [idle, read] = [subscription.createStream(), subscription.createStream().getReader()];
  const text = JSON.stringify({ kind: "data", channel: "c", topic: "t", data: "x".repeat(1024 * 1024) });
  for (let n = 0; n < 6; n++) {
    subscription.message(text);
    expect((await read.read()).value).toMatchObject({ kind: "data" });
  }
  const reader = idle.getReader();
  const drain = async () => {
    while (!(await reader.read()).done);
  };
  await expect(drain()).rejects.toMatchObject({ code: "slow-subscriber" });
  expect(left).toBe(0);
  await read.cancel();
  expect(left).toBe(1);
});
