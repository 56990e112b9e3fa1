/** Runs whose state does not fit into a request: the application fetches it, with either SDK. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

import { applicationFromDefinitions } from "../codegen/application.js";
import { createEngine } from "../engine/create-engine.js";
import type { Engine } from "../engine/engine.js";
import { hashSigningKey } from "../protocol/signing-key.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { createServer } from "./create-server.js";
import { type Listening, libraries, listen, separateVersions } from "./sdk-libraries.test.program.js";

const mib = 1024 * 1024;
const signingKey = "signkey-test-0123456789abcdef";

let engine: Engine;
let server: ReturnType<typeof createServer>;
let runtime: string;
const apps: Listening[] = [];
/** What the applications asked the runtime for. */
const fetched: string[] = [];

beforeAll(async () => {
  engine = createEngine({
    store: createMemoryStore(),
    app: applicationFromDefinitions([]),
    http: { signingKeys: [signingKey] },
    retryIntervalMs: 1,
  });
  server = createServer({ engine, signingKeys: [signingKey] });
  server.addHook("onRequest", async ({ url }) => {
    if (url.startsWith("/v0/runs/")) fetched.push(url.replace(/[^/]+(?=\/\w+$)/, "ID"));
  });
  await engine.start();
  runtime = await server.listen({ host: "127.0.0.1", port: 0 });
  for (const [index, [name, library]] of Object.entries(libraries).entries()) {
    const { client, define } = library.open({ id: `app${index}`, baseUrl: runtime, isDev: false, signingKey });
    const fn = define({ id: "large", retries: 0, triggers: [{ event: `${name}/asked` }] }, async ({ event, step }) => {
      const large = await step.run("large", () => "x".repeat(3 * mib));
      const failed = await step.run("failed", () => Promise.reject(new TypeError("no"))).catch((error: Error) => error);
      const second = await step.run("second", () => "y".repeat(2 * mib));
      await step.sleep("nap", 1);
      const all = await step.run("last", () => [large.length, failed.message, second.length, event.data.n]);
      return all;
    });
    const app = await listen(library.serve({ client, functions: [fn], signingKey }));
    apps.push(app);
    expect((await fetch(app.url, { method: "PUT" })).status).toBe(200);
  }
});

afterAll(async () => {
  for (const app of apps) app.close();
  await server.close();
  await engine.stop(0);
});

beforeEach(separateVersions);

const ask = async (path: string, key = signingKey): Promise<[number, any]> => {
  const answer = await fetch(runtime + path, { headers: { authorization: `Bearer ${hashSigningKey(key)}` } });
  return [answer.status, await answer.json()];
};

test.each(Object.keys(libraries))("%s fetches the state that is too large for a request", async (name) => {
  fetched.length = 0;
  const { ids } = await engine.send([
    { name: `${name}/asked`, data: { n: 7 }, id: `given by ${name}`, user: { a: 1 } },
  ]);
  const { items } = await engine.store.runs.list({ eventId: ids[0]! }, 1, null);
  const runId = items[0]!.id;
  const result = await engine.result(runId, 20_000);
  expect(result).toMatchObject({ status: "completed", output: JSON.stringify([3 * mib, "no", 2 * mib, 7]) });
  expect(new Set(fetched)).toEqual(new Set(["/v0/runs/ID/actions", "/v0/runs/ID/batch"]));

  const [, steps] = await ask(`/v0/runs/${runId}/actions`);
  const shown = Object.values<any>(steps).map(({ data, error }) => error?.message ?? data?.length ?? data);
  expect(shown).toEqual([3 * mib, "no", 2 * mib, null, 4]);
  const [, batch] = await ask(`/v0/runs/${runId}/batch`);
  expect(batch).toMatchObject([
    { name: `${name}/asked`, data: { n: 7 }, id: `given by ${name}`, user: { a: 1 }, ts: expect.any(Number) },
  ]);
});

test.each(["actions", "batch"])("%s: of a run that is not there, and for somebody without the key", async (part) => {
  const unknown = { error: "there is no run `nothing` (unknown-run)", status: 404 };
  expect(await ask(`/v0/runs/nothing/${part}`)).toEqual([404, unknown]);
  expect((await ask(`/v0/runs/nothing/${part}`, "signkey-test-ffff"))[0]).toBe(401);
});
