import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";

import { createMemoryStore } from "../store/memory/memory-store.js";
import { openSqliteStore } from "../store/sqlite/open-sqlite-store.js";
import { errorAnswerSchema } from "./error-answer.js";
import { eventDetailAnswerSchema } from "./routes/event.js";
import { eventsAnswerSchema } from "./routes/events.js";
import { healthAnswerSchema } from "./routes/health.js";
import { ingestAnswerSchema } from "./ingest-answer.js";
import { invokeAnswerSchema } from "./routes/invoke.js";
import { runDetailAnswerSchema } from "./routes/run.js";
import { eventRunsAnswerSchema } from "./event-fate.js";
import { runsAnswerSchema } from "./routes/runs.js";
import { runResultAnswerSchema } from "./run-answer.js";
import { openTestServer, type Answer, type TestServer } from "./server-fixture.js";

const errorOf = (answer: Answer) => {
  const { error, status } = errorAnswerSchema.parse(answer.body);
  expect(status).toBe(answer.status);
  expect(error.help).not.toBe("");
  expect(`${error.message} ${error.help}`).not.toMatch(/\bat .*:\d+:\d+|node_modules/);
  return error;
};

const folder = mkdtempSync(join(tmpdir(), "stepwright-server-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const stores = {
  memory: async () => createMemoryStore(),
  sqlite: () => openSqliteStore({ path: join(folder, "test.db") }),
} as const;

describe.each(["memory", "sqlite"] as const)("a server on the %s store", (kind) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await openTestServer(await stores[kind]());
  });
  afterAll(() => server.close());

  const send = async (body: unknown, headers?: Record<string, string>) => {
    const answer = await server.post("/e/any", body, headers);
    expect(answer.status).toBe(200);
    return ingestAnswerSchema.parse(answer.body).ids;
  };

  test("answers for its health", async () => {
    const { status, body } = await server.get("/health");
    expect(status).toBe(200);
    expect(healthAnswerSchema.parse(body).status).toBe("ok");
  });

  test("runs what an event starts and gives its result", async () => {
    const [id] = await send({ name: "user/joined", data: { name: "Ada" } });
    const { status, body } = await server.resultOf(id!);
    expect(status).toBe(200);
    expect(runResultAnswerSchema.parse(body)).toMatchObject({ status: "completed", output: "hello Ada", error: null });
  });

  test.each([
    ["a list", JSON.stringify([{ name: "x/a" }, { name: "x/b" }]), "application/json"],
    ["lines", '{"name":"x/a"}\n{"name":"x/b"}\n', "application/x-ndjson"],
    ["lines as JSON", '{"name":"x/a"}\n{"name":"x/b"}\n', "application/json; charset=utf-8"],
    ["a list as text", JSON.stringify([{ name: "x/a" }, { name: "x/b" }]), "text/plain;charset=UTF-8"],
  ])("accepts %s", async (_, text, contentType) => {
    const ids = await send(text, { "content-type": contentType });
    const names = await Promise.all(
      ids.map(async (id) => eventDetailAnswerSchema.parse((await server.get(`/v1/events/${id}`)).body).data.name),
    );
    expect(names).toEqual(["x/a", "x/b"]);
  });

  test("accepts an empty list", async () => {
    expect(await send([])).toEqual([]);
  });

  test("shows an event as it was sent", async () => {
    const data = { text: 'ü \u{1f600} \u0000 "', nested: [{ constructor: "McLaren" }], big: 2 ** 53 };
    const [id] = await send({
      name: "x/shown",
      data,
      id: `key-${kind}`,
      ts: 1_700_000_000_000,
      user: { a: 1 },
      v: "2",
    });
    const { data: event } = eventDetailAnswerSchema.parse((await server.get(`/v1/events/${id}`)).body);
    expect(event).toMatchObject({ id, key: `key-${kind}`, name: "x/shown", data, ts: 1_700_000_000_000, v: "2" });
    expect(event.user).toEqual({ a: 1 });
  });

  test("a request that is sent again with its seed starts nothing twice", async () => {
    const body = [
      { name: "user/joined", data: { name: "Bo" } },
      { name: "user/joined", data: { name: "Cy" } },
    ];
    const seed = { "x-inngest-event-id-seed": "1700000000000,c2VlZA==" };
    const first = await send(body, seed);
    const second = await send(body, seed);
    const third = await send(body, { "x-inngest-event-id-seed": "1700000000001,c2VlZA==" });
    const skippedOf = async (id: string) =>
      eventRunsAnswerSchema
        .parse((await server.get(`/v1/events/${id}/runs`)).body)
        .data.map(({ status }) => status === "skipped");
    expect(await Promise.all(first.map(skippedOf))).toEqual([[false], [false]]);
    expect(await Promise.all(second.map(skippedOf))).toEqual([[true], [true]]);
    expect(await Promise.all(third.map(skippedOf))).toEqual([[false], [false]]);
  });

  test("invokes a function, by either id", async () => {
    for (const slug of ["double", "shop-double"]) {
      const { status, body } = await server.post(`/invoke/${slug}`, { data: { n: 21 } });
      expect(status).toBe(200);
      const { runId } = invokeAnswerSchema.parse(body);
      const result = await server.get(`/v1/runs/${runId}/result?wait=5000`);
      expect(result).toMatchObject({ status: 200, body: { runId, status: "completed", output: 42 } });
    }
  });

  test("shows the timeline of a run that has ended", async () => {
    const { runId } = invokeAnswerSchema.parse((await server.post("/invoke/double", { data: { n: 4 } })).body);
    await server.get(`/v1/runs/${runId}/result?wait=5000`);
    const { data: run } = runDetailAnswerSchema.parse((await server.get(`/v1/runs/${runId}`)).body);
    expect(run).toMatchObject({ id: runId, functionId: "shop-double", status: "completed", output: 8 });
    expect(run.events[0]!.data).toMatchObject({ n: 4 });
    expect(run.steps).toMatchObject([
      { id: "once", name: "once", tool: "run", status: "completed", output: 4, failures: [], waitsFor: null },
      { id: "twice", name: "Twice", tool: "run", status: "completed", output: 8, attempt: 0 },
    ]);
  });

  test("shows why a run has failed", async () => {
    const { runId } = invokeAnswerSchema.parse((await server.post("/invoke/break", { data: {} })).body);
    const { body } = await server.get(`/v1/runs/${runId}/result?wait=5000`);
    expect(body).toMatchObject({ status: "failed", output: null, error: { message: "it burst" } });
    const { data: run } = runDetailAnswerSchema.parse((await server.get(`/v1/runs/${runId}`)).body);
    expect(run.steps).toMatchObject([{ id: "burst", status: "failed", error: { message: "it burst" }, output: null }]);
  });

  test("shows what a run waits for, and answers 202 for its result", async () => {
    const { runId } = invokeAnswerSchema.parse((await server.post("/invoke/wait", { data: {} })).body);
    const { status, body } = await server.get(`/v1/runs/${runId}/result?wait=50`);
    expect(status).toBe(202);
    expect(runResultAnswerSchema.parse(body).output).toBeNull();
    const { data: run } = runDetailAnswerSchema.parse((await server.get(`/v1/runs/${runId}`)).body);
    expect(run.steps).toMatchObject([{ id: "long", tool: "sleep", status: "waiting", waitsFor: { kind: "time" } }]);
  });

  test("pages through events of a name, newest first", async () => {
    const sent = await send(Array.from({ length: 25 }, (_, n) => ({ name: "x/paged", data: { n } })));
    const seen: string[] = [];
    let cursor = "";
    for (let pages = 0; pages < 10; pages++) {
      const { body } = await server.get(`/v1/events?name=x/paged&limit=10${cursor}`);
      const page = eventsAnswerSchema.parse(body);
      seen.push(...page.data.map(({ id }) => id));
      if (page.next === null) break;
      cursor = `&cursor=${encodeURIComponent(page.next)}`;
    }
    expect(seen).toEqual(sent.reverse());
  });

  test("lists runs by function and status", async () => {
    const failed = runsAnswerSchema.parse((await server.get("/v1/runs?status=failed&function=break")).body);
    expect(failed.data.map(({ functionId }) => functionId)).toEqual(["shop-break"]);
    const page = runsAnswerSchema.parse((await server.get("/v1/runs?limit=1&function=shop-double")).body);
    expect(page.data).toHaveLength(1);
    const next = runsAnswerSchema.parse(
      (await server.get(`/v1/runs?limit=1&function=shop-double&cursor=${encodeURIComponent(page.next!)}`)).body,
    );
    expect(next.data[0]!.id < page.data[0]!.id).toBe(true);
  });

  test.each([
    ["/v1/runs/none", "unknown-run"],
    ["/v1/runs/none/result", "unknown-run"],
    ["/v1/runs/none/result?wait=10", "unknown-run"],
    ["/v1/events/none", "unknown-event-id"],
    ["/v1/events/none/runs", "unknown-event-id"],
    ["/nothing/here", "unknown-route"],
  ])("answers 404 for %s", async (path, code) => {
    const answer = await server.get(path);
    expect(answer.status).toBe(404);
    expect(errorOf(answer).code).toBe(code);
  });

  test.each([
    "/v1/runs?limit=0",
    "/v1/runs?limit=101",
    "/v1/runs?limit=x",
    "/v1/runs?status=lost",
    "/v1/runs?stats=failed",
    "/v1/events?limit=1.5",
    "/v1/events?cursor=",
    "/v1/runs/none/result?wait=60001",
    "/v1/runs/none/result?wait=-1",
  ])("answers 400 for %s", async (path) => {
    const answer = await server.get(path);
    expect(answer.status).toBe(400);
    expect(errorOf(answer).code).toBe("invalid-parameter");
  });

  test.each(["/v1/runs?cursor=no-cursor", "/v1/events?cursor=-1'--", "/v1/events/none/runs?cursor=x"])(
    "refuses the cursor of %s",
    async (path) => {
      const answer = await server.get(path);
      expect(answer.status).toBe(400);
      expect(errorOf(answer).code).toBe("invalid-cursor");
    },
  );

  const event = { name: "user/joined", data: { name: "x" } };
  const json = { "content-type": "application/json" };
  test.each<[string, unknown, Record<string, string>, number, string]>([
    ["malformed JSON", '{"name": "a"', json, 400, "malformed-json"],
    ["bytes that are not UTF-8", Uint8Array.from([0x22, 0xff, 0x22]), json, 400, "malformed-json"],
    ["an empty body", "", json, 400, "empty-body"],
    ["a blank body", " \n", json, 400, "empty-body"],
    ["a bad line", '{"name":"a"}\n{"name":\n', { "content-type": "application/x-ndjson" }, 400, "malformed-json"],
    ["a string", '"user/joined"', json, 400, "invalid-event"],
    ["a number in a list", "[1]", json, 400, "invalid-event"],
    ["no name", [event, { data: {} }], json, 400, "invalid-event"],
    ["a name that is no string", { name: 7 }, json, 400, "invalid-event"],
    ["a long name", { name: "x".repeat(513) }, json, 400, "invalid-event"],
    ["a reserved name", { name: "inngest/function.failed" }, json, 400, "invalid-event"],
    ["data that is a list", { name: "x", data: [1] }, json, 400, "invalid-event"],
    ["a `ts` that is a text", { name: "x", ts: "now" }, json, 400, "invalid-event"],
    ["`__proto__`", '{"name":"x","data":{"__proto__":{"a":1}}}', json, 400, "unsafe-key"],
    ["`constructor.prototype`", '{"name":"x","data":{"constructor":{"prototype":1}}}', json, 400, "unsafe-key"],
    ["deep nesting", `{"name":"x","data":{"a":${"[".repeat(9999)}${"]".repeat(9999)}}}`, json, 400, "nested-too-deep"],
    ["5,001 events", Array(5_001).fill(event), json, 413, "too-many-events"],
    ["a large event", { name: "x", data: { a: "x".repeat(600_000) } }, json, 413, "event-too-large"],
    ["a form", "name=a", { "content-type": "application/x-www-form-urlencoded" }, 415, "unsupported-content-type"],
    ["XML", "<a/>", { "content-type": "application/xml" }, 415, "unsupported-content-type"],
    ["a broken content type", "{}", { "content-type": "application" }, 415, "unsupported-content-type"],
    ["gzip", "{}", { ...json, "content-encoding": "gzip" }, 415, "unsupported-content-encoding"],
  ])("refuses %s and goes on", async (_, body, headers, status, code) => {
    const answer = await server.post("/e/any", body, headers);
    expect(errorOf(answer).code).toBe(code);
    expect(answer.status).toBe(status);
    expect(await send({ name: "x/after" })).toHaveLength(1);
    expect(({} as { a?: number }).a).toBeUndefined();
  });

  test("accepts none of a request's events when one is bad", async () => {
    await server.post("/e/any", [{ name: "x/none" }, { name: "" }]);
    const { data } = eventsAnswerSchema.parse((await server.get("/v1/events?name=x/none")).body);
    expect(data).toEqual([]);
  });

  test.each<[string, string, unknown, number, string]>([
    ["an unknown function", "none", { data: {} }, 404, "unknown-function"],
    ["a field that is not known", "double", { dta: {} }, 400, "invalid-parameter"],
    ["data that is a list", "double", { data: [] }, 400, "invalid-parameter"],
    ["malformed JSON", "double", "{", 400, "malformed-json"],
    ["no body", "double", "", 400, "empty-body"],
  ])("refuses to invoke with %s", async (_, slug, body, status, code) => {
    const answer = await server.post(`/invoke/${slug}`, body);
    expect(errorOf(answer).code).toBe(code);
    expect(answer.status).toBe(status);
  });

  test("serves many at once", async () => {
    const results = await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        const { runId } = invokeAnswerSchema.parse((await server.post("/invoke/double", { data: { n } })).body);
        const { body } = await server.get(`/v1/runs/${runId}/result?wait=20000`);
        return z.object({ output: z.number() }).parse(body).output;
      }),
    );
    expect(results).toEqual(Array.from({ length: 200 }, (_, n) => n * 2));
  });

  test("nothing of this was an error of the server", () => {
    expect(server.errors).toEqual([]);
  });
});

describe("a server", () => {
  test("asks for its event keys", async () => {
    const server = await openTestServer(createMemoryStore(), { eventKeys: ["first", "second"] });
    try {
      expect((await server.post("/e/second", { name: "x" })).status).toBe(200);
      const refused = await server.post("/e/third", { name: "x" });
      expect(refused.status).toBe(401);
      expect(errorOf(refused).code).toBe("unknown-event-key");
      expect(JSON.stringify(refused.body)).not.toContain("third");
    } finally {
      await server.close();
    }
  });

  test("refuses a body over its limit, and goes on", async () => {
    const server = await openTestServer(createMemoryStore(), { bodyLimit: 1_000 });
    try {
      const refused = await server.post("/e/any", { name: "x", data: { a: "x".repeat(2_000) } });
      expect(refused.status).toBe(413);
      expect(errorOf(refused).code).toBe("body-too-large");
      expect((await server.post("/e/any", { name: "x" })).status).toBe(200);
    } finally {
      await server.close();
    }
  });

  test("answers those who wait when it closes", async () => {
    const server = await openTestServer(createMemoryStore());
    const { runId } = invokeAnswerSchema.parse((await server.post("/invoke/wait", { data: {} })).body);
    const waiting = server.get(`/v1/runs/${runId}/result?wait=60000`);
    await server.get("/health");
    const before = performance.now();
    await server.close();
    expect((await waiting).status).toBe(202);
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  test("says nothing of an error of its own", async () => {
    const secret = new Error("the password is hunter2");
    const store = createMemoryStore();
    const broken = { ...store, runs: { ...store.runs, list: () => Promise.reject(secret) } };
    const server = await openTestServer(broken);
    try {
      const answer = await server.get("/v1/runs");
      expect(answer.status).toBe(500);
      expect(errorOf(answer).code).toBe("internal-error");
      expect(JSON.stringify(answer.body)).not.toContain("hunter2");
      expect(server.errors).toEqual([secret]);
    } finally {
      await server.close();
    }
  });
});
