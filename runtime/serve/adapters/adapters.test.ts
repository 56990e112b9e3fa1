/**
 * Each adapter says the same as the others. Those of frameworks that listen are tested behind a server of theirs, with
 * requests over the loopback; Next.js, and the platforms that exist only in a cloud, by the shapes of their requests.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import express from "express";
import fastify from "fastify";
import { H3, toNodeHandler } from "h3";
import { Hono } from "hono";
import Koa from "koa";
import { describe, expect, it } from "vitest";
import { callBody, createClient, signingKey } from "../serve-fixture.js";
import { sign } from "../../protocol/signing-key.js";
import { sendResponse, toRequest } from "../node-http.js";
import { type Ask, closers, converse, listen, over, path, runtime, served } from "./conversation.test.program.js";
import * as astro from "./astro.js";
import * as bun from "./bun.js";
import * as cloudflare from "./cloudflare.js";
import * as deno from "./deno.js";
import * as edge from "./edge.js";
import * as expressAdapter from "./express.js";
import * as fastifyAdapter from "./fastify.js";
import * as h3 from "./h3.js";
import * as hono from "./hono.js";
import * as koa from "./koa.js";
import * as lambda from "./lambda.js";
import * as next from "./next.js";
import * as nitro from "./nitro.js";
import * as node from "./node.js";
import * as nuxt from "./nuxt.js";
import * as remix from "./remix.js";
import * as sveltekit from "./sveltekit.js";

describe("behind a server of the framework", () => {
  it.each([
    ["without a body parser", []],
    ["behind its body parser", [express.json({ limit: "10mb" })]],
  ])("express, %s", async (_, before) => {
    const app = express();
    for (const each of before) app.use(each);
    app.use(path, expressAdapter.serve(served()));
    const base = await listen(app);
    await converse(over(base), base, "express");
  });

  it("express, with keep-alive bytes before the answer", async () => {
    const app = express();
    app.use(path, expressAdapter.serve(served({ streaming: true })));
    const base = await listen(app);
    const call = JSON.stringify(callBody({}));
    const headers = { "x-inngest-signature": sign(call, signingKey, Date.now()) };
    const response = await fetch(`${base}?fnId=shop-greet&stepId=step`, { method: "POST", body: call, headers });
    expect(response.status).toBe(201);
    const whole = (await response.json()) as { status: number; body: string; headers: Record<string, string> };
    expect(whole).toMatchObject({ status: 206, headers: { "x-inngest-framework": "express" } });
    expect(JSON.parse(whole.body)).toMatchObject([{ op: "StepRun" }]);
  });

  it.each([
    [
      "as a route",
      (app: any) => app.route({ method: ["GET", "POST", "PUT"], url: path, handler: fastifyAdapter.serve(served()) }),
    ],
    ["as a plugin", (app: any) => app.register(fastifyAdapter.default, served())],
  ])("fastify, %s", async (_, use) => {
    const app = fastify();
    use(app);
    const address = await app.listen({ host: "127.0.0.1", port: 0 });
    closers.push(() => app.close());
    await converse(over(address + path), address + path, "fastify");
  });

  it("hono", async () => {
    const app = new Hono();
    app.on(["GET", "POST", "PUT"], path, hono.serve(served()));
    const base = await listen(async (req, res) => sendResponse(await app.fetch(toRequest(req, res)), res));
    await converse(over(base), base, "hono");
  });

  it.each([
    ["without a body parser", false],
    ["behind a body parser", true],
  ])("koa, %s", async (_, parses) => {
    const app = new Koa();
    if (parses) {
      app.use(async (context, rest) => {
        const parts: Buffer[] = [];
        for await (const part of context.req) parts.push(part as Buffer);
        const text = Buffer.concat(parts).toString();
        Object.assign(context.request, { body: text === "" ? {} : JSON.parse(text) });
        await rest();
      });
    }
    const handler = koa.serve(served());
    app.use((context) => handler(context));
    const base = await listen(app.callback());
    await converse(over(base), base, "koa");
  });

  it.each([
    ["h3", h3.serve],
    ["nitro", nitro.serve],
    ["nuxt", nuxt.serve],
  ])("%s", async (name, serve) => {
    const app = new H3().all(path, serve(served()));
    const base = await listen(toNodeHandler(app) as RequestListener);
    await converse(over(base), base, name);
  });

  it("node", async () => {
    const base = await listen(node.serve(served()));
    await converse(over(base), base, "nodejs");
  });

  it("node's own server, which knows nothing else", async () => {
    const base = await listen(node.createServer(served()));
    await converse(over(base), base, "nodejs");
    expect((await fetch(new URL("/other", base))).status).toBe(404);
  });
});

describe("by the shapes of the platform's requests", () => {
  const base = `https://shop.example${path}`;
  const requestOf = (...[method, query, body, headers]: Parameters<Ask>): Request =>
    new Request(base + query, { method, headers, ...(body !== "" && { body }) });
  /** By the methods' names, as files of routes export them. */
  type Routes<E> = Record<"GET" | "POST" | "PUT", (event: E) => Promise<Response>>;
  const route =
    <E>(handlers: Routes<E>, eventOf: (request: Request) => E): Ask =>
    (method, query, body, headers) =>
      handlers[method as "GET"](eventOf(requestOf(method, query, body, headers)));

  it.each([
    ["edge", edge.serve, "edge"],
    ["bun", bun.serve, "bun"],
    ["deno", deno.serve, "deno/fresh"],
  ])("%s", async (_, serve, framework) => {
    const handler = serve(served());
    await converse((...asked) => handler(requestOf(...asked)), base, framework);
  });

  it("next, app router: behind a proxy, the host is that of the header", async () => {
    const { GET, POST, PUT } = next.serve(served());
    const ask: Ask = (method, query, body, headers) => {
      const url = `https://localhost:3000${path}${query}`;
      const request = new Request(url, {
        method,
        headers: { ...headers, host: "shop.example" },
        ...(body !== "" && { body }),
      });
      return { GET, POST, PUT }[method]!(request, { params: Promise.resolve({}) });
    };
    await converse(ask, base, "nextjs");
    expect(next.serve(served()).length).toBe(1);
  });

  it("next, pages router: Node's request with the body parsed and the query apart", async () => {
    const handler = next.serve(served());
    const ask: Ask = async (method, query, body, headers) => {
      const req = Object.assign(Readable.from([]), {
        method,
        url: path + query,
        headers: { ...headers, host: "shop.example", "x-forwarded-proto": "https" },
        query: Object.fromEntries(new URLSearchParams(query)),
        body: body === "" ? "" : JSON.parse(body),
        socket: {},
      }) as unknown as IncomingMessage;
      const response = new PagesResponse();
      await handler(req, response as unknown as ServerResponse);
      return response.toResponse();
    };
    await converse(ask, base, "nextjs");
  });

  it("sveltekit", () =>
    converse(
      route(sveltekit.serve(served()), (request) => ({ request })),
      base,
      "sveltekit",
    ));
  it("astro", () =>
    converse(
      route(astro.serve(served()), (request) => ({ request })),
      base,
      "astro",
    ));
  it("remix", () => {
    const handler = remix.serve(served());
    return converse((...asked) => handler({ request: requestOf(...asked), context: {} }), base, "remix");
  });

  it.each([
    ["Workers", (handler: cloudflare.CloudflareHandler, request: Request, env: object) => handler(request, env, {})],
    ["Pages", (handler: cloudflare.CloudflareHandler, request: Request, env: object) => handler({ request, env })],
  ])("cloudflare %s, with the variables of the request", async (_, call) => {
    const { functions } = served();
    const client = createClient({ isDev: false });
    const handler = cloudflare.serve({ client, functions, fetch: runtime.fetch });
    const env = { INNGEST_SIGNING_KEY: signingKey, KV: {} };
    await converse((...asked) => call(handler, requestOf(...asked), env), base, "cloudflare-pages");
  });

  it.each([
    ["1.0", false],
    ["2.0", true],
  ])("lambda, events of version %s", async (version, base64) => {
    const handler = lambda.serve(served({ streaming: true }));
    const ask: Ask = async (method, query, body, headers) => {
      const all = { ...headers, Host: "shop.example", "X-Forwarded-Proto": "https" };
      const common = {
        headers: all,
        body: base64 ? Buffer.from(body).toString("base64") : body,
        isBase64Encoded: base64,
      };
      const event: lambda.LambdaEvent =
        version === "1.0"
          ? {
              ...common,
              httpMethod: method,
              path,
              queryStringParameters: Object.fromEntries(new URLSearchParams(query)),
            }
          : {
              ...common,
              version,
              rawPath: path,
              rawQueryString: query.slice(1),
              requestContext: { http: { method, path } },
            };
      const answer = await handler(event, {});
      return new Response(answer.body, { status: answer.statusCode, headers: answer.headers });
    };
    await converse(ask, base, "aws-lambda");
  });
});

/** As much of the response as the pages router has. */
class PagesResponse {
  statusCode = 200;
  writableEnded = false;
  readonly #headers = new Headers();
  #body = "";
  once(): void {}
  setHeader(name: string, value: string): void {
    this.#headers.set(name, value);
  }
  end(text: string): void {
    this.#body = text;
    this.writableEnded = true;
  }
  toResponse(): Response {
    return new Response(this.#body, { status: this.statusCode, headers: this.#headers });
  }
}
