/** Applications that do not answer as they should, over real connections; the time in which they do not is virtual. */
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import net, { type AddressInfo, type Server } from "node:net";
import { afterEach, describe, expect, test } from "vitest";

import { isNonRetriableError, isRetryAfterError } from "../../define/errors.js";
import { VirtualClock } from "../../testing/virtual-clock.js";
import { PostponedError } from "../postponed.js";
import { createPoster } from "./post.js";
import { RemoteApp } from "./remote-app.js";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const timeoutMs = 60_000;

function openCaller({ connections = 10, callsAtOnce = 500 } = {}) {
  const clock = new VirtualClock();
  const poster = createPoster(connections, (ms, fire) => clock.after(ms, fire));
  closers.push(() => poster.close());
  const app = new RemoteApp({
    poster,
    now: () => clock.now(),
    signingKeys: [],
    manifestSeen: null,
    requestTimeoutMs: timeoutMs,
    answerBytes: 10_000,
    callsAtOnce,
  });
  const call = (port: number, signal = new AbortController().signal) => {
    const url = `http://127.0.0.1:${port}/api/inngest?fnId=f&stepId=step`;
    return app.call({ url, stepId: "step", runId: "r1", traceparent: "", body: "{}", signal });
  };
  return { clock, call };
}

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** `heard`: resolves when a request has come. */
async function listen(listener: RequestListener) {
  let tell = (): void => {};
  const heard = new Promise<void>((resolve) => (tell = resolve));
  const server = http.createServer((request, response) => {
    request.resume().on("end", () => {
      listener(request, response);
      tell();
    });
  });
  closers.push(() => server.closeAllConnections());
  return { server, port: await portOf(server), heard };
}

const sdk = { "x-inngest-sdk": "fake:v1" };
type Reply = (request: IncomingMessage, response: ServerResponse) => void;
const reply =
  (status: number, headers: Record<string, string>, body: string): Reply =>
  (_, response) =>
    void response.writeHead(status, headers).end(body);

describe("an application that has moved", () => {
  test.each([301, 302, 307, 308])("is called where it is now: %s", async (status) => {
    const heard: string[] = [];
    const there = await listen((request, response) => {
      heard.push(
        `${request.method} ${request.url} ${request.headers["content-length"]} ${request.headers["x-run-id"]}`,
      );
      reply(200, sdk, '"done"')(request, response);
    });
    const here = await listen(reply(status, { location: `http://127.0.0.1:${there.port}/moved?own=1` }, ""));
    expect(await openCaller().call(here.port)).toMatchObject({ kind: "returned", value: "done" });
    expect(heard).toEqual(["POST /moved?own=1&fnId=f&stepId=step 2 r1"]);
  });

  test("and points to itself is let go after five times", async () => {
    let calls = 0;
    const here = await listen((request, response) => {
      calls++;
      reply(308, { location: "/api/inngest" }, "")(request, response);
    });
    const answer = await openCaller().call(here.port);
    expect(answer).toMatchObject({
      kind: "failed",
      error: { message: expect.stringContaining("points to /api/inngest") },
    });
    expect(calls).toBe(6);
  });
});

describe("an answer that is", () => {
  test.each<[string, Reply, { says: string; unserved: boolean; retried: "no" | "later" | "yes" }]>([
    [
      "cut off before it began",
      (request) => void request.socket.resetAndDestroy(),
      { says: "could not be called", unserved: true, retried: "yes" },
    ],
    [
      "cut off on the way",
      (_, response) => {
        response.writeHead(200, { ...sdk, "content-length": "100" });
        response.write('"half', () => response.destroy());
      },
      { says: "broke off its answer", unserved: true, retried: "yes" },
    ],
    [
      "endless",
      (_, response) => {
        response.writeHead(200, sdk);
        const more = (): void => void (!response.destroyed && response.write("x".repeat(4_000), more));
        more();
      },
      { says: "more than 10000 bytes (answer-too-large", unserved: false, retried: "no" },
    ],
    [
      "no HTTP",
      (request) => void request.socket.end("SSH-2.0-OpenSSH_9.2\r\n"),
      { says: "could not be called: Parse Error", unserved: true, retried: "yes" },
    ],
    [
      "the page of a proxy",
      reply(502, {}, "<html><style>b{}</style><h1>Bad&nbsp;Gateway</h1></html>"),
      { says: "answered 502, and not by an SDK: Bad&nbsp;Gateway", unserved: true, retried: "yes" },
    ],
    [
      "that of a proxy that names a time",
      reply(503, { "retry-after": "7" }, "<h1>deploying</h1>"),
      { says: "answered 503, and not by an SDK: deploying", unserved: true, retried: "later" },
    ],
    [
      "the page of another program",
      reply(200, { "content-type": "text/html" }, "<title>Welcome</title>"),
      { says: "answered 200, and not by an SDK: Welcome", unserved: true, retried: "yes" },
    ],
    [
      "not found",
      reply(404, {}, ""),
      { says: "answered 404, and not by an SDK: (no body)", unserved: true, retried: "yes" },
    ],
    ...[301, 302, 303, 307, 308].map(
      (status) =>
        [
          `a redirect (${status})`,
          reply(status, { location: "ftp://else.where/" }, ""),
          { says: "points to ftp://else.where/", unserved: true, retried: "no" },
        ] as [string, Reply, { says: string; unserved: boolean; retried: "no" }],
    ),
    [
      "a refused signature",
      reply(401, { "x-inngest-sdk-handled": "true" }, '{"message":"Unauthorized"}'),
      { says: "signature-refused", unserved: false, retried: "yes" },
    ],
    [
      "an error of the SDK",
      reply(500, sdk, '{"name":"RangeError","message":"too far"}'),
      { says: "too far", unserved: false, retried: "yes" },
    ],
    [
      "an error with a time",
      reply(500, { ...sdk, "retry-after": "120" }, '{"message":"busy"}'),
      { says: "busy", unserved: false, retried: "later" },
    ],
    [
      "an error with a date",
      reply(500, { ...sdk, "retry-after": "Thu, 01 Jan 2026 00:02:00 GMT" }, '{"message":"busy"}'),
      { says: "busy", unserved: false, retried: "later" },
    ],
    [
      "an error with a time that is none",
      reply(500, { ...sdk, "retry-after": "soon" }, '{"message":"busy"}'),
      { says: "busy", unserved: false, retried: "yes" },
    ],
    [
      "an error for good",
      reply(400, { ...sdk, "x-inngest-no-retry": "true", "retry-after": "5" }, '{"message":"bad order"}'),
      { says: "bad order", unserved: false, retried: "no" },
    ],
    [
      "a text where operations should be",
      reply(206, sdk, '"nothing"'),
      { says: "what are no operations", unserved: false, retried: "yes" },
    ],
    [
      "a stream without an end",
      reply(201, sdk, "    "),
      { says: "broke off its streamed answer", unserved: false, retried: "yes" },
    ],
  ])("%s", async (_, answer, { says, unserved, retried }) => {
    const { port } = await listen(answer);
    const got = await openCaller().call(port);
    if (got.kind !== "failed") throw new Error(`it was taken for ${got.kind}`);
    expect(got.error.message).toContain(says);
    expect(got.unserved).toBe(unserved);
    const later = isRetryAfterError(got.error) ? "later" : "yes";
    expect(isNonRetriableError(got.error) ? "no" : later).toBe(retried);
  });

  test("streamed is what is in the stream", async () => {
    const inner = { status: 206, headers: { "X-Inngest-No-Retry": "true" }, body: '[{"op":"StepError","id":"a"}]' };
    const { port } = await listen((_, response) => {
      response.writeHead(201, sdk).write("   ");
      response.end(JSON.stringify(inner));
    });
    expect(await openCaller().call(port)).toMatchObject({ kind: "ops", ops: [{ id: "a" }], advice: { noRetry: true } });
  });

  test("empty is null", async () => {
    const { port } = await listen(reply(200, sdk, ""));
    expect(await openCaller().call(port)).toEqual({ kind: "returned", value: null });
  });
});

describe("an application that", () => {
  test("is not there fails at once", async () => {
    const port = await portOf(net.createServer());
    closers.pop()?.();
    const answer = await openCaller().call(port);
    expect(answer).toMatchObject({ kind: "failed", unserved: true });
    expect(answer.kind === "failed" && answer.error.message).toContain("ECONNREFUSED");
  });

  test.each<[string, Reply]>([
    ["never answers", () => {}],
    ["stops in the middle of its answer", (_, response) => void response.writeHead(200, sdk).write('"ha')],
  ])("%s is left when its time is over", async (_, answer) => {
    const { clock, call } = openCaller();
    let told = (): void => {};
    const begun = new Promise<void>((resolve) => (told = resolve));
    const { port } = await listen((request, response) => {
      answer(request, response);
      // What was written is on its way before the time is over.
      setImmediate(told);
    });
    const called = call(port);
    await begun;
    const end = clock.now() + timeoutMs;
    expect(clock.step(end - 1)).toBe(false);
    clock.step(end);
    const got = await called;
    expect(got.kind === "failed" && got.error.message).toContain(`has not answered within ${timeoutMs} ms`);
  });

  test("nobody waits for any more is not waited for", async () => {
    const abortion = new AbortController();
    const { port, heard } = await listen(() => {});
    const called = openCaller().call(port, abortion.signal);
    await heard;
    abortion.abort();
    expect(await called).toMatchObject({ kind: "failed" });
  });

  test("has closed an idle connection is called again; one that dies on the way is not", async () => {
    let requests = 0;
    const { port } = await listen((request, response) => {
      requests++;
      if (requests === 2) {
        response.writeHead(200, { ...sdk, "content-length": "9" });
        // Politely, so that nothing of what was sent is lost on the way.
        return void response.write('"h', () => request.socket.destroy());
      }
      response.writeHead(200, sdk).end('"ok"');
      // Without a word, as idle time-outs do.
      if (requests === 3) response.on("finish", () => setImmediate(() => request.socket.resetAndDestroy()));
    });
    const { call } = openCaller({ connections: 1 });
    expect(await call(port)).toEqual({ kind: "returned", value: "ok" });
    expect(await call(port)).toMatchObject({ kind: "failed", unserved: true });
    expect(requests).toBe(2);
    expect(await call(port)).toEqual({ kind: "returned", value: "ok" });
    expect(await call(port)).toEqual({ kind: "returned", value: "ok" });
    expect(requests).toBe(4);
  });

  test("is called often at one time gets so many connections, which are kept", async () => {
    let open = 0;
    let most = 0;
    const { port, server } = await listen((_, response) => {
      most = Math.max(most, ++open);
      setImmediate(() => {
        open--;
        response.writeHead(200, sdk).end("1");
      });
    });
    let connections = 0;
    server.on("connection", () => connections++);
    const { call } = openCaller({ connections: 8 });
    const answers = await Promise.all(Array.from({ length: 200 }, () => call(port)));
    expect(answers.every(({ kind }) => kind === "returned")).toBe(true);
    expect([connections, most]).toEqual([8, expect.any(Number)]);
    expect(most).toBeLessThanOrEqual(8);
  });

  test("has too much to do gets no more", async () => {
    const { port } = await listen(() => {});
    const { call, clock } = openCaller({ callsAtOnce: 2 });
    for (let i = 0; i < 2; i++) void call(port);
    await expect(call(port)).rejects.toMatchObject({ name: PostponedError.name });
    await expect(call(port)).rejects.toMatchObject({ until: clock.now() + 250 });
  });
});
