import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { cancelMany, cancelOne } from "../cli/cancel.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { openSqliteStore } from "../store/sqlite/open-sqlite-store.js";
import { errorAnswerSchema } from "./error-answer.js";
import { eventRunsAnswerSchema } from "./event-fate.js";
import { ingestAnswerSchema } from "./ingest-answer.js";
import { cancelRunAnswerSchema } from "./routes/cancel-run.js";
import {
  cancellableAnswerSchema,
  cancellationAnswerSchema,
  cancellationsAnswerSchema,
} from "./routes/cancellations.js";
import { openTestServer, type Answer, type TestServer } from "./server-fixture.js";

const folder = mkdtempSync(join(tmpdir(), "stepwright-cancel-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const stores = {
  memory: async () => createMemoryStore(),
  sqlite: () => openSqliteStore({ path: join(folder, "test.db") }),
} as const;

const codeOf = ({ body }: Answer) => errorAnswerSchema.parse(body).error.code;

describe.each(["memory", "sqlite"] as const)("cancelling over HTTP, %s", (kind) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await openTestServer(await stores[kind]());
  });
  afterAll(() => server.close());

  /** The ids of runs that sleep for a day. */
  async function startWaiting(...plans: readonly string[]): Promise<string[]> {
    const events = plans.map((plan) => ({ name: "wait/asked", data: { plan } }));
    const { ids } = ingestAnswerSchema.parse((await server.post("/e/any", events)).body);
    const found: string[] = [];
    for (const id of ids) {
      const { body } = await server.get(`/v1/events/${id}/runs`);
      found.push(...eventRunsAnswerSchema.parse(body).data.map((run) => run.id));
    }
    return found;
  }
  const resultOf = async (runId: string) => (await server.get(`/v1/runs/${runId}/result?wait=5000`)).body;

  test("cancels one run, once", async () => {
    const [run = ""] = await startWaiting("free");
    const answer = await server.delete(`/v1/runs/${run}`);
    expect(cancelRunAnswerSchema.parse(answer.body).data.runId).toBe(run);
    expect(await resultOf(run)).toMatchObject({ status: "cancelled", reason: { kind: "request" } });
    const again = await server.delete(`/v1/runs/${run}`);
    expect([again.status, codeOf(again)]).toEqual([409, "run-ended"]);
    const unknown = await server.delete("/v1/runs/none");
    expect([unknown.status, codeOf(unknown)]).toEqual([404, "unknown-run"]);
  });

  test("counts and cancels many, and tells how far it is", async () => {
    const [free = "", paid = "", other = ""] = await startWaiting("free", "paid", "free");
    const body = { app_id: "shop", function_id: "wait", if: "event.data.plan == 'free'" };
    const dry = await server.post("/v1/cancellations?dry_run=true", body);
    expect(cancellableAnswerSchema.parse(dry.body).data.count).toBe(2);
    const early = { ...body, started_before: "2020-01-01T00:00:00Z" };
    const none = await server.post("/v1/cancellations?dry_run=true", early);
    expect(cancellableAnswerSchema.parse(none.body).data.count).toBe(0);
    const made = await server.post("/v1/cancellations", body);
    expect(made.status).toBe(201);
    const { id } = cancellationAnswerSchema.parse(made.body).data;
    for (const run of [free, other]) expect(await resultOf(run)).toMatchObject({ reason: { kind: "bulk" } });
    await vi.waitFor(async () => {
      const { data } = cancellationAnswerSchema.parse((await server.get(`/v1/cancellations/${id}`)).body);
      expect(data).toMatchObject({ function_id: "shop-wait", count: 2, ended_at: expect.any(String) });
    });
    const listed = cancellationsAnswerSchema.parse((await server.get("/v1/cancellations")).body).data;
    expect(listed[0]?.id).toBe(id);
    expect((await server.get(`/v1/runs/${paid}/result`)).status).toBe(202);
  });

  test.each([
    ["another application", { app_id: "other", function_id: "wait" }, 404, "unknown-app"],
    ["another function", { app_id: "shop", function_id: "none" }, 404, "unknown-function"],
    ["no expression", { app_id: "shop", function_id: "wait", if: "event.data ==" }, 400, "invalid-expression"],
    ["no time", { app_id: "shop", function_id: "wait", started_after: "soon" }, 400, "invalid-parameter"],
    ["an unknown field", { app_id: "shop", function_id: "wait", from: "now" }, 400, "invalid-parameter"],
    [
      "an empty range",
      {
        app_id: "shop",
        function_id: "wait",
        started_after: "2026-01-02T00:00:00Z",
        started_before: "2026-01-01T00:00:00Z",
      },
      400,
      "invalid-range",
    ],
  ])("refuses %s", async (_, body, status, code) => {
    const answer = await server.post("/v1/cancellations", body);
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
  });

  test("the command counts first, and cancels when told to", async () => {
    const [one = "", two = ""] = await startWaiting("cli", "cli");
    const said: string[] = [];
    const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => said.push(String(text)) > 0);
    try {
      const flags = { url: server.url, app: "shop", function: "wait", if: "event.data.plan == 'cli'" };
      expect(await cancelOne(one, server.url)).toBe(0);
      expect(await cancelMany({ ...flags, yes: false })).toBe(0);
      expect(await cancelMany({ ...flags, yes: true })).toBe(0);
    } finally {
      write.mockRestore();
    }
    expect(said[0]).toContain(`${one} cancel`);
    expect(said[1]).toBe("1 run(s) would be cancelled; say `--yes` to do it\n");
    expect(said[2]).toContain("1 run(s) are being cancelled");
    expect(await resultOf(two)).toMatchObject({ status: "cancelled" });
  });
});
