/** Applications that publish and look on, of this package and of both versions of the SDK, against this runtime. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import * as v3 from "inngest-v3";
import * as v4 from "inngest-v4";
import { realtime as realtimeV4, subscribe as subscribeV4 } from "inngest-v4/realtime";
import * as z from "zod";

import { Stepwright } from "../define/index.js";
import { applicationFromDefinitions } from "../codegen/application.js";
import { channel, subscribe } from "../define/realtime.js";
import { createEngine } from "../engine/create-engine.js";
import type { Engine } from "../engine/engine.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { createServer } from "./create-server.js";
import { libraries, listen, quiet, separateVersions } from "./sdk-libraries.test.program.js";

const signingKey = "signkey-test-0123456789abcdef";

let engine: Engine;
let server: ReturnType<typeof createServer>;
let baseUrl: string;
beforeAll(async () => {
  separateVersions();
  // The SDK needs one, which Node 20 does not have.
  vi.stubGlobal("WebSocket", WebSocket);
  engine = createEngine({
    store: createMemoryStore(),
    app: applicationFromDefinitions([]),
    retryIntervalMs: 1,
    http: { signingKeys: [signingKey] },
  });
  server = createServer({ engine, signingKeys: [signingKey] });
  await engine.start();
  baseUrl = await server.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  await server.close();
  await engine.stop(0);
  vi.unstubAllGlobals();
});

const topics = { status: { schema: z.object({ text: z.string() }) }, note: { schema: z.object({ n: z.number() }) } };
const name = (id: string) => `order:${id}`;
const ours = channel({ name, topics });
const theirs = realtimeV4.channel({ name, topics } as never) as unknown as typeof ours;

const options = () => ({ id: "shop", baseUrl, signingKey, isDev: false, eventKey: "any", logger: quiet });
const clients: Record<string, () => any> = {
  stepwright: () => new Stepwright(options()),
  "inngest 4": () => new v4.Inngest(options()),
};
const channels: Record<string, typeof ours> = { stepwright: ours, "inngest 4": theirs };

async function take(stream: ReadableStream, count: number): Promise<any[]> {
  const reader = stream.getReader();
  const messages: unknown[] = [];
  while (messages.length < count) messages.push((await reader.read()).value);
  reader.releaseLock();
  return messages;
}

const pairs = ["stepwright", "inngest 4"].flatMap((from) =>
  ["stepwright", "inngest 4"].map((to) => [from, to] as const),
);

test.each(pairs)("%s publishes, %s reads", async (from, to) => {
  const id = `${from} to ${to}`;
  const order = channels[to]!(id);
  const subscription = await clients[to]!().realtime.subscribe({ channel: order, topics: ["status", "note"] });
  const { publish } = clients[from]!().realtime;
  await publish(channels[from]!(id).status, { text: "paid" });
  await publish(channels[from]!(id).note, { n: 1 });
  expect(await take(subscription, 2)).toMatchObject([
    { kind: "data", channel: `order:${id}`, topic: "status", data: { text: "paid" }, createdAt: expect.any(Date) },
    { topic: "note", data: { n: 1 } },
  ]);
  subscription.close();
});

test("SDK v3 publishes and asks for tokens as its realtime package does", async () => {
  const api = (new v3.Inngest(options()) as any).inngestApi;
  // As `serve` does.
  api.setSigningKey(signingKey);
  const key = await api.getSubscriptionToken("order:v3", ["status"]);
  const subscription = await subscribe({ channel: "order:v3", topics: ["status"], key, apiBaseUrl: baseUrl });
  const published = await api.publish({ channel: "order:v3", topics: ["status"], runId: "01RUN" }, { text: "paid" });
  expect(published).toMatchObject({ ok: true });
  expect(await take(subscription, 1)).toMatchObject([{ topic: "status", data: { text: "paid" }, runId: "01RUN" }]);
  subscription.close();
});

test.each(Object.keys(clients))("a token of %s is for anybody, without the key", async (name) => {
  const { key, apiBaseUrl } = await clients[name]!().realtime.token({ channel: ours("t"), topics: ["note"] });
  expect(apiBaseUrl).toMatch(baseUrl);
  const mine = await subscribe({ channel: ours("t"), topics: ["note"], key, apiBaseUrl: baseUrl });
  const its = await subscribeV4({ channel: "order:t", topics: ["note"], key, apiBaseUrl: baseUrl });
  await clients[name]!().realtime.publish(channels[name]!("t").note, { n: 7 });
  expect(await take(mine, 1)).toMatchObject([{ data: { n: 7 } }]);
  expect(await take(its as never, 1)).toMatchObject([{ data: { n: 7 } }]);
  mine.close();
  (its as unknown as { close(): void }).close();
});

test("a client of ours serves the realtime package of SDK v3, which publishes and reads by it", async () => {
  const client = new Stepwright(options());
  const got = await subscribe({ app: client, channel: "order:old", topics: ["status"] });
  expect(client.apiBaseUrl).toBe(baseUrl);
  expect(await client.inngestApi.getSubscriptionToken("order:old", ["status"])).toMatch(/^ey/);
  const place = { channel: "order:old", topics: ["status"] };
  expect(await client.inngestApi.publish(place, { text: "paid" })).toEqual({ ok: true, value: undefined });
  expect(await take(got, 1)).toMatchObject([{ data: { text: "paid" } }]);
  expect(await client.inngestApi.publish(place, 1n)).toMatchObject({ ok: false, error: { status: 500 } });
  got.close();
});

test("without a key nothing is allowed", async () => {
  const stranger = new Stepwright({ id: "stranger", baseUrl, isDev: true });
  const refused = { code: "send-refused" };
  await expect(stranger.realtime.publish(ours("x").note, { n: 1 })).rejects.toMatchObject(refused);
  await expect(stranger.realtime.token({ channel: ours("x"), topics: ["note"] })).rejects.toMatchObject(refused);
  const guess = subscribe({ channel: "order:x", topics: ["note"], key: "a.b.c", apiBaseUrl: baseUrl });
  await expect(guess).rejects.toMatchObject({ code: "subscribe-failed" });
});

describe.each(["stepwright", "inngest 4"])("functions of %s, served", (library) => {
  test("publish as a step once, and how the run goes on can be read", async () => {
    separateVersions();
    const { client, define } = libraries[library]!.open({ baseUrl, signingKey, isDev: false, checkpointing: false });
    const order = channels[library]!(`served ${library}`);
    const publishing = define(
      { id: "publishing", triggers: [{ event: `publish/${library}` }] },
      async ({ step, runId }: any) => {
        const signal = await step.waitForEvent("go", { event: "go", timeout: "1h", if: `async.data.id == '${runId}'` });
        const said = await step.realtime.publish("say", order.status, { text: "step" });
        await step.run("more", () => client.realtime.publish(order.note, { n: 2 }));
        return [signal.name, said];
      },
    );
    const app = await listen(libraries[library]!.serve({ client, functions: [publishing] }));
    expect((await fetch(app.url, { method: "PUT" })).status).toBe(200);
    const own = new Stepwright(options());
    const { ids } = await engine.send([{ name: `publish/${library}`, data: {} }]);
    const { items } = await engine.store.runs.list({ eventId: ids[0]! }, 1, null);
    const runId = items[0]!.id;
    const messages = await own.realtime.subscribe({ channel: order, topics: ["status", "note"] });
    const run = await own.realtime.subscribe({ channel: runId, topics: ["$run", "$step"] });
    await vi.waitUntil(async () => {
      await engine.send([{ name: "go", data: { id: runId } }]);
      return (await engine.result(runId, 50)) !== null;
    });
    expect(await take(messages, 2)).toMatchObject([
      { topic: "status", data: { text: "step" }, runId },
      { topic: "note", data: { n: 2 } },
    ]);
    const told: any[] = [];
    do told.push(...(await take(run, 1)));
    while (told.at(-1).kind !== "run" || told.at(-1).data.status === "running");
    const steps = told.filter(({ kind, data }) => kind === "step" && data.status === "completed");
    expect(steps.map(({ data }) => data.step)).toEqual(["go", "say", "more"]);
    expect(told.at(-1).data).toEqual({ status: "completed", result: ["go", { text: "step" }] });
    messages.close();
    run.close();
    app.close();
  });
});
