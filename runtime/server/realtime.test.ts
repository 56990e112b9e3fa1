/** Messages for those who look on, over HTTP: real WebSockets and event streams, and the official SDK on both ends. */
import { createHmac } from "node:crypto";
import { request } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import * as z from "zod";

import { createMemoryStore } from "../store/memory/memory-store.js";
import { errorAnswerSchema } from "./error-answer.js";
import { publishAnswerSchema, tokenAnswerSchema } from "./routes/realtime.js";
import { type Answer, openTestServer, type TestServer } from "./server-fixture.js";

let server: TestServer;
beforeEach(async () => {
  server = await openTestServer(createMemoryStore());
  return () => server.close();
});

const codeOf = ({ body }: Answer) => errorAnswerSchema.parse(body).error.code;

async function tokenFor(channel: string, ...names: string[]): Promise<string> {
  const { status, body } = await server.post(
    "/v1/realtime/token",
    names.map((name) => ({ channel, name, kind: "run" })),
  );
  expect(status).toBe(201);
  return tokenAnswerSchema.parse(body).jwt;
}

async function publish(query: string, body: unknown, headers?: Record<string, string>): Promise<number> {
  const answer = await server.post(`/v1/realtime/publish?${query}`, body, headers);
  expect(answer.status).toBe(200);
  return publishAnswerSchema.parse(answer.body).data.subscribers;
}

interface Reader {
  /** The next message; null after the end. */
  next(): Promise<any>;
  close(): void;
}

/** A queue that its reader may be ahead of. */
function makeQueue() {
  const messages: unknown[] = [];
  let wake = (): void => {};
  return {
    push(message: unknown): void {
      messages.push(message);
      wake();
    },
    async next(): Promise<any> {
      while (messages.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return messages.shift();
    },
  };
}

async function openSocket(token: string): Promise<Reader & { readonly socket: WebSocket }> {
  const socket = new WebSocket(`${server.url.replace("http", "ws")}/v1/realtime/connect?token=${token}`);
  const queue = makeQueue();
  socket.on("message", (data: Buffer, isBinary) => queue.push(isBinary ? data : parse(data.toString())));
  socket.on("close", (code) => queue.push({ closed: code }));
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  return { socket, next: queue.next, close: () => socket.close() };
}

async function openEventStream(token: string): Promise<Reader> {
  const abortion = new AbortController();
  const response = await fetch(`${server.url}/v1/realtime/sse?token=${token}`, { signal: abortion.signal });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const queue = makeQueue();
  void (async () => {
    let rest = "";
    for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
      const events = (rest + part).split("\n\n");
      rest = events.pop()!;
      for (const event of events) queue.push(parse(event.replace(/^data: /, "")));
    }
    queue.push({ closed: "end" });
  })().catch(() => {});
  return { next: queue.next, close: () => abortion.abort() };
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

describe.each([
  ["a WebSocket", openSocket],
  ["an event stream", openEventStream],
] as const)("%s", (_, open) => {
  test("gets what is published on its topics, in the SDK's form", async () => {
    const reader = await open(await tokenFor("orders", "status", "notes"));
    expect(await publish("channel=orders&topic=other", { no: 1 })).toBe(0);
    expect(await publish("channel=others&topic=status", { no: 2 })).toBe(0);
    expect(await publish("channel=orders&topic=status&run_id=01RUN", '{\n "n": 1,\n "t": "ü"\n}')).toBe(1);
    expect(await publish("channel=orders&topic=notes&topic=status", "plain text")).toBe(2);
    const first = await reader.next();
    expect(first).toEqual({
      kind: "data",
      channel: "orders",
      topic: "status",
      run_id: "01RUN",
      created_at: expect.any(String),
      data: { n: 1, t: "ü" },
    });
    expect(new Date(first.created_at).toISOString()).toBe(first.created_at);
    expect(await reader.next()).toMatchObject({ topic: "notes", data: "plain text" });
    expect(await reader.next()).toMatchObject({ topic: "status", data: "plain text" });
    reader.close();
  });

  test("gets a stream of text in chunks, with its begin and its end", async () => {
    const reader = await open(await tokenFor("chat", "tokens"));
    const bytes = new TextEncoder().encode("grüße");
    const body = new ReadableStream({
      start(controller) {
        // The third byte is the second half of a letter.
        controller.enqueue(bytes.subarray(0, 3));
        controller.enqueue(bytes.subarray(3));
        controller.close();
      },
    });
    const response = await fetch(`${server.url}/v1/realtime/publish?channel=chat&topic=tokens`, {
      method: "POST",
      headers: { "content-type": "text/stream" },
      body,
      duplex: "half",
    } as RequestInit);
    expect([response.status, await response.json()]).toEqual([200, { data: { subscribers: 1 } }]);
    const begin = await reader.next();
    expect(begin).toMatchObject({ kind: "datastream-start", channel: "chat", topic: "tokens" });
    let text = "";
    let message = await reader.next();
    for (; message.kind === "chunk"; message = await reader.next()) {
      expect(message).toMatchObject({ stream_id: begin.data, channel: "chat", topic: "tokens" });
      text += message.data;
    }
    expect([text, message]).toMatchObject(["grüße", { kind: "datastream-end", data: begin.data }]);
    reader.close();
  });

  test("is told the end of a stream that breaks off", async () => {
    const reader = await open(await tokenFor("chat", "tokens"));
    const asked = request(`${server.url}/v1/realtime/publish?channel=chat&topic=tokens`, {
      method: "POST",
      headers: { "content-type": "text/stream" },
    });
    asked.on("error", () => {});
    asked.write("so far");
    const begin = await reader.next();
    expect(await reader.next()).toMatchObject({ kind: "chunk", data: "so far" });
    asked.destroy();
    expect([begin.kind, await reader.next()]).toMatchObject([
      "datastream-start",
      { kind: "datastream-end", data: begin.data },
    ]);
    // The broken request has been answered by the time that another one is.
    await publish("channel=chat&topic=none", 1);
    expect(server.errors).toEqual([]);
    reader.close();
  });

  test("gets the bytes that an application passes on for a run", async () => {
    const reader = await open(await tokenFor("01RUN", "$stream"));
    const answer = await server.post(
      "/v1/realtime/publish/tee?channel=01RUN",
      new TextEncoder().encode("data: a\n\n"),
      {
        "content-type": "application/octet-stream",
      },
    );
    expect(answer).toEqual({ status: 200, body: { data: {} } });
    expect(String(await reader.next()).trim()).toMatch(/^(data: )?a$/);
    reader.close();
  });

  test("gets how a run goes on, when somebody asks for that", async () => {
    const { body } = await server.post("/e/any", { name: "wait/asked", data: {} });
    const [eventId] = z.object({ ids: z.tuple([z.string()]) }).parse(body).ids;
    const runs = await server.get(`/v1/events/${eventId}/runs`);
    const runId = z.object({ data: z.array(z.object({ id: z.string() })) }).parse(runs.body).data[0]!.id;
    const reader = await open(await tokenFor(runId, "$run", "$step"));
    await server.delete(`/v1/runs/${runId}`);
    expect(await reader.next()).toMatchObject({
      kind: "run",
      channel: runId,
      topic: "$run",
      run_id: runId,
      fn_id: "shop-wait",
      data: { status: "cancelled", error: expect.anything() },
    });
    reader.close();
  });

  test("is told when the server stops", async () => {
    const reader = await open(await tokenFor("orders", "status"));
    const next = reader.next();
    void server.close();
    expect(await next).toEqual({ closed: expect.anything() });
  });
});

test("a token is of this runtime, is whole, and has not run out", async () => {
  const token = await tokenFor("orders", "status");
  const [header, payload] = token.split(".") as [string, string];
  const forged = createHmac("sha256", "guessed").update(`${header}.${payload}`).digest("base64url");
  const open = JSON.stringify({ alg: "none", typ: "JWT" });
  const wrong = ["", "x", `${header}.${payload}.${forged}`, `${token}.more`, `${token.slice(0, -4)}aaaa`];
  wrong.push(`${Buffer.from(open).toString("base64url")}.${payload}.`, "a".repeat(9_000));
  for (const each of wrong) {
    const answer = await server.get(`/v1/realtime/sse?token=${each}`);
    expect([answer.status, codeOf(answer)]).toEqual([401, "invalid-token"]);
    await expect(openSocket(each)).rejects.toThrow("401");
  }
  const bearer = await fetch(`${server.url}/v1/realtime/sse`, { headers: { authorization: `Bearer ${token}` } });
  expect(bearer.status).toBe(200);
  await bearer.body!.cancel();
});

test.each([
  ["no channel", "topic=a", {}, 400, "invalid-parameter"],
  ["no topic", "channel=a", {}, 400, "invalid-parameter"],
  ["a long name", `channel=a&topic=${"x".repeat(513)}`, {}, 400, "invalid-parameter"],
  ["a large message", "channel=a&topic=b", "x".repeat(512 * 1024), 413, "message-too-large"],
])("refuses to publish %s", async (_, query, body, status, code) => {
  const answer = await server.post(`/v1/realtime/publish?${query}`, body);
  expect([answer.status, codeOf(answer)]).toEqual([status, code]);
});

test.each([
  ["nothing", []],
  ["many topics", Array.from({ length: 101 }, (_, n) => ({ channel: "c", name: `t${n}` }))],
  ["no list", { channel: "c", name: "t" }],
  [
    "what would not fit into a URL",
    Array.from({ length: 99 }, (_, n) => ({ channel: "c".repeat(500), name: `t${n}` })),
  ],
])("refuses a token for %s", async (_, body) => {
  const answer = await server.post("/v1/realtime/token", body);
  expect(answer.status).toBe(400);
  expect(["invalid-parameter", "invalid-topics"]).toContain(codeOf(answer));
});

describe("with signing keys", () => {
  let signed: TestServer;
  beforeAll(async () => {
    signed = await openTestServer(createMemoryStore(), { signingKeys: ["signkey-test-abcdef"] });
  });
  afterAll(() => signed.close());

  test("takes the key itself, too, as the package beside SDK v3 shows it", async () => {
    const authorization = "Bearer signkey-test-abcdef";
    const answer = await signed.post("/v1/realtime/token", [{ channel: "a", name: "b" }], { authorization });
    expect(answer.status).toBe(201);
    const wrong = await signed.post("/v1/realtime/token", [], { authorization: "Bearer signkey-test-abcdee" });
    expect(wrong.status).toBe(401);
  });

  test.each(["/v1/realtime/publish?channel=a&topic=b", "/v1/realtime/publish/tee?channel=a", "/v1/realtime/token"])(
    "%s wants one",
    async (path) => {
      const answer = await signed.post(path, [{ channel: "a", name: "b" }]);
      expect([answer.status, codeOf(answer)]).toEqual([401, "wrong-signing-key"]);
    },
  );
});
