/** Applications that come back in another build, and runtimes that come back. */
import type { RequestListener } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";

import { applicationFromDefinitions } from "../codegen/application.js";
import { joinApplications } from "../codegen/remote-application.js";
import { createEngine } from "../engine/create-engine.js";
import { serve } from "../serve/adapters/node.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { openSqliteStore } from "../store/sqlite/open-sqlite-store.js";
import type { Store } from "../store/store.js";
import { createServer } from "./create-server.js";
import { readKeptApplications } from "./kept-applications.js";
import { RemoteApps } from "./remote-apps.js";
import { libraries, listen } from "./sdk-libraries.test.program.js";

const { open } = libraries["stepwright"]!;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function openRuntime(store: Store) {
  const local = applicationFromDefinitions([]);
  const { apps: known, problems } = await readKeptApplications(store);
  const lines: string[] = [];
  let told = (_: string): void => {};
  const clock = { now: () => 1_000_000 };
  const engine = createEngine({
    store,
    app: joinApplications(local, known),
    retryIntervalMs: 1,
    http: { manifestSeen: (where, hash) => remotes.manifestSeen(where, hash) },
  });
  const noticed = (line: string): void => {
    lines.push(line);
    told(line);
  };
  const remotes = new RemoteApps(engine, { local, known, clock, noticed });
  const server = createServer({ engine, remotes });
  await engine.start();
  const stop = async () => {
    await server.close();
    await engine.stop(0);
  };
  closers.push(stop);
  return {
    engine,
    remotes,
    problems,
    lines,
    stop,
    baseUrl: await server.listen({ host: "127.0.0.1", port: 0 }),
    nextLine: () => new Promise<string>((resolve) => (told = resolve)),
    run: async (id: string) => {
      const { runId } = await engine.invoke(id, {});
      const result = await engine.result(runId, 10_000);
      return [result?.status, JSON.parse(result?.output ?? "null")];
    },
  };
}

/** An application that can be deployed anew at the same URL. */
async function openApp(first: RequestListener) {
  let current = first;
  const app = await listen((request, response) => current(request, response));
  closers.push(() => app.close());
  return { url: app.url, deploy: (next: RequestListener) => void (current = next) };
}

const build = (baseUrl: string, answers: Record<string, unknown>): RequestListener => {
  const { client, define } = open({ baseUrl });
  const functions = Object.entries(answers).map(([id, answer]) =>
    define({ id, triggers: [{ event: `${id}/asked` }], name: `${id} ${JSON.stringify(answer)}` }, async ({ step }) =>
      step.run("a", () => answer),
    ),
  );
  return serve({ client, functions });
};

test("a new build is noticed by the answers of the application, and taken", async () => {
  const runtime = await openRuntime(createMemoryStore());
  const app = await openApp(build(runtime.baseUrl, { greet: "hello" }));
  await fetch(app.url, { method: "PUT" });
  expect(await runtime.run("shop-greet")).toEqual(["completed", "hello"]);
  expect(runtime.lines).toEqual([]);
  const [before] = runtime.remotes.all;

  app.deploy(build(runtime.baseUrl, { greet: "good day", part: "bye" }));
  const line = runtime.nextLine();
  expect(await runtime.run("shop-greet")).toEqual(["completed", "good day"]);
  expect(await line).toContain("a new build of shop");
  const [after] = runtime.remotes.all;
  expect(after?.manifestHash).not.toBe(before?.manifestHash);
  expect(await runtime.run("shop-part")).toEqual(["completed", "bye"]);
  const [started] = (await runtime.engine.send([{ name: "part/asked" }])).ids;
  expect((await runtime.engine.store.runs.list({ eventId: started! }, 9, null)).items).toHaveLength(1);

  // Two builds that answer by turns, while one is deployed, are no reason to ask for the functions at each call.
  app.deploy(build(runtime.baseUrl, { greet: "again" }));
  expect(await runtime.run("shop-greet")).toEqual(["completed", "again"]);
  expect(runtime.remotes.all[0]?.manifestHash).toBe(after?.manifestHash);
});

test("what the manifest says beyond the protocol counts", async () => {
  const runtime = await openRuntime(createMemoryStore());
  const { client, define } = open({ baseUrl: runtime.baseUrl });
  const retries = { attempts: 3, backoff: "constant", base: "1s" };
  const fn = define({ id: "slow", retries, triggers: [{ event: "a/b" }] }, async () => 1);
  const app = await openApp(serve({ client, functions: [fn] }));
  await runtime.remotes.sync(app.url);
  const [remote] = runtime.engine.app.functions;
  expect(remote?.entry.config.retries).toMatchObject({ limit: 3, backoff: { kind: "constant" } });
});

test.each([
  ["memory", async () => createMemoryStore()],
  ["sqlite", (folder: string) => openSqliteStore({ path: join(folder, "kept.db") })],
])("registrations outlive the process (%s)", async (kind, openStore) => {
  const folder = mkdtempSync(join(tmpdir(), "stepwright-kept-"));
  closers.push(() => rmSync(folder, { recursive: true }));
  let store: Store = await openStore(folder);
  const first = await openRuntime(store);
  const app = await openApp(build(first.baseUrl, { greet: "hello" }));
  await fetch(app.url, { method: "PUT" });
  await first.stop();
  if (kind === "sqlite") {
    await store.close();
    store = await openStore(folder);
  }

  const second = await openRuntime(store);
  expect(second.remotes.all).toMatchObject([{ id: "shop", url: app.url, manifestHash: expect.any(String) }]);
  expect(await second.run("shop-greet")).toEqual(["completed", "hello"]);
  const apps = await (await fetch(`${second.baseUrl}/v1/apps`)).json();
  expect(apps).toMatchObject({ data: [{ id: "shop", url: app.url, functionCount: 1 }] });
  const forgotten = () => fetch(`${second.baseUrl}/v1/apps/shop`, { method: "DELETE" });
  expect([(await forgotten()).status, (await forgotten()).status]).toEqual([200, 404]);
  expect(second.engine.app.functions).toEqual([]);
  expect(await store.registrations.list()).toEqual([]);
  await second.stop();
  await store.close();
});

test("a registration that is not understood any more is left out, and named", async () => {
  const store = createMemoryStore();
  await store.commit([{ guards: [], writes: [{ kind: "registration", appId: "old", registration: '{"url":3}' }] }]);
  const { remotes, problems } = await openRuntime(store);
  expect(remotes.all).toEqual([]);
  expect(problems).toEqual([expect.stringContaining("`old` has to register again")]);
});
