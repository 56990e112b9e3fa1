/** Runs of an application that is served with the official SDK, as programs for the Inngest dev server observe them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { applicationFromDefinitions } from "../../codegen/application.js";
import { createEngine } from "../../engine/create-engine.js";
import type { Engine } from "../../engine/engine.js";
import { createMemoryStore } from "../../store/memory/memory-store.js";
import { openSqliteStore } from "../../store/sqlite/open-sqlite-store.js";
import { createServer } from "../create-server.js";
import { libraries, listen, separateVersions } from "../sdk-libraries.test.program.js";
import { readDocument } from "./read-document.js";

const stores = { memory: () => createMemoryStore(), sqlite: () => openSqliteStore({ path: ":memory:" }) };
const cases = ["inngest 3", "inngest 4"].flatMap((library) =>
  (["memory", "sqlite"] as const).map((store) => [library, store] as const),
);

describe.each(cases)("a run of %s, on %s", (name, store) => {
  const library = libraries[name]!;
  let engine: Engine;
  let server: ReturnType<typeof createServer>;
  let app: { url: string; close(): void };
  let url = "";

  beforeAll(async () => {
    separateVersions();
    engine = createEngine({ store: await stores[store](), app: applicationFromDefinitions([]), retryIntervalMs: 1 });
    server = createServer({ engine });
    await engine.start();
    url = await server.listen({ host: "127.0.0.1", port: 0 });
    const { client, define } = library.open({ baseUrl: url });
    const functions: unknown[] = [
      define({ id: "add", name: "Add", triggers: [{ event: "add/asked" }] }, async ({ event, step }) => {
        const sum = await step.run("sum", () => event.data.a + event.data.b);
        return { sum, user: event.user };
      }),
      define({ id: "break", retries: 0, triggers: [{ event: "break/asked" }] }, async () => {
        throw new TypeError("it burst");
      }),
      define({ id: "call", triggers: [{ event: "call/asked" }] }, async ({ step }) =>
        step.invoke("ask", { function: functions[0], data: { a: 5, b: 6 } }),
      ),
    ];
    app = await listen(library.serve({ client, functions }));
    expect((await fetch(app.url, { method: "PUT" })).status).toBe(200);
  });
  afterAll(async () => {
    app.close();
    await server.close();
    await engine.stop(0);
    await engine.store.close();
  });

  async function ask(query: string, variables: object = {}): Promise<any> {
    const answer = await fetch(`${url}/v0/gql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query, variables }),
    });
    expect(answer.status).toBe(200);
    return answer.json();
  }

  async function runOf(event: string, data: object): Promise<{ eventId: string; runId: string }> {
    const { ids } = await engine.send([{ name: event, data }]);
    const { items } = await engine.store.runs.list({ eventId: ids[0]! }, 2, null);
    await engine.result(items[0]!.id, 10_000);
    return { eventId: ids[0]!, runId: items[0]!.id };
  }

  const trace = `fragment Span on RunTraceSpan { name status outputID stepType }
    query Trace($runId: String!) { run(runID: $runId) { status trace(preview: true) { ...Span childrenSpans { ...Span } } } }`;
  const output = `query ($id: String!) { found: runTraceSpanOutputByID(outputID: $id) { data error { name message } } }`;

  test("is seen with its steps and what they gave; the protocol's events have a `user`", async () => {
    const { runId } = await runOf("add/asked", { a: 1, b: 2 });
    const { data } = await ask(trace, { runId });
    const { trace: root, status } = data.run;
    expect([status, root.name, root.status]).toEqual(["COMPLETED", "Add", "COMPLETED"]);
    expect(root.childrenSpans).toMatchObject([
      { name: "sum", status: "COMPLETED", stepType: "RUN" },
      { name: "Finalization", status: "COMPLETED", stepType: "FINALIZATION", outputID: root.outputID },
    ]);
    const whole = await ask(output, { id: root.outputID });
    expect(JSON.parse(whole.data.found.data)).toEqual({ sum: 3, user: {} });
    const step = await ask(output, { id: root.childrenSpans[0].outputID });
    expect(step.data.found).toEqual({ data: "3", error: null });
  });

  test("that has called a function shows the call under its name", async () => {
    const { runId } = await runOf("call/asked", {});
    const { data } = await ask(trace, { runId });
    expect(data.run.trace.childrenSpans[0]).toMatchObject({ name: "ask", status: "COMPLETED", stepType: "INVOKE" });
  });

  test("that failed has its error", async () => {
    const { runId } = await runOf("break/asked", {});
    const { data } = await ask(trace, { runId });
    expect(data.run.trace.status).toBe("FAILED");
    const { data: answer } = await ask(output, { id: data.run.trace.outputID });
    expect(answer.found).toEqual({ data: null, error: { name: "TypeError", message: "it burst" } });
  });

  test("is found by its event", async () => {
    const { eventId, runId } = await runOf("add/asked", { a: 3, b: 4 });
    const one = await ask(`query ($id: ULID!) { eventV2(id: $id) { name raw idempotencyKey } }`, { id: eventId });
    expect(one.data.eventV2).toMatchObject({ name: "add/asked", idempotencyKey: null });
    expect(JSON.parse(one.data.eventV2.raw)).toMatchObject({ name: "add/asked", data: { a: 3, b: 4 } });
    const { data } = await ask(`{ stream(query: { limit: 999, all: false }) { id runs { id function { name } } } }`);
    expect(data.stream).toContainEqual({ id: eventId, runs: [{ id: runId, function: { name: "Add" } }] });
    const listed = await ask(`query ($q: EventsQuery!) { events(query: $q) { id } }`, {
      q: { name: "add/asked", limit: 1 },
    });
    expect(listed.data.events).toEqual([{ id: eventId }]);
  });

  test("that nobody knows is null; what is not answered is an error with a code", async () => {
    expect(await ask(trace, { runId: "none" })).toEqual({ data: { run: null } });
    for (const query of [
      `{ apps { id } }`,
      `mutation { cancelRun(runID: "x") { id } }`,
      `{ run(runID: 5) { id } }`,
      `{ runTraceSpanOutputByID(outputID: "x") { data } }`,
      `{ events { id ...F } } fragment F on Event { runs { ...F } }`,
      `query A { events { id } } query B { events { id } }`,
    ]) {
      expect(await ask(query)).toMatchObject({ data: null, errors: [{ extensions: { code: "invalid-query" } }] });
    }
  });
});

test.each(["", "{", "{ a", "{ a(b: ) }", "query (", "{ a @skip }", `{ a(b: "\\q") }`, "{ ; }", "{ a ".repeat(30)])(
  "what is no query is refused: %s",
  (text) => {
    const read = (): unknown => readDocument(text).operations[0]?.selections[0];
    if (text === "") expect(read()).toBeUndefined();
    else expect(read).toThrow(/the query|directives/);
  },
);
