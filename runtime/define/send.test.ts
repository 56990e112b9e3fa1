import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { ambient } from "./ambient.js";
import { delay } from "./delay.js";
import { EventSchemas, eventType, Stepwright } from "./index.js";

vi.mock("./delay.js", () => ({ delay: vi.fn(async () => {}) }));

interface Request {
  url: string;
  env: string | undefined;
  body: unknown;
}

let server: Server;
let baseUrl: string;
let requests: Request[];
/** Status and body of the answers to come; 200 with the events' ids when used up. */
let answers: [number, string][];

beforeEach(async () => {
  requests = [];
  answers = [];
  server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => (text += chunk));
    request.on("end", () => {
      const body = JSON.parse(text) as { id: string }[];
      requests.push({ url: request.url ?? "", env: request.headers["x-inngest-env"]?.toString(), body });
      const ids = Array.isArray(body) ? body.map((event) => event.id) : [];
      const [status, answer] = answers.shift() ?? [200, JSON.stringify({ ids, status: 200 })];
      response.writeHead(status, { "content-type": "application/json" }).end(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  vi.mocked(delay).mockClear();
  vi.unstubAllEnvs();
  ambient.send = undefined;
  await new Promise((resolve) => server.close(resolve));
});

const makeClient = (options: object = {}) => new Stepwright({ id: "shop", baseUrl, ...options });

describe("client.send", () => {
  test("fills in id and ts, leaves the caller's object alone, and gives the ids in order", async () => {
    const event = { name: "a", data: { n: 1 } };
    const before = Date.now();
    const { ids } = await makeClient({ eventKey: "key/1" }).send([event, { name: "b", id: "mine", ts: 5 }]);
    expect(ids).toHaveLength(2);
    expect(ids[1]).toBe("mine");
    expect(event).toEqual({ name: "a", data: { n: 1 } });
    expect(requests).toHaveLength(1);
    expect(requests[0]?.url).toBe("/e/key%2F1");
    const [first, second] = requests[0]?.body as { id: string; ts: number }[];
    expect(first).toMatchObject({ name: "a", data: { n: 1 }, id: ids[0] });
    expect(first?.ts).toBeGreaterThanOrEqual(before);
    expect(second).toEqual({ name: "b", data: {}, id: "mine", ts: 5 });
  });

  test("an empty list warns and sends nothing", async () => {
    const warn = vi.fn();
    const logger = { info: vi.fn(), warn, error: vi.fn(), debug: vi.fn() };
    expect(await makeClient({ logger }).send([])).toEqual({ ids: [] });
    expect(warn).toHaveBeenCalledOnce();
    expect(requests).toEqual([]);
  });

  test("retries with the same ids", async () => {
    answers = [
      [500, "no"],
      [429, "slow"],
    ];
    const { ids } = await makeClient().send({ name: "a" });
    expect(requests).toHaveLength(3);
    expect(requests.map((request) => (request.body as { id: string }[])[0]?.id)).toEqual([ids[0], ids[0], ids[0]]);
  });

  test("gives up after five retries", async () => {
    answers = Array.from({ length: 10 }, () => [503, '{"error":"down"}']);
    await expect(makeClient({ eventKey: "secret" }).send({ name: "a" })).rejects.toMatchObject({
      code: "send-failed",
      message: expect.stringMatching(/503: down/),
    });
    expect(requests).toHaveLength(6);
    const waits = vi.mocked(delay).mock.calls.map(([ms]) => ms);
    expect(waits).toHaveLength(5);
    // 100 ms doubling, at least half of it
    waits.forEach((ms, i) => expect(ms / (100 * 2 ** i)).toSatisfy((part: number) => part >= 0.5 && part <= 1));
  });

  test("a refusal is not retried, and the key is not shown", async () => {
    answers = [[401, '{"error":{"message":"unknown key"}}']];
    const error = await makeClient({ eventKey: "secret" })
      .send({ name: "a" })
      .catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: "send-refused", message: expect.stringContaining("unknown key") });
    expect(String(error)).not.toContain("secret");
    expect(requests).toHaveLength(1);
  });

  test("says where nothing answers", async () => {
    await expect(makeClient({ baseUrl: "http://127.0.0.1:1" }).send({ name: "a" })).rejects.toMatchObject({
      code: "send-failed",
      help: expect.stringContaining("STEPWRIGHT_BASE_URL"),
    });
  });

  test.each<[string, unknown]>([
    ["missing-event-name", {}],
    ["missing-event-name", { name: "" }],
    ["invalid-event", null],
    ["invalid-event", "a"],
    ["invalid-event", { name: "x".repeat(513) }],
    ["invalid-event", { name: "a", ts: "now" }],
    ["invalid-event", { name: "a", id: 7 }],
    ["invalid-event", { name: "a", data: [] }],
    ["invalid-event", { name: "a", data: "text" }],
    ["invalid-event", eventType("a")],
    ["event-not-serializable", { name: "a", data: { n: 1n } }],
    ["event-too-large", { name: "a", data: { text: "x".repeat(600 * 1024) } }],
    ["event-too-large", { name: "a", data: { text: "ä".repeat(300 * 1024) } }],
    ["too-many-events", Array.from({ length: 5001 }, () => ({ name: "a" }))],
  ])("%s before anything is sent", async (code, payload) => {
    await expect(makeClient().send([{ name: "fine" }].concat(payload as never))).rejects.toMatchObject({ code });
    expect(requests).toEqual([]);
  });

  test("the size limit counts bytes, gives both figures and can be raised", async () => {
    const event = { name: "a", data: { text: "x".repeat(2000) } };
    await expect(makeClient({ maxEventBytes: 1000 }).send(event)).rejects.toThrow(/2\d\d\d bytes, the limit is 1000/);
    await makeClient({ maxEventBytes: 3000 }).send(event);
    await makeClient().send({ name: "a", data: { text: "x".repeat(500 * 1024) } });
    expect(requests).toHaveLength(2);
  });

  test("checks against the declared schema, and sends the data as given", async () => {
    const schema = z.object({ at: z.coerce.date(), items: z.array(z.object({ n: z.number() })) });
    const client = makeClient({ schemas: new EventSchemas().fromSchema({ a: schema }) }) as Stepwright;
    await expect(client.send({ name: "a", data: { at: "2026", items: [{ n: "1" }] } })).rejects.toMatchObject({
      code: "invalid-event-data",
      message: expect.stringContaining("`a`: data.items.0.n: "),
    });
    await client.send({ name: "a", data: { at: "2026", items: [] } });
    expect(requests.map((request) => request.body)).toMatchObject([[{ data: { at: "2026" } }]]);
  });

  test("checks an event made by its type", async () => {
    const placed = eventType("placed", { schema: z.object({ id: z.string() }), version: "3" });
    await expect(makeClient().send(placed.create({ id: 1 as never }))).rejects.toMatchObject({
      code: "invalid-event-data",
    });
    await makeClient().send(placed.create({ id: "1" }, { id: "e1" }));
    expect(requests[0]?.body).toMatchObject([{ name: "placed", data: { id: "1" }, id: "e1", v: "3" }]);
    expect((requests[0]?.body as object[])[0]).not.toHaveProperty("validate");
  });

  test("in the runtime's own process nothing goes over HTTP", async () => {
    const send = vi.fn(async (events: readonly { name: string }[]) => ({ ids: events.map(({ name }) => name) }));
    ambient.send = send;
    const { ids } = await makeClient().send([{ name: "a" }, { name: "b", id: "own" }], { env: "branch" });
    expect(ids).toEqual(["a", "b"]);
    // only an id that the caller gave is one to look for duplicates by
    expect(send).toHaveBeenCalledWith(
      [expect.objectContaining({ name: "a", id: undefined }), expect.objectContaining({ name: "b", id: "own" })],
      { env: "branch" },
    );
    expect(requests).toEqual([]);
    await expect(makeClient().send({ name: "" })).rejects.toMatchObject({ code: "missing-event-name" });
  });
});

describe("where events go", () => {
  test.each([
    [{ STEPWRIGHT_BASE_URL: "URL", INNGEST_BASE_URL: "http://127.0.0.1:1" }],
    [{ STEPWRIGHT_EVENT_API_BASE_URL: "URL", STEPWRIGHT_BASE_URL: "http://127.0.0.1:1" }],
    [{ INNGEST_EVENT_API_BASE_URL: "URL/" }],
    [{ INNGEST_BASE_URL: "URL" }],
    [{ INNGEST_DEV: "URL" }],
  ])("%o", async (variables) => {
    const client = new Stepwright({ id: "shop" });
    client.setEnvVars(
      Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, value.replace("URL", baseUrl)])),
    );
    await client.send({ name: "a" });
    expect(requests.map((request) => request.url)).toEqual(["/e/local"]);
  });

  test("a development machine by default", async () => {
    const fetch = vi.fn<typeof globalThis.fetch>(async () => new Response("{}"));
    const client = new Stepwright({ id: "shop", fetch }).setEnvVars({ INNGEST_DEV: "1" });
    await client.send({ name: "a" });
    expect(fetch.mock.calls[0]?.[0]).toBe("http://127.0.0.1:8288/e/local");
  });

  test("key and environment: option, call, variables", async () => {
    const client = makeClient().setEnvVars({
      INNGEST_EVENT_KEY: "theirs",
      STEPWRIGHT_EVENT_KEY: "ours",
      INNGEST_ENV: "e",
    });
    await client.send({ name: "a" });
    await client.send({ name: "a" }, { env: "call" });
    client.setEventKey("set");
    await client.send({ name: "a" });
    expect(requests.map(({ url, env }) => [url, env])).toEqual([
      ["/e/ours", "e"],
      ["/e/ours", "call"],
      ["/e/set", "e"],
    ]);
  });
});

test("a signal is posted", async () => {
  answers = [[200, '{"data":{"run_id":"r1"}}']];
  expect(await makeClient().sendSignal({ signal: "s", data: 1 })).toEqual({ runId: "r1" });
  expect(requests).toMatchObject([{ url: "/v1/signals", body: { signal: "s", data: 1 } }]);
});
