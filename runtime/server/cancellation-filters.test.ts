/** What each field of `POST /v1/cancellations` leaves out, on a virtual clock; the routes themselves are in cancellation.test.ts. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";

import { applicationFromDefinitions } from "../codegen/application.js";
import { Stepwright } from "../define/index.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { openSqliteStore } from "../store/sqlite/open-sqlite-store.js";
import type { Store } from "../store/store.js";
import { TestEngine } from "../testing/test-engine.js";
import { createServer } from "./create-server.js";
import { errorAnswerSchema } from "./error-answer.js";
import { RemoteApps } from "./remote-apps.js";
import { cancellableAnswerSchema, cancellationAnswerSchema } from "./routes/cancellations.js";

const folder = mkdtempSync(join(tmpdir(), "stepwright-filters-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const stores = {
  memory: async () => createMemoryStore(),
  sqlite: () => openSqliteStore({ path: join(folder, `${files++}.db`) }),
} as const;

const client = new Stepwright({ id: "shop" });
const definitions = [
  client.createFunction({ id: "wait", triggers: [{ event: "asked" }] }, async ({ step }) => step.sleep("long", "30d")),
  client.createFunction({ id: "watch", triggers: [{ event: "asked" }] }, async ({ step }) => step.sleep("long", "30d")),
  // Without its prefix, that of another application: what is asked of `bank` must not reach it.
  client.createFunction({ id: "bank-audit", triggers: [{ event: "asked" }] }, async ({ step }) =>
    step.sleep("long", "30d"),
  ),
];
const bank = {
  appName: "bank",
  url: "http://127.0.0.1:9/api/inngest",
  functions: [
    {
      id: "bank-pay",
      triggers: [{ event: "asked" }],
      // Nobody listens there: none of its runs begins before the test is over.
      debounce: { period: "7d", key: "event.id" },
      steps: { step: { runtime: { url: "http://127.0.0.1:9/api/inngest?fnId=bank-pay&stepId=step" } } },
    },
  ],
};

/** Made at each of these times: one run of every function. The last one begins ten hours after it was asked for. */
const asked = [
  { name: "a", at: "2026-01-01T00:00:00Z", data: { plan: "free", n: 1 } },
  { name: "b", at: "2026-01-01T01:00:00Z", data: { plan: "paid", n: 2 } },
  { name: "c", at: "2026-01-01T02:00:00Z", data: { plan: "free" } },
  { name: "d", at: "2026-01-01T03:00:00Z", data: { plan: "free", n: 4 }, delay: 36_000_000 },
];

describe.each(["memory", "sqlite"] as const)("filters of a cancellation of many, %s", (kind) => {
  let store: Store;
  let engine: TestEngine;
  let server: ReturnType<typeof createServer>;
  const nameOf = new Map<string, string>();

  beforeEach(async () => {
    store = await stores[kind]();
    engine = await TestEngine.start({ app: applicationFromDefinitions(definitions), store });
    const remotes = new RemoteApps(engine.engine, { clock: engine.clock });
    await remotes.register(bank);
    server = createServer({ engine: engine.engine, remotes });
    for (const { name, at, data, delay = 0 } of asked) {
      await engine.advance(Date.parse(at) - engine.clock.now());
      const [id = ""] = await engine.send({ name: "asked", data, ts: engine.clock.now() + delay });
      nameOf.set(id, name);
    }
  });
  afterEach(async () => {
    await server.close();
    await engine.engine.stop(0);
    await store.close();
  });

  const post = async (path: string, payload: object) => {
    const answer = await server.inject({ method: "POST", url: path, payload });
    return { status: answer.statusCode, body: answer.json() as unknown };
  };

  test.each([
    ["no filter", {}, "a b c d"],
    ["made at that time or later", { started_after: "2026-01-01T01:00:00Z" }, "b c d"],
    ["made a moment later", { started_after: "2026-01-01T01:00:00.001Z" }, "c d"],
    ["made before, not at that time", { started_before: "2026-01-01T01:00:00Z" }, "a"],
    ["made before a moment later", { started_before: "2026-01-01T01:00:00.001Z" }, "a b"],
    ["a range", { started_after: "2026-01-01T01:00:00Z", started_before: "2026-01-01T03:00:00Z" }, "b c"],
    ["a time of another zone", { started_after: "2026-01-01T03:00:00+01:00" }, "c d"],
    ["a run that begins later is as old as it is", { started_after: "2026-01-01T04:00:00Z" }, ""],
    ["a time that is null", { started_after: null, started_before: null, if: null }, "a b c d"],
    ["an expression", { if: "event.data.plan == 'free'" }, "a c d"],
    ["an expression over what some do not have", { if: "event.data.n > 1" }, "b d"],
    ["an expression that fails for some", { if: "event.data.n.size() > 1" }, ""],
    ["the event's name", { if: "event.name == 'asked' && event.data.plan == 'paid'" }, "b"],
    ["all together", { started_after: "2026-01-01T01:00:00Z", if: "event.data.plan == 'free'" }, "c d"],
    ["another function", { function_id: "watch", if: "event.data.n == 1" }, "a"],
    ["an application called over HTTP", { app_id: "bank", function_id: "pay", if: "event.data.n in [1, 2]" }, "a b"],
  ])("%s", async (_, filter, expected) => {
    const names = expected === "" ? [] : expected.split(" ");
    const body = { app_id: "shop", function_id: "wait", ...filter };
    const dry = await post("/v1/cancellations?dry_run=true", body);
    expect(cancellableAnswerSchema.parse(dry.body).data.count).toBe(names.length);
    const made = await post("/v1/cancellations", body);
    const fullId = `${body.app_id}-${body.function_id}`;
    expect(cancellationAnswerSchema.parse(made.body).data).toMatchObject({ function_id: fullId });
    await engine.settle();
    const cancelled = (await engine.runs()).filter(({ run }) => run.cancel !== null || run.status === "cancelled");
    expect(cancelled.map(({ run }) => `${run.functionId} ${nameOf.get(run.eventId)}`)).toEqual(
      names.map((name) => `${fullId} ${name}`),
    );
    expect(await store.verify(engine.clock.now())).toEqual([]);
  });

  test.each([
    ["a function of another application", { app_id: "bank", function_id: "wait" }, 404, "unknown-function"],
    ["a function whose id looks like it", { app_id: "bank", function_id: "audit" }, 404, "unknown-function"],
    ["no function", { app_id: "shop" }, 400, "invalid-parameter"],
    ["no application", { function_id: "wait" }, 400, "invalid-parameter"],
    [
      "an event that there is not",
      { app_id: "shop", function_id: "wait", if: "async.data.n == 1" },
      400,
      "invalid-expression",
    ],
    [
      "a time without a zone",
      { app_id: "shop", function_id: "wait", started_before: "2026-01-01T00:00:00" },
      400,
      "invalid-parameter",
    ],
  ])("refuses %s, and cancels none", async (_, body, status, code) => {
    const answer = await post("/v1/cancellations", body);
    expect([answer.status, errorAnswerSchema.parse(answer.body).error.code]).toEqual([status, code]);
    await engine.settle();
    expect((await store.runs.count()).cancelled).toBe(0);
  });
});
