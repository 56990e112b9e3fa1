import { AsyncLocalStorage } from "node:async_hooks";
import * as Sentry from "@sentry/core";
import { ServerRuntimeClient } from "@sentry/core/server";
import { beforeEach, expect, test } from "vitest";
import { applicationFromDefinitions } from "../../codegen/application.js";
import { Inngest, NonRetriableError } from "../../define/index.js";
import { createMemoryStore } from "../../store/memory/memory-store.js";
import { TestEngine } from "../../testing/test-engine.js";
import { sentryMiddleware } from "./sentry.js";

interface Captured {
  transaction?: string;
  tags: Record<string, string>;
  exception: { values: { type: string; value: string }[] };
  breadcrumbs?: { message: string; level: string }[];
}

/** What the transport was given to send. */
const sent: Captured[] = [];

/** As @sentry/node does it: scopes follow asynchronous calls. */
function useAsyncScopes(): void {
  const scopes = new AsyncLocalStorage<{ scope: Sentry.Scope; isolationScope: Sentry.Scope }>();
  const here = () =>
    scopes.getStore() ?? { scope: Sentry.getDefaultCurrentScope(), isolationScope: Sentry.getDefaultIsolationScope() };
  const run = <T>(change: Partial<ReturnType<typeof here>>, callback: () => T): T =>
    scopes.run({ ...here(), ...change }, callback);
  Sentry.setAsyncContextStrategy({
    withScope: (callback) => {
      const scope = here().scope.clone();
      return run({ scope }, () => callback(scope));
    },
    withSetScope: (scope, callback) => run({ scope }, () => callback(scope)),
    withIsolationScope: (callback) => {
      const isolationScope = here().isolationScope.clone();
      return run({ scope: here().scope.clone(), isolationScope }, () => callback(isolationScope));
    },
    withSetIsolationScope: (isolationScope, callback) => run({ isolationScope }, () => callback(isolationScope)),
    getCurrentScope: () => here().scope,
    getIsolationScope: () => here().isolationScope,
  });
}

beforeEach(() => {
  sent.length = 0;
  useAsyncScopes();
  const client = new ServerRuntimeClient({
    dsn: "https://key@example.invalid/1",
    integrations: [],
    stackParser: () => [],
    transport: (options) =>
      Sentry.createTransport(options, async ({ body }) => {
        const [, ...lines] = String(body).split("\n");
        for (let i = 0; i + 1 < lines.length; i += 2) {
          if (JSON.parse(lines[i]!).type === "event") sent.push(JSON.parse(lines[i + 1]!));
        }
        return { statusCode: 200 };
      }),
  });
  Sentry.setCurrentClient(client);
  client.init();
});

async function start(functions: Parameters<typeof applicationFromDefinitions>[0]) {
  return TestEngine.start({ app: applicationFromDefinitions(functions), store: createMemoryStore() });
}

test("what ends a run is captured once, with its tags and its steps, in a scope of its own", async () => {
  const client = new Inngest({ id: "app", middleware: [sentryMiddleware()] });
  const fn = client.createFunction(
    { id: "work", retries: 1, triggers: [{ event: "go" }] },
    async ({ event, step, sentry }) => {
      sentry.getIsolationScope().setTag("order", event.data.order);
      await step.run(`charge ${event.data.order}`, () => 1);
      throw new RangeError(`broken ${event.data.order}`);
    },
  );
  const engine = await start([fn]);
  await engine.send({ name: "go", data: { order: "a" } }, { name: "go", data: { order: "b" } });
  expect(sent).toEqual([]);
  await engine.advance("1h");
  const runs = await engine.runs();
  expect(sent).toHaveLength(2);
  for (const order of ["a", "b"]) {
    const one = sent.find(({ tags }) => tags["order"] === order)!;
    expect(one.exception.values).toMatchObject([{ type: "RangeError", value: `broken ${order}` }]);
    expect(one.transaction).toBe("stepwright:work");
    expect(one.tags).toMatchObject({
      "stepwright.app.id": "app",
      "stepwright.function.id": "app-work",
      "stepwright.event.name": "go",
      "stepwright.error.source": "run",
    });
    expect(runs.map(({ run }) => run.id)).toContain(one.tags["stepwright.run.id"]);
    // the run's second execution replays its steps and breaks again: no step has run in its scope
    expect(one.breadcrumbs ?? []).toEqual([]);
  }
  await engine.engine.stop();
});

test("errors of steps where asked for, with the steps before as breadcrumbs; every attempt where asked for", async () => {
  let tries = 0;
  const middleware = [sentryMiddleware({ sentry: Sentry, captureStepErrors: true, onlyCaptureFinalAttempt: false })];
  const client = new Inngest({ id: "app", middleware });
  const fn = client.createFunction({ id: "work", retries: 1, triggers: [{ event: "go" }] }, async ({ step }) => {
    await step.run("good", () => 1);
    await step.run("bad", () => {
      if (++tries === 1) throw new Error("first");
      throw new NonRetriableError("last");
    });
  });
  const engine = await start([fn]);
  await engine.send({ name: "go" });
  await engine.advance("1h");
  expect(sent.map(({ tags, exception }) => [tags["stepwright.error.source"], exception.values[0]!.value])).toEqual([
    ["step", "first"],
    ["step", "last"],
    ["run", "last"],
  ]);
  expect(sent[0]!.tags["stepwright.step.id"]).toBe("bad");
  expect(sent[0]!.breadcrumbs).toMatchObject([
    { message: "good", level: "info" },
    { message: "bad", level: "error" },
  ]);
  await engine.engine.stop();
});

test("any object with the interface will do", async () => {
  const captured: unknown[] = [];
  const scope = { setTags() {}, addBreadcrumb() {} };
  const sentry = {
    captureException: (error: Error, { tags = {} }: { tags?: Record<string, string> } = {}) =>
      captured.push([error.message, tags["stepwright.function.id"]]),
    withIsolationScope: <T>(callback: (given: typeof scope) => T) => callback(scope),
  };
  const client = new Inngest({ id: "app" });
  const fn = client.createFunction(
    { id: "work", retries: 0, triggers: [{ event: "go" }], middleware: [sentryMiddleware({ sentry })] },
    () => {
      throw new Error("broken");
    },
  );
  const engine = await start([fn]);
  await engine.send({ name: "go" });
  expect(captured).toEqual([["broken", "app-work"]]);
  await engine.engine.stop();
});
