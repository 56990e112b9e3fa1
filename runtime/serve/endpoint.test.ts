import { describe, expect, it } from "vitest";
import { applicationFromDefinitions } from "../codegen/application.js";
import { ServeEndpoint } from "./endpoint.js";
import { callBody, createClient, nowMs, openEndpoint, signingKey, url } from "./serve-fixture.js";
import { hashSigningKey } from "../protocol/signing-key.js";
import { verify } from "./signature.js";

const client = createClient();
const greet = client.createFunction({ id: "greet", triggers: [{ event: "order/placed" }] }, async () => "hello");

const cloudClient = (more = {}) => createClient({ isDev: false, signingKey, ...more });
const openCloud = (more = {}) => {
  const own = cloudClient(more);
  const fn = own.createFunction({ id: "greet", triggers: [{ event: "order/placed" }] }, async () => "hello");
  return openEndpoint({ client: own, functions: [fn] });
};

describe("an endpoint that is asked with GET", () => {
  it("tells whether it works", async () => {
    const { status, json, headers } = await openEndpoint({ functions: [greet] }).ask("GET", "");
    expect(status).toBe(200);
    expect(json).toMatchObject({
      mode: "dev",
      function_count: 1,
      has_signing_key: false,
      authentication_succeeded: null,
    });
    expect(headers.get("x-inngest-sdk")).toMatch(/^stepwright:v\d/);
    expect(headers.get("x-inngest-framework")).toBe("test");
    expect(headers.get("x-stepwright-manifest")).toMatch(/^[0-9a-f]{64}$/);
  });

  it("tells the runtime more than others", async () => {
    const open = openCloud();
    const unsigned = await open.ask("GET", "");
    expect(unsigned.json).toMatchObject({ mode: "cloud", authentication_succeeded: null });
    expect(unsigned.json).not.toHaveProperty("app_id");
    expect(unsigned.headers.get("x-inngest-sdk")).toBeNull();
    expect(unsigned.headers.get("x-stepwright-manifest")).toBeNull();
    const wrong = await open.signed("GET", "", "", "signkey-test-00000000");
    expect(wrong.json).toMatchObject({ authentication_succeeded: false });
    expect(wrong.json).not.toHaveProperty("app_id");
    const right = await open.signed("GET", "", "");
    expect(right.json).toMatchObject({ authentication_succeeded: true, app_id: "shop", framework: "test" });
    expect(JSON.stringify(right.json)).not.toContain(signingKey);
    expect(right.json.signing_key_hash).toBe(hashSigningKey(signingKey).replace("signkey-test-", "").slice(0, 12));
  });
});

describe("an endpoint that is asked with PUT", () => {
  it("registers the application with the runtime", async () => {
    const { ask, runtime } = openEndpoint({ functions: [greet] });
    runtime.answer = () => Response.json({ ok: true, modified: true });
    const { status, json, headers } = await ask("PUT", "?deployId=d1", "", { "x-inngest-server-kind": "dev" });
    expect([status, json.modified]).toEqual([200, true]);
    expect(headers.get("x-inngest-sync-kind")).toBe("out_of_band");
    const [sent] = runtime.requests;
    expect(sent).toMatchObject({ method: "POST", path: "/fn/register?deployId=d1" });
    expect(sent?.headers.get("x-inngest-expected-server-kind")).toBe("dev");
    expect(sent?.body).toMatchObject({ url, deployType: "ping", appName: "shop", v: "0.1", framework: "test" });
    expect(sent?.body.functions[0].steps.step.runtime).toEqual({
      type: "http",
      url: `${url}?fnId=shop-greet&stepId=step`,
    });
  });

  it("says why the runtime did not take it", async () => {
    const { ask, runtime } = openEndpoint({ functions: [greet] });
    runtime.answer = () => Response.json({ error: "no such app" }, { status: 400 });
    const refused = await ask("PUT", "", "");
    expect(refused.status).toBe(500);
    expect(refused.json).toEqual({
      message: "Failed to register; the runtime answered 400: no such app",
      modified: false,
    });
    runtime.answer = () => Promise.reject(new Error("it is down"));
    expect((await ask("PUT", "", "")).json.message).toBe("Failed to register; it is down");
  });

  it("shows the runtime the hash of the key, and the fallback's when that is refused", async () => {
    const open = openCloud({ signingKeyFallback: "signkey-test-00ff" });
    open.runtime.answer = ({ headers }) =>
      headers.get("authorization") === `Bearer ${hashSigningKey("signkey-test-00ff")}`
        ? Response.json({ ok: true })
        : new Response("no", { status: 401 });
    expect((await open.ask("PUT", "", "")).status).toBe(200);
    expect(open.runtime.requests.map(({ headers }) => headers.get("authorization"))).toEqual([
      `Bearer ${hashSigningKey(signingKey)}`,
      `Bearer ${hashSigningKey("signkey-test-00ff")}`,
    ]);
  });

  it("answers an in-band synchronisation with all that there is, and asks nobody", async () => {
    const { ask, runtime } = openEndpoint({
      functions: [greet],
      servePath: "/other",
      serveOrigin: "https://shop.example",
    });
    const { json, headers } = await ask(
      "PUT",
      "",
      { url: "http://10.0.0.1/api/inngest" },
      { "x-inngest-sync-kind": "in_band" },
    );
    expect(json).toMatchObject({
      app_id: "shop",
      url: "https://shop.example/other",
      inspection: { function_count: 1 },
    });
    expect(json.manifest.hash).toBe(json.manifestHash);
    expect(headers.get("x-inngest-sync-kind")).toBe("in_band");
    expect(runtime.requests).toEqual([]);
  });

  it("answers one in band only to the runtime", async () => {
    const open = openCloud();
    const { status, json } = await open.ask("PUT", "", { url }, { "x-inngest-sync-kind": "in_band" });
    expect([status, json]).toEqual([401, { message: "Unauthorized" }]);
  });
});

describe("an endpoint that is asked with POST", () => {
  it("calls a function for a signed request, and signs the answer", async () => {
    const { signed } = openCloud();
    const { status, json, text, headers } = await signed("POST", "?fnId=shop-greet&stepId=step", callBody({}));
    expect([status, json]).toEqual([200, "hello"]);
    expect(verify({ header: headers.get("x-inngest-signature"), text, nowMs }, [signingKey])).toBe(signingKey);
  });

  it("accepts the fallback key while keys are rotated", async () => {
    const { signed } = openCloud({ signingKeyFallback: "signkey-test-00ff" });
    const { status, text, headers } = await signed(
      "POST",
      "?fnId=shop-greet&stepId=step",
      callBody({}),
      "signkey-test-00ff",
    );
    expect(status).toBe(200);
    expect(verify({ header: headers.get("x-inngest-signature"), text, nowMs }, ["signkey-test-00ff"])).toBeTruthy();
  });

  it.each([
    ["unsigned", undefined, 0],
    ["signed by another key", "signkey-test-00ff", 0],
    ["signed too long ago", signingKey, -301_000],
    ["signed in the future", signingKey, 301_000],
  ])("refuses what is %s", async (_, key, offset) => {
    const open = openCloud();
    const body = callBody({});
    const { status, json, headers } = key
      ? await open.signed("POST", "?fnId=shop-greet", body, key, nowMs + offset)
      : await open.ask("POST", "?fnId=shop-greet", body);
    expect([status, json]).toEqual([401, { message: "Unauthorized" }]);
    expect([...headers.keys()].filter((name) => name.startsWith("x-inngest"))).toEqual(["x-inngest-sdk-handled"]);
  });

  it("serves nothing without a key, unless it is development", async () => {
    const own = createClient({ isDev: false });
    const { ask } = openEndpoint({ client: own, functions: [] });
    for (const method of ["GET", "PUT", "POST"]) {
      const { status, json } = await ask(method, "", method === "GET" ? undefined : "{}");
      expect([method, status, json.code]).toEqual([method, 500, "missing-signing-key"]);
    }
  });

  it("answers a trust probe, and no other", async () => {
    const { ask } = openEndpoint({ functions: [greet] });
    expect(await ask("POST", "?probe=trust", {})).toMatchObject({ status: 200, text: "" });
    expect(await ask("POST", "?probe=other", {})).toMatchObject({ status: 400, json: { code: "unknown-probe" } });
  });

  it.each([
    ["?fnId=shop-none", callBody({}), 500, "unknown-function"],
    ["?fnId=__proto__", callBody({}), 500, "unknown-function"],
    ["", callBody({}), 500, "missing-function-id"],
    ["?fnId=shop-greet", "", 500, "missing-body"],
    ["?fnId=shop-greet", "{nope", 500, "malformed-body"],
    ["?fnId=shop-greet", { event: 3 }, 500, "malformed-body"],
    ["?fnId=shop-greet", { ...callBody({}), steps: [1] }, 500, "malformed-body"],
    ["?fnId=shop-greet", { text: "x".repeat(2_000) }, 413, "body-too-large"],
  ])("says what is wrong with %s", async (path, body, status, code) => {
    const { ask } = openEndpoint({ functions: [greet], maxBodyBytes: 1_000 });
    expect(await ask("POST", path, body)).toMatchObject({ status, json: { code } });
  });

  it("stops to read a body that does not say its length", async () => {
    let pulled = 0;
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(400 + 0 * pulled++)),
    });
    const endpoint = new ServeEndpoint("test", { client, functions: [greet], maxBodyBytes: 1_000 });
    const init = { method: "POST", body, duplex: "half" } as RequestInit;
    expect((await endpoint.handle(new Request(`${url}?fnId=shop-greet`, init))).status).toBe(413);
    expect(pulled).toBeLessThan(6);
  });
});

it("other methods are not allowed", async () => {
  const { ask } = openEndpoint({ functions: [greet] });
  expect(await ask("DELETE", "")).toMatchObject({ status: 405 });
});

it("an application that was built is served with the hash of its manifest", async () => {
  const app = applicationFromDefinitions([greet]);
  const built = { ...app, manifest: { ...app.manifest, hash: "abc123" } };
  const response = await new ServeEndpoint("test", built).handle(new Request(url));
  expect(response.headers.get("x-stepwright-manifest")).toBe("abc123");
  const unbuilt = await new ServeEndpoint("test", app).handle(new Request(url));
  expect(unbuilt.headers.get("x-stepwright-manifest")).toMatch(/^[0-9a-f]{64}$/);
});

it("what is no application is refused when it is served", () => {
  const open = (given: object) => () => new ServeEndpoint("test", given as never);
  expect(open({ functions: [] })).toThrow(expect.objectContaining({ code: "invalid-client" }));
  expect(open({ client, functions: 3 })).toThrow(expect.objectContaining({ code: "invalid-functions" }));
  expect(open({ client, functions: [{}] })).toThrow(expect.objectContaining({ code: "invalid-functions" }));
  expect(open({ client, functions: [greet, greet] })).toThrow(
    expect.objectContaining({ code: "duplicate-function-id" }),
  );
});
