import { afterEach, describe, expect, it } from "vitest";
import { ambient } from "../define/ambient.js";
import { createClient, type ClientDescription } from "./client.js";
import type { ResultOf } from "./client-types.js";

interface App {
  events: { "order/placed": { total: number }; name: { x: string } };
  eventNames: { orderPlaced: "order/placed"; nameEvent: "name" };
  inputs: { "process-order": { total: number } };
  results: { "process-order": { id: string }; other: ResultOf<unknown> };
  functionIds: { processOrder: "process-order" };
}

const description: ClientDescription = {
  app: "shop",
  events: {
    orderPlaced: {
      name: "order/placed",
      schema: { type: "object", properties: { total: { type: "number" } }, required: ["total"] },
    },
    nameEvent: { name: "name" },
  },
  functions: { processOrder: "process-order" },
};

/** A runtime that answers by path, and remembers what it was asked. */
function fakeRuntime(answers: Record<string, () => { status?: number; body: unknown }>) {
  const requests: { path: string; body: unknown }[] = [];
  const fetch: typeof globalThis.fetch = async (url, init) => {
    const path = String(url).replace("http://runtime", "").replace(/\?.*/, "");
    requests.push({ path, body: init?.body === undefined ? null : JSON.parse(String(init.body)) });
    const { status = 200, body } = answers[path]?.() ?? { status: 404, body: { error: { message: "no such path" } } };
    return new Response(JSON.stringify(body), { status });
  };
  return { requests, client: createClient<App>(description, { baseUrl: "http://runtime", fetch }) };
}

afterEach(() => {
  delete ambient.send;
  delete ambient.invoke;
  delete ambient.result;
});

describe("send", () => {
  const answers = { "/e/local": () => ({ body: { ids: ["1"] } }) };

  it("sends by property, by name, and in bulk", async () => {
    const { client, requests } = fakeRuntime(answers);
    expect(await client.send.orderPlaced({ total: 1 }, { id: "e1", ts: 5 })).toEqual({ ids: ["1"] });
    await client.send("name", { x: "y" });
    await client.send.many([{ name: "name", data: { x: "y" } }]);
    expect(requests.map(({ body }) => body)).toMatchObject([
      [{ name: "order/placed", data: { total: 1 }, id: "e1", ts: 5 }],
      [{ name: "name", data: { x: "y" } }],
      [{ name: "name" }],
    ]);
  });

  it("refuses wrong data before anything leaves", async () => {
    const { client, requests } = fakeRuntime(answers);
    const sent = client.send.many([
      { name: "order/placed", data: { total: 1 } },
      { name: "order/placed", data: { total: "many" as unknown as number } },
    ]);
    await expect(sent).rejects.toMatchObject({ code: "invalid-event-data" });
    expect(requests).toEqual([]);
  });

  it("is typed", () => {
    const { client } = fakeRuntime(answers);
    const wrong = () => {
      // @ts-expect-error the data has another field
      void client.send.orderPlaced({ sum: 1 });
      // @ts-expect-error there is no such event
      void client.send("order/lost", {});
      // @ts-expect-error the data belongs to the other event
      void client.send.many([{ name: "name", data: { total: 1 } }]);
      // @ts-expect-error there is no such function
      void client.invoke.cancelOrder({});
    };
    expect(wrong).toBeTypeOf("function");
  });
});

describe("invoke", () => {
  it("asks the engine of this process where there is one", async () => {
    const invoked: unknown[] = [];
    ambient.invoke = async (id, data) => {
      invoked.push(id, data);
      return { runId: "r1" };
    };
    ambient.result = async () => ({ status: "completed", output: { id: "x" } });
    const { client, requests } = fakeRuntime({});
    expect(await client.invoke.processOrder({ total: 1 })).toEqual({ id: "x" });
    expect(invoked).toEqual(["shop-process-order", { total: 1 }]);
    expect(requests).toEqual([]);
  });

  it("gives up waiting, not the run", async () => {
    ambient.invoke = async () => ({ runId: "r1" });
    ambient.result = async () => null;
    const { client } = fakeRuntime({});
    await expect(client.invoke.processOrder({ total: 1 }, { timeoutMs: 1 })).rejects.toMatchObject({
      code: "run-pending",
    });
  });

  it("starts the run over HTTP and waits for its end", async () => {
    let asked = 0;
    const { client, requests } = fakeRuntime({
      "/invoke/shop-process-order": () => ({ body: { runId: "r1", eventId: "e1" } }),
      "/v1/runs/r1/result": () => {
        asked += 1;
        return asked === 1
          ? { status: 202, body: { runId: "r1", status: "running", output: null, error: null, reason: null } }
          : { body: { runId: "r1", status: "completed", output: { id: "o" }, error: null, reason: null } };
      },
    });
    expect(await client.invoke.processOrder({ total: 2 })).toEqual({ id: "o" });
    expect(requests[0]?.body).toEqual({ data: { total: 2 } });
  });
});

describe("runs", () => {
  const run = {
    id: "r1",
    functionId: "shop-process-order",
    status: "completed",
    output: { id: "o" },
    error: null,
    createdAt: 1,
    startedAt: 2,
    endedAt: 3,
  };

  it("reads a run, with the function's own id", async () => {
    const { client } = fakeRuntime({ "/v1/runs/r1": () => ({ body: { data: run } }) });
    expect(await client.runs.get("r1")).toEqual({
      id: "r1",
      function: "process-order",
      status: "completed",
      output: { id: "o" },
      error: null,
      createdAt: 1,
      startedAt: 2,
      endedAt: 3,
    });
  });

  it.each([
    ["failed", { error: { name: "TypeError", message: "no stock" } }, "run-failed"],
    ["cancelled", { reason: "by order/cancelled" }, "run-cancelled"],
    ["skipped", { reason: null }, "run-skipped"],
  ])("says why a %s run has no result", async (status, ending, code) => {
    const { client } = fakeRuntime({
      "/v1/runs/r1/result": () => ({
        body: { runId: "r1", status, output: null, error: null, reason: null, ...ending },
      }),
    });
    await expect(client.runs.result("process-order", "r1")).rejects.toMatchObject({ code, runId: "r1" });
  });

  it("passes on what the runtime says", async () => {
    const { client } = fakeRuntime({});
    await expect(client.runs.get("nope")).rejects.toThrow(/answered 404: no such path/);
  });
});
