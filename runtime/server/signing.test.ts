/** Applications that are not in development: both sides sign, and each knows the other by the signing key. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { applicationFromDefinitions } from "../codegen/application.js";
import { createEngine } from "../engine/create-engine.js";
import type { Engine } from "../engine/engine.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { hashSigningKey } from "../protocol/signing-key.js";
import { Gateway } from "../transport/connect/gateway.js";
import { Checkpoints } from "../transport/http/checkpoints.js";
import { systemClock } from "../engine/clock.js";
import { createServer } from "./create-server.js";
import { RemoteApps } from "./remote-apps.js";
import { libraries, listen, separateVersions } from "./sdk-libraries.test.program.js";

const oldKey = "signkey-prod-0123456789abcdef0123456789abcdef";
const newKey = "signkey-prod-fedcba9876543210fedcba9876543210";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
beforeEach(separateVersions);

async function openRuntime(signingKeys: readonly string[]) {
  const engine: Engine = createEngine({
    store: createMemoryStore(),
    app: applicationFromDefinitions([]),
    retryIntervalMs: 1,
    http: { signingKeys },
  });
  const remotes = new RemoteApps(engine, { signingKeys });
  const gateway = new Gateway({ clock: systemClock });
  const server = createServer({ engine, remotes, signingKeys, gateway, checkpoints: new Checkpoints() });
  await engine.start();
  closers.push(async () => {
    await server.close();
    await engine.stop(0);
  });
  return { engine, remotes, server, baseUrl: await server.listen({ host: "127.0.0.1", port: 0 }) };
}

describe.each(Object.entries(libraries))("%s", (_, library) => {
  async function openApp(baseUrl: string, keys: { signingKey: string; signingKeyFallback?: string }) {
    const { client, define } = library.open({ baseUrl, isDev: false, ...keys });
    const fn = define({ id: "sum", retries: 0, triggers: [{ event: "sum/asked" }] }, async ({ event, step }) =>
      step.run("ü", () => event.data.a + 0.5),
    );
    const app = await listen(library.serve({ client, functions: [fn], ...keys }));
    closers.push(() => app.close());
    return app.url;
  }

  async function run(engine: Engine) {
    const { runId } = await engine.invoke("shop-sum", { z: "é\u000f", a: 1, nested: { b: [1e21, null] } });
    const result = await engine.result(runId, 10_000);
    return { status: result?.status, output: JSON.parse(result?.output ?? "null") };
  }

  test.each([
    ["the same key", [oldKey], { signingKey: oldKey }],
    ["a key that the runtime has already replaced", [newKey, oldKey], { signingKey: oldKey }],
    ["a key that the runtime has still to get", [oldKey], { signingKey: newKey, signingKeyFallback: oldKey }],
  ])("with %s it registers, is called, and its answers are believed", async (__, runtimeKeys, appKeys) => {
    const { engine, baseUrl } = await openRuntime(runtimeKeys);
    const url = await openApp(baseUrl, appKeys);
    const registered = await fetch(url, { method: "PUT" });
    expect([registered.status, await registered.json()]).toMatchObject([200, { modified: true }]);
    expect(await run(engine)).toEqual({ status: "completed", output: 1.5 });
    expect(await run(engine)).toEqual({ status: "completed", output: 1.5 });
  });

  test("with another key it neither registers nor is called", async () => {
    const { engine, remotes, baseUrl } = await openRuntime([newKey]);
    const url = await openApp(baseUrl, { signingKey: oldKey });
    expect((await fetch(url, { method: "PUT" })).status).toBeGreaterThan(400);
    expect(remotes.all).toEqual([]);
    const functions = [
      {
        id: "shop-sum",
        steps: { step: { runtime: { url: `${url}?fnId=shop-sum&stepId=step` }, retries: { attempts: 0 } } },
      },
    ];
    await remotes.register({ appName: "shop", url, functions });
    const { status, output } = await run(engine);
    expect([status, output.message]).toEqual(["failed", expect.stringContaining("signature-refused")]);
  });
});

/** Of Fastify's drawing: each level is four characters further in, and has its part of the path. */
function listRoutes(drawn: string): (readonly [method: string, path: string])[] {
  const parts: string[] = [];
  return drawn.split("\n").flatMap((line) => {
    const found = /^(.*?── )(\S+)(?: \(([A-Z, ]+)\))?$/.exec(line);
    if (!found) return [];
    const [, indent = "", part = "", methods] = found;
    parts.splice(indent.length / 4 - 1, parts.length, part);
    return methods?.split(", ").map((method) => [method, parts.join("")] as const) ?? [];
  });
}

test("what shows no key is refused, at every route but those that have something else to show", async () => {
  const { baseUrl, server } = await openRuntime([newKey]);
  const routes = listRoutes(server.printRoutes({ commonPrefix: false }));
  const others = new Set<string>();
  for (const [method, path] of routes) {
    if (method === "HEAD") continue;
    const answer = await fetch(baseUrl + path.replaceAll(/:(\w+)/g, "x"), { method });
    if (!(await answer.text()).includes("wrong-signing-key")) others.add(`${method} ${path}: ${answer.status}`);
  }
  expect(routes.length).toBeGreaterThan(40);
  expect([...others].sort()).toEqual([
    "GET /health: 200",
    "GET /v1/http/runs/:id/output: 400",
    "GET /v1/realtime/sse: 401",
    "POST /e/:key: 400",
  ]);
});

test.each(["/v1/apps", "/v%31/apps", "/v1/%61pps", "/v1/apps?x=1", "/v1/runs/a%2Fb", "/dev"])(
  "`%s` is not reached by another spelling",
  async (path) => {
    const { baseUrl } = await openRuntime([newKey]);
    expect((await fetch(baseUrl + path)).status).toBe(401);
    const headers = { authorization: `Bearer ${hashSigningKey(newKey)}` };
    expect((await fetch(baseUrl + path, { headers })).status).not.toBe(401);
  },
);

test("whoever registers without the key is told in the form that SDKs print", async () => {
  const { baseUrl } = await openRuntime([newKey]);
  const response = await fetch(`${baseUrl}/fn/register`, { method: "POST", body: "{}" });
  const error = expect.stringContaining("wrong-signing-key");
  expect([response.status, await response.json()]).toMatchObject([401, { ok: false, error }]);
});

test("an answer that somebody else has written is not believed", async () => {
  const { engine, remotes } = await openRuntime([newKey]);
  const app = await listen((_, response) => {
    response.writeHead(200, { "x-inngest-sdk": "fake:v1", "x-inngest-signature": `t=1&s=${"0".repeat(64)}` });
    response.end('"forged"');
  });
  closers.push(() => app.close());
  const functions = [{ id: "shop-sum", steps: { step: { runtime: { url: app.url }, retries: { attempts: 0 } } } }];
  await remotes.register({ appName: "shop", url: app.url, functions });
  const { runId } = await engine.invoke("shop-sum", {});
  const result = await engine.result(runId, 10_000);
  expect([result?.status, result?.output]).toEqual(["failed", expect.stringContaining("answer-signature-invalid")]);
});
