import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { CommandFailure } from "../cli/command-failure.js";
import { sendSignal } from "../cli/signal.js";
import { Stepwright } from "../define/index.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { openSqliteStore } from "../store/sqlite/open-sqlite-store.js";
import { errorAnswerSchema } from "./error-answer.js";
import { eventRunsAnswerSchema } from "./event-fate.js";
import { ingestAnswerSchema } from "./ingest-answer.js";
import { signalAnswerSchema } from "./routes/signals.js";
import { openTestServer, type Answer, type TestServer } from "./server-fixture.js";

const folder = mkdtempSync(join(tmpdir(), "stepwright-signals-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const stores = {
  memory: async () => createMemoryStore(),
  sqlite: () => openSqliteStore({ path: join(folder, "test.db") }),
} as const;

const codeOf = ({ body }: Answer) => errorAnswerSchema.parse(body).error.code;

describe.each(["memory", "sqlite"] as const)("signals over HTTP, %s", (kind) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await openTestServer(await stores[kind]());
  });
  afterAll(() => server.close());

  /** The id of a run that waits for the signal. */
  async function startWaiting(signal: string): Promise<string> {
    const { body } = await server.post("/e/any", { name: "approval/asked", data: { signal } });
    const { ids } = ingestAnswerSchema.parse(body);
    const runs = eventRunsAnswerSchema.parse((await server.get(`/v1/events/${ids[0]}/runs`)).body);
    const runId = runs.data[0]!.id;
    await vi.waitUntil(async () =>
      JSON.stringify((await server.get(`/v1/runs/${runId}/history`)).body).includes(signal),
    );
    return runId;
  }
  const resultOf = async (runId: string) => (await server.get(`/v1/runs/${runId}/result?wait=5000`)).body;

  test("ends the wait, once", async () => {
    const runId = await startWaiting("approve-1");
    const answer = await server.post("/v1/signals", { signal: "approve-1", data: { by: "ann" } });
    expect([answer.status, signalAnswerSchema.parse(answer.body)]).toEqual([200, { data: { run_id: runId } }]);
    expect(await resultOf(runId)).toMatchObject({
      status: "completed",
      output: { signal: "approve-1", data: { by: "ann" } },
    });
    const again = await server.post("/v1/signals", { signal: "approve-1" });
    expect([again.status, codeOf(again)]).toEqual([404, "no-waiter"]);
  });

  test.each([
    ["no name", { data: 1 }, "invalid-parameter"],
    ["an empty name", { signal: "" }, "invalid-parameter"],
    ["a long name", { signal: "x".repeat(513) }, "invalid-parameter"],
    ["a misspelt field", { signal: "a", dada: 1 }, "invalid-parameter"],
    ["no JSON", "{", "malformed-json"],
    ["a key that could reach a prototype", '{"signal":"a","data":{"__proto__":1}}', "unsafe-key"],
  ])("refuses %s", async (_, body, code) => {
    const answer = await server.post("/v1/signals", body);
    expect([answer.status, codeOf(answer)]).toEqual([400, code]);
  });

  test("refuses more than a step may hold", async () => {
    const answer = await server.post("/v1/signals", { signal: "a", data: "x".repeat(5 * 1024 * 1024) });
    expect([answer.status, codeOf(answer)]).toEqual([400, "invalid-signal"]);
  });

  test("the client's own path, from another process", async () => {
    const client = new Stepwright({ id: "elsewhere", baseUrl: server.url, isDev: true });
    const runId = await startWaiting("approve-2");
    expect(await client.sendSignal({ signal: "approve-2", data: [1] })).toEqual({ runId });
    expect(await resultOf(runId)).toMatchObject({ output: { signal: "approve-2", data: [1] } });
    expect(await client.sendSignal({ signal: "approve-2" })).toEqual({ runId: undefined });
  });

  test("the command prints the run, and fails where none waits", async () => {
    const runId = await startWaiting("approve-3");
    const printed: string[] = [];
    const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => printed.push(String(text)) > 0);
    const options = { signal: "approve-3", data: '{"ok":true}', url: server.url, json: false };
    expect(await sendSignal(options).finally(() => write.mockRestore())).toBe(0);
    expect(printed).toEqual([`${runId}\n`]);
    expect(await resultOf(runId)).toMatchObject({ output: { signal: "approve-3", data: { ok: true } } });
    await expect(sendSignal(options)).rejects.toThrow(CommandFailure);
    await expect(sendSignal({ ...options, data: "{" })).rejects.toThrow("the data is not JSON");
  });
});
