/** `step.fetch`, the package's `fetch` and `step.ai`, against a real server on the loopback. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { applicationFromDefinitions } from "../codegen/application.js";
import { anthropic, gemini, openai, Stepwright, fetch as runFetch, type StepTools } from "../define/index.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { TestEngine } from "../testing/test-engine.js";

interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

let server: Server;
let base: string;
let received: Received[];
let answer: (request: Received, response: ServerResponse) => void;
let engine: TestEngine | null;

beforeEach(async () => {
  received = [];
  engine = null;
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const whole = { method, url, headers, body: Buffer.concat(parts) };
      received.push(whole);
      answer(whole, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  await engine?.engine.stop(0);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

type Handler = (step: StepTools<any>) => Promise<unknown>;

/** Sends the event that starts the handler, and lets a day pass. */
async function runToEnd(handler: Handler, retries = 2) {
  const client = new Stepwright({ id: "app" });
  const work = client.createFunction({ id: "work", retries, triggers: [{ event: "go" }] }, ({ step }) => handler(step));
  engine = await TestEngine.start({ app: applicationFromDefinitions([work]), store: createMemoryStore() });
  await engine.send({ name: "go" });
  await engine.advance("1 day");
  const [snapshot] = await engine.runs();
  const { status, output } = snapshot!.run;
  return { status, output: JSON.parse(output ?? "null"), journal: snapshot!.journal };
}

const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) =>
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));

describe("step.fetch", () => {
  test("gives a response whose body can be read, and is named by the host without an id", async () => {
    answer = (_, response) => json(response, 201, { rate: 4 }, { "x-kind": "test" });
    const { output, journal } = await runToEnd(async (step) => {
      const named = await step.fetch("rates", `${base}/rates`);
      const unnamed = await step.fetch(`${base}/rates?of=today`, {
        method: "POST",
        body: JSON.stringify({ a: 1 }),
        headers: { "content-type": "application/json" },
      });
      return {
        status: named.status,
        ok: named.ok,
        url: named.url,
        kind: named.headers.get("x-kind"),
        body: await unnamed.json(),
      };
    });
    expect(output).toEqual({ status: 201, ok: true, url: `${base}/rates`, kind: "test", body: { rate: 4 } });
    expect(journal.map(({ key, kind }) => [key, kind])).toEqual([
      ["rates", "fetch"],
      ["step.fetch: 127.0.0.1", "fetch"],
    ]);
    expect(received.map(({ method, url, body }) => [method, url, body.toString()])).toEqual([
      ["GET", "/rates", ""],
      ["POST", "/rates?of=today", '{"a":1}'],
    ]);
  });

  test("is made once: after a crash the response comes from the journal, bytes included", async () => {
    const bytes = Buffer.from([0, 255, 1, 254, 10]);
    answer = (_, response) => response.writeHead(200, { "content-type": "image/png" }).end(bytes);
    const client = new Stepwright({ id: "app" });
    const work = client.createFunction({ id: "work", triggers: [{ event: "go" }] }, async ({ step }) => {
      const image = await step.fetch("image", `${base}/image`);
      await step.sleep("night", "8h");
      return [...new Uint8Array(await image.arrayBuffer())];
    });
    engine = await TestEngine.start({ app: applicationFromDefinitions([work]), store: createMemoryStore() });
    await engine.send({ name: "go" });
    engine = await engine.crash();
    await engine.advance("9h");
    const [snapshot] = await engine.runs();
    expect(JSON.parse(snapshot!.run.output!)).toEqual([...bytes]);
    expect(received).toHaveLength(1);
  });

  test.each<[string, () => Record<string, string>, number]>([
    ["seconds", () => ({ "retry-after": "120" }), 120_000],
    ["a date", () => ({ "retry-after": new Date(engine!.clock.now() + 600_000).toUTCString() }), 599_000],
  ])("waits as long as Retry-After says, in %s", async (_form, headers, atLeast) => {
    answer = (_, response) =>
      received.length === 1 ? json(response, 429, {}, headers()) : json(response, 200, { done: true });
    const { output, journal } = await runToEnd(async (step) => (await step.fetch("busy", base)).json());
    expect(output).toEqual({ done: true });
    const [{ failures, endedAt }] = journal as [(typeof journal)[number]];
    expect(failures).toHaveLength(1);
    expect(endedAt - failures[0]!.endedAt).toBeGreaterThanOrEqual(atLeast);
    expect(endedAt - failures[0]!.endedAt).toBeLessThan(atLeast + 2_000);
  });

  test("is tried again on 5xx and when the connection breaks; then it fails, without the query in the message", async () => {
    answer = (_, response) =>
      received.length === 2 ? response.destroy() : json(response, 503, { why: "maintenance" });
    const { status, output } = await runToEnd((step) => step.fetch("down", `${base}/orders?token=s3cret`));
    expect(received).toHaveLength(3);
    expect(status).toBe("failed");
    expect(output.message).toBe(`GET ${base}/orders answered 503 Service Unavailable: {"why":"maintenance"}`);
    expect(JSON.stringify(await engine!.runs())).not.toContain("s3cret");
  });

  test("an attempt that takes longer than it may is given up, and the connection closed", async () => {
    let closed = 0;
    answer = (_, response) => void response.on("close", () => closed++);
    const client = new Stepwright({ id: "app" });
    const work = client.createFunction({ id: "work", retries: 1, triggers: [{ event: "go" }] }, ({ step }) =>
      step.fetch({ id: "slow", timeout: "5s" }, `${base}/slow`),
    );
    engine = await TestEngine.start({ app: applicationFromDefinitions([work]), store: createMemoryStore() });
    await engine.engine.send([{ name: "go" }]);
    // What is due within a minute happens, one at a time, until the server has seen two connections go.
    for (let turn = 0; closed < 2 && turn < 100_000; turn++) {
      if (received.length > closed || engine.engine.load.runningSteps === 0)
        engine.clock.step(engine.clock.now() + 60_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(closed).toBe(2);
    await engine.settle();
    const [snapshot] = await engine.runs();
    expect(snapshot!.run.status).toBe("failed");
    expect(snapshot!.run.output).toContain("step-timeout");
  });

  test.each([
    ["its run is cancelled", "stop", (step: StepTools<any>) => step.fetch("slow", `${base}/slow`)],
    [
      "its branch loses a race",
      "word",
      (step: StepTools<any>) =>
        step.race("first", {
          slow: () => step.fetch("slow", `${base}/slow`),
          word: () => step.waitForEvent("word", { event: "word", timeout: "1h" }),
        }),
    ],
  ])("the connection is closed when %s", async (_, name, handler) => {
    const closed = new Promise<void>((resolve) => (answer = (_, response) => void response.on("close", resolve)));
    const client = new Stepwright({ id: "app" });
    const cancelOn = [{ event: "stop" }];
    const work = client.createFunction({ id: "work", retries: 0, cancelOn, triggers: [{ event: "go" }] }, ({ step }) =>
      handler(step),
    );
    engine = await TestEngine.start({ app: applicationFromDefinitions([work]), store: createMemoryStore() });
    await engine.engine.send([{ name: "go" }]);
    while (received.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await engine.engine.send([{ name }]);
    await closed;
    await engine.settle();
    expect(received).toHaveLength(1);
  });

  test("a 4xx is a result like any other", async () => {
    answer = (_, response) => json(response, 404, { no: "such order" });
    const { output } = await runToEnd(async (step) => (await step.fetch("order", base)).status);
    expect(output).toBe(404);
    expect(received).toHaveLength(1);
  });

  test("an answer beyond the limit of a step fails with the figures, and is not read to its end", async () => {
    let sent = 0;
    answer = (_, response) => {
      response.writeHead(200);
      const part = Buffer.alloc(64 * 1024);
      const more = (): void => {
        while (sent < 64 << 20 && !response.destroyed && response.write(part)) sent += part.length;
        if (sent < 64 << 20) response.once("drain", more);
        else response.end();
      };
      more();
    };
    const { output } = await runToEnd((step) => step.fetch("huge", `${base}/huge`));
    expect(output.message).toContain("has more than 4194304 bytes, the limit is 4194304");
    expect(sent).toBeLessThan(32 << 20);
    expect(received).toHaveLength(1);
  });

  test.each<[string, Handler, string]>([
    ["no URL", (step) => step.fetch("a", "not a url"), "absolute URL"],
    ["another protocol", (step) => step.fetch("a", "file:///etc/passwd"), "absolute URL"],
    [
      "a stream as body",
      (step) =>
        step.fetch("a", base, { method: "POST", body: new Blob(["x"]).stream(), duplex: "half" } as RequestInit),
      "stream cannot be sent again",
    ],
  ])("%s is an error that says what to do, without another attempt", async (_what, handler, message) => {
    const { status, output } = await runToEnd(handler);
    expect(status).toBe("failed");
    expect(output.message).toContain(message);
    expect(output.message).toContain("invalid-step-options");
    expect(received).toHaveLength(0);
  });

  test("sends forms, parameters and bytes", async () => {
    answer = (_, response) => json(response, 200, {});
    const form = new FormData();
    form.set("name", "Ada");
    await runToEnd(async (step) => {
      await step.fetch("form", base, { method: "POST", body: form });
      await step.fetch("parameters", base, { method: "POST", body: new URLSearchParams({ a: "1 2" }) });
      await step.fetch("bytes", base, { method: "PUT", body: new Uint8Array([1, 2, 255]) });
      await step.fetch("request", new Request(base, { method: "POST", body: "from a request" }));
    });
    expect(received[0]!.headers["content-type"]).toMatch(/^multipart\/form-data; boundary=/);
    expect(received[0]!.body.toString()).toContain("Ada");
    expect(received[1]!.body.toString()).toBe("a=1+2");
    expect([...received[2]!.body]).toEqual([1, 2, 255]);
    expect(received[3]!.body.toString()).toBe("from a request");
  });
});

describe("the package's fetch", () => {
  test("is a step in a handler, and the fallback in a step's body and outside of runs", async () => {
    answer = (_, response) => json(response, 200, { n: received.length });
    const { output, journal } = await runToEnd(async (step) => {
      const durable = await (await runFetch(`${base}/a`)).json();
      const inside = await step.run("body", async () => (await runFetch(`${base}/b`)).json());
      return [durable, inside];
    });
    expect(output).toEqual([{ n: 1 }, { n: 2 }]);
    expect(journal.map(({ kind }) => kind)).toEqual(["fetch", "run"]);
    expect(await (await runFetch(`${base}/c`)).json()).toEqual({ n: 3 });
    const other = runFetch.config({ fallback: async () => new Response("other") });
    expect(await (await other(base)).text()).toBe("other");
    await expect(runFetch.config({ fallback: undefined })(base)).rejects.toThrow("outside-a-run");
  });
});

describe("step.ai.infer", () => {
  const messages = [{ role: "user", content: "Say hello" }];
  const key = "sk-never-to-be-stored";

  test.each([
    [
      "openai",
      () => openai({ model: "gpt-5-mini", apiKey: key, baseUrl: `${base}/v1`, defaultParameters: { temperature: 0 } }),
      { messages },
      { url: "/v1/chat/completions", header: "authorization", value: `Bearer ${key}` },
      { model: "gpt-5-mini", messages, temperature: 0 },
    ],
    [
      "anthropic",
      () => anthropic({ model: "claude", apiKey: key, baseUrl: base, defaultParameters: { max_tokens: 100 } }),
      { messages, max_tokens: 5 },
      { url: "/messages", header: "x-api-key", value: key },
      { model: "claude", messages, max_tokens: 5 },
    ],
    [
      "gemini",
      () =>
        gemini({
          model: "gemini-pro",
          apiKey: key,
          baseUrl: base,
          defaultParameters: { generationConfig: { topK: 1 } },
        }),
      { contents: [], generationConfig: { temperature: 1 } },
      { url: "/models/gemini-pro:generateContent", header: "x-goog-api-key", value: key },
      { contents: [], generationConfig: { topK: 1, temperature: 1 } },
    ],
  ])(
    "%s: the provider's own request shape, its answer as it is, the key nowhere else",
    async (_name, model, body, at, sent) => {
      answer = (_, response) =>
        received.length === 1 ? json(response, 500, {}) : json(response, 200, { said: "hello" });
      const { output } = await runToEnd((step) => step.ai.infer("ask", { model: model(), body }));
      expect(output).toEqual({ said: "hello" });
      const last = received.at(-1)!;
      expect([last.url, last.headers[at.header]]).toEqual([at.url, at.value]);
      expect(JSON.parse(last.body.toString())).toEqual(sent);
      expect(JSON.stringify(await engine!.runs())).not.toContain(key);
    },
  );

  test("what the provider refuses is not tried again, and its words are in the error", async () => {
    answer = (_, response) => json(response, 400, { error: { message: `no model for ${key}` } });
    const { output } = await runToEnd((step) =>
      step.ai.infer("ask", { model: openai({ model: "none", apiKey: key, baseUrl: base }), body: { messages } }),
    );
    expect(output.message).toBe(
      `POST ${base}/chat/completions answered 400 Bad Request: {"error":{"message":"no model for …"}}`,
    );
    expect(received).toHaveLength(1);
  });

  test("a model without a key says which variable has it", async () => {
    const { output } = await runToEnd((step) =>
      step.ai.infer("ask", { model: openai({ model: "m", apiKey: "", baseUrl: base }), body: { messages } }),
    );
    expect(output.message).toContain("OPENAI_API_KEY");
  });
});

test("step.ai.wrap records its input and its result", async () => {
  const { output, journal } = await runToEnd((step) =>
    step.ai.wrap("ask", (question: string) => `${question}!`, "why"),
  );
  expect(output).toBe("why!");
  expect(journal).toMatchObject([{ key: "ask", status: "completed" }]);
});
