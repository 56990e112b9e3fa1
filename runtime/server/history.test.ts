import { expect, test } from "vitest";
import { z } from "zod";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { runHistorySchema } from "../store/run-history.js";
import { openTestServer } from "./server-fixture.js";

test("GET /v1/runs/:id/history gives the run with its events and its journal", async () => {
  const store = createMemoryStore();
  const server = await openTestServer(store);
  try {
    const { body } = await server.post("/e/key", { name: "number/given", data: { n: 4 } });
    const { ids } = z.object({ ids: z.array(z.string()) }).parse(body);
    await server.resultOf(ids[0]!);
    const [run] = (await store.runs.list({}, 1, null)).items;
    const answer = await server.get(`/v1/runs/${run!.id}/history`);
    expect(answer.status).toBe(200);
    const history = runHistorySchema.parse(answer.body);
    expect(history.run).toMatchObject({ functionId: "shop-double", status: "completed", output: 8 });
    expect(history.events).toMatchObject([{ name: "number/given", data: { n: 4 } }]);
    expect(history.steps.map(({ key, kind, output }) => [key, kind, output])).toEqual([
      ["once", "run", 4],
      ["twice", "run", 8],
    ]);
    expect((await server.get("/v1/runs/nobody/history")).status).toBe(404);
  } finally {
    await server.close();
    await store.close();
  }
});
