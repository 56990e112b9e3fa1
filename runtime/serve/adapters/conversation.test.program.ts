/** What the tests of the adapters have in common. */
import http, { type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect } from "vitest";
import { sign } from "../../protocol/signing-key.js";
import { callBody, createClient, FakeRuntime, signingKey } from "../serve-fixture.js";

export const path = "/api/inngest";
export const runtime = new FakeRuntime();
export const closers: (() => unknown)[] = [];
afterEach(async () => {
  runtime.requests.length = 0;
  for (const close of closers.splice(0)) await close();
});

/** What is served everywhere. */
export function served(more: object = {}) {
  const client = createClient({ isDev: false, signingKey });
  const fn = client.createFunction(
    { id: "greet", triggers: [{ event: "order/placed" }] },
    async ({ event, step }: any) => step.run("greet", () => `héllo ${event.data.name}`),
  );
  return { client, functions: [fn], fetch: runtime.fetch, ...more };
}

export type Ask = (method: string, query: string, body: string, headers: Record<string, string>) => Promise<Response>;

/** The conversation that every adapter has to be able to have. @param base the URL that it has to register */
export async function converse(ask: Ask, base: string, framework: string): Promise<void> {
  const call = JSON.stringify(callBody({}, { event: { name: "order/placed", data: { name: "Zoë ✓" } } }));
  const signature = { "content-type": "application/json", "x-inngest-signature": sign(call, signingKey, Date.now()) };
  const called = await ask("POST", "?fnId=shop-greet&stepId=step", call, signature);
  expect([called.status, called.headers.get("x-inngest-framework")]).toEqual([206, framework]);
  expect(await called.json()).toMatchObject([{ op: "StepRun", data: "héllo Zoë ✓" }]);
  const unsigned = await ask("POST", "?fnId=shop-greet&stepId=step", call, { "content-type": "application/json" });
  expect([unsigned.status, await unsigned.json()]).toEqual([401, { message: "Unauthorized" }]);
  const signed = { "x-inngest-signature": sign("", signingKey, Date.now()) };
  expect(await (await ask("GET", "", "", signed)).json()).toMatchObject({
    app_id: "shop",
    framework,
    function_count: 1,
  });
  const registered = await ask("PUT", "?deployId=d", "", {});
  expect([registered.status, await registered.json()]).toMatchObject([200, { modified: false }]);
  expect(runtime.requests.at(-1)).toMatchObject({ path: "/fn/register?deployId=d", body: { url: base, framework } });
}

/** Over the network. */
export const over =
  (base: string): Ask =>
  (method, query, body, headers) =>
    fetch(base + query, { method, headers, ...(body !== "" && { body }) });

export async function listen(listener: RequestListener | http.Server): Promise<string> {
  const server = typeof listener === "function" ? http.createServer(listener) : listener;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
}
