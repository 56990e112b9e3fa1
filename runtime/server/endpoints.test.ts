/** Durable endpoints of the official SDK: an API that begins its runs by itself, over real connections. */
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import * as v3 from "inngest-v3";
import { endpointAdapter as adapterV3 } from "inngest-v3/edge";
import * as v4 from "inngest-v4";
import { createEndpointServer, endpointAdapter as adapterV4 } from "inngest-v4/node";

import { applicationFromDefinitions } from "../codegen/application.js";
import { createEngine } from "../engine/create-engine.js";
import type { Engine } from "../engine/engine.js";
import { hashSigningKey } from "../protocol/signing-key.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { Checkpoints } from "../transport/http/checkpoints.js";
import { createServer } from "./create-server.js";
import { RemoteApps } from "./remote-apps.js";
import { quiet, separateVersions } from "./sdk-libraries.test.program.js";

const signingKey = "signkey-test-0123456789abcdef";

let engine: Engine;
let remotes: RemoteApps;
let server: ReturnType<typeof createServer>;
let runtime: string;
const apis: ReturnType<typeof createEndpointServer>[] = [];
/** Of the APIs, by the version of the SDK. */
const origins: Record<string, string> = {};
/** How often each thing was done. */
let counts: Record<string, number> = {};
const count = (what: string): number => (counts[what] = (counts[what] ?? 0) + 1);

/** That the API has got. */
const requests: { url: string | undefined; [detail: string]: unknown }[] = [];
const note = (message: IncomingMessage): void => {
  let body = "";
  const { method, url, headers } = message;
  message.on("data", (chunk: Buffer) => (body += chunk.toString()));
  message.on("end", () => requests.push({ method, url, body, type: headers["content-type"] }));
};

/** What the API does, by the path of the request. */
const makeHandlers = ({ step, NonRetriableError }: any): Record<string, () => Promise<unknown>> => ({
  "/orders/17": async () => {
    const a = await step.run("a", () => count("a"));
    const b = await step.run("b", () => count("b"));
    return { a, b, handler: count("handler") };
  },
  "/nap": async () => {
    const a = await step.run("a", () => count("a"));
    await step.sleep("nap", 1);
    await step.run("b", () => count("b"));
    return a && "slept";
  },
  "/parallel": async () => {
    const all = await Promise.all([1, 2, 3].map((n: number) => step.run(`n${n}`, () => n * count(`n${n}`))));
    return { all, end: await step.run("end", () => count("end")) };
  },
  "/flaky": async () =>
    step.run("flaky", () => {
      if (count("flaky") < 3) throw new Error("not yet");
      return "at last";
    }),
  "/throws": async () => {
    await step.run("a", () => count("a"));
    if (count("handler") < 3) throw new Error("not yet");
    return "at last";
  },
  "/broken": async () => {
    await Promise.all([step.run("a", () => count("a")), step.run("b", () => count("b"))]);
    throw new NonRetriableError("it cannot be done");
  },
  "/wait": async () => {
    await step.run("a", () => count("a"));
    const event = await step.waitForEvent("paid", { event: "order/paid", timeout: "1h" });
    return { paid: event?.data.id };
  },
});

const versions: Record<string, { library: any; endpointAdapter: unknown }> = {
  "inngest 3": { library: v3, endpointAdapter: adapterV3 },
  "inngest 4": { library: v4, endpointAdapter: adapterV4 },
};

beforeAll(async () => {
  const checkpoints = new Checkpoints();
  engine = createEngine({
    store: createMemoryStore(),
    app: applicationFromDefinitions([]),
    http: { checkpoints, signingKeys: [signingKey] },
    retryIntervalMs: 1,
  });
  remotes = new RemoteApps(engine);
  server = createServer({ engine, remotes, checkpoints, signingKeys: [signingKey] });
  await engine.start();
  runtime = await server.listen({ host: "127.0.0.1", port: 0 });
  // Endpoints of version 3 take it from nowhere else.
  vi.stubEnv("INNGEST_SIGNING_KEY", signingKey);
  for (const [name, { library, endpointAdapter }] of Object.entries(versions)) {
    const options = { id: "api", isDev: false, baseUrl: runtime, signingKey, logger: quiet, endpointAdapter };
    const handlers = makeHandlers(library);
    const endpoint = new library.Inngest(options).endpoint(async (request: Request) => {
      const value = await handlers[new URL(request.url).pathname]!();
      // The later version takes values, too, and has responses in JSON twice, once they are stored.
      return library === v3 ? Response.json(value) : value;
    });
    const api = createEndpointServer(endpoint);
    apis.push(api);
    api.prependListener("request", note);
    await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
    origins[name] = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  }
});

beforeEach(() => {
  separateVersions();
  counts = {};
  requests.length = 0;
});

afterAll(async () => {
  for (const api of apis) {
    api.closeAllConnections();
    api.close();
  }
  vi.unstubAllEnvs();
  await server.close();
  await engine.stop(0);
});

const authorization = (key = signingKey) => ({ authorization: `Bearer ${hashSigningKey(key)}` });
const cancel = async (runId: string): Promise<string | undefined> => {
  const answer = await fetch(`${runtime}/v1/runs/${runId}`, { method: "DELETE", headers: authorization() });
  expect(answer.ok).toBe(true);
  return (await engine.result(runId, 10_000))?.status;
};
const latestRun = async () => {
  const { items } = await engine.store.runs.list({}, 1, null);
  return items[0]!;
};
const journal = async (runId: string) => {
  const [snapshot] = await engine.store.runs.snapshots([runId]);
  return snapshot!.journal.map(({ key, status, attempt }) => `${key} ${status} ${attempt}`);
};
/** The request, then the address that the answer leads to. */
async function askAt(url: string, init: RequestInit): Promise<{ first: number; status: number; body: unknown }> {
  const first = await fetch(url, { ...init, redirect: "manual" });
  const location = first.headers.get("location");
  const last = location === null ? first : await fetch(location);
  return { first: first.status, status: last.status, body: await last.json() };
}

describe.each(Object.keys(versions))("an endpoint of %s", (version) => {
  const ask = (path: string, init: RequestInit = {}) => askAt(origins[version] + path, init);

  test("that needs nobody answers by itself, and its run is stored by then", async () => {
    const answer = await ask("/orders/17?full=1");
    expect(answer).toEqual({ first: 200, status: 200, body: { a: 1, b: 1, handler: 1 } });
    const run = await latestRun();
    expect(run).toMatchObject({ functionId: `${origins[version]}-GET /orders/:id`, status: "completed" });
    expect(await journal(run.id)).toEqual(["a completed 0", "b completed 0"]);
    const event = await engine.store.events.get(run.eventId);
    expect(event?.name).toBe("inngest/http.request");
    expect(JSON.parse(event?.data ?? "")).toMatchObject({ path: "/orders/17", query_params: "full=1", method: "GET" });
  });

  test("that sleeps is gone on with by the same request, whatever it was", async () => {
    const table = [
      ["GET", "", ""],
      ["POST", '{"who": "ü"}', '{"who": "ü"}'],
      ["PUT", "", ""],
      // What is no JSON the SDK cannot take.
      ["PUT", "a=1", ""],
      ["PATCH", "a=1", "a=1"],
      ["DELETE", "a=1", "a=1"],
    ] as const;
    const type = "application/x-own";
    const all = table.map(async ([method, body, again], index) => {
      const url = `/nap?x=+y&n=${index}`;
      const answer = await ask(url, { method, ...(body && { body, headers: { "content-type": type } }) });
      expect(answer).toEqual({ first: 302, status: 200, body: "slept" });
      const own = { method, url, body, type: body ? type : undefined };
      const later = { ...own, body: again, ...(method === "PUT" && !body && { type: "application/json" }) };
      expect(requests.filter((each) => each.url === url)).toEqual([own, later, later]);
    });
    await Promise.all(all);
    expect(counts).toEqual({ a: table.length, b: table.length });
    expect(await journal((await latestRun()).id)).toEqual(["a completed 0", "nap completed 0", "b completed 0"]);
  });

  test("has its parallel steps executed one by one", async () => {
    expect(await ask("/parallel")).toMatchObject({ status: 200, body: { all: [1, 2, 3], end: 1 } });
  });

  test("has a failed step tried again, with the attempt that the API has made counted", async () => {
    expect(await ask("/flaky")).toMatchObject({ first: 302, status: 200, body: "at last" });
    expect(await journal((await latestRun()).id)).toEqual(["flaky completed 2"]);
  });

  test("that throws is tried again", async () => {
    expect(await ask("/throws")).toMatchObject({ first: 302, status: 200, body: "at last" });
    expect(counts).toEqual({ a: 1, handler: 3 });
    expect((await latestRun()).failures).toHaveLength(2);
  });

  test("that has failed says why", async () => {
    const { status, body } = await ask("/broken");
    expect([status, body]).toMatchObject([500, { error: { code: "run-failed", message: "it cannot be done" } }]);
    expect((await latestRun()).status).toBe("failed");
  });

  test("waits for an event; its run can be cancelled meanwhile", async () => {
    const first = await fetch(`${origins[version]}/wait`, { redirect: "manual" });
    const waits = fetch(first.headers.get("location")!);
    const run = await latestRun();
    expect(await cancel(run.id)).toBe("cancelled");
    const answer = await waits;
    expect([answer.status, await answer.json()]).toMatchObject([410, { error: { code: "run-cancelled" } }]);
  });
});

test("the output is for who has the token of the run", async () => {
  await askAt(`${origins["inngest 4"]}/orders/17`, {});
  const { id } = await latestRun();
  for (const query of ["", "?token=", "?token=abcd"]) {
    const answer = await fetch(`${runtime}/v1/http/runs/${id}/output${query}`);
    expect([400, 401]).toContain(answer.status);
  }
});

const ulid = (n: number): string => `01J0000000000000000000${String(n).padStart(4, "0")}`;
const request = { domain: "http://api.test", method: "get", path: "/x", query_params: "", body: "" };
const post = async (path: string, body: unknown, key = signingKey): Promise<[number, any]> => {
  const answer = await fetch(`${runtime}/v1/checkpoint${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...authorization(key) },
    body: JSON.stringify(body),
  });
  return [answer.status, await answer.json()];
};
const begin = (n: number, more: object = {}, data: object = {}) =>
  post("", { run_id: ulid(n), event: { name: "x", data: { ...request, ...data } }, ...more });

describe("what an application posts", () => {
  const result = (id: string, data: unknown) => ({ op: "StepRun", id: id.repeat(40), data });

  test("is stored when it is answered, and once where it comes twice", async () => {
    const steps = [result("a", 1)];
    const first = await begin(1, { steps });
    expect(first).toMatchObject([
      200,
      { data: { run_id: ulid(1), app_id: "http://api.test", fn_id: "http://api.test-GET /x" } },
    ]);
    expect(await begin(1, { steps })).toEqual(first);
    const more = { run_id: ulid(1), steps: [result("b", 2)] };
    expect(await post(`/${ulid(1)}/steps`, more)).toEqual([200, { data: {} }]);
    expect(await post(`/${ulid(1)}/steps`, more)).toEqual([200, { data: {} }]);
    expect(await journal(ulid(1))).toEqual([`${"a".repeat(40)} completed 0`, `${"b".repeat(40)} completed 0`]);
    const end = { op: "RunComplete", id: "c".repeat(40), data: { status: 200, headers: {}, body: '"x"' } };
    expect((await post(`/${ulid(1)}/steps`, { run_id: ulid(1), steps: [end] }))[0]).toBe(200);
    expect((await engine.store.runs.get(ulid(1)))?.status).toBe("completed");
    expect(await post(`/${ulid(1)}/steps`, more)).toMatchObject([409, { error: { code: "stale-request" } }]);
    expect(await begin(1)).toMatchObject([409, { error: { code: "run-exists" } }]);
  });

  test("with an operation that nobody knows fails the run with its name", async () => {
    expect((await begin(7, { steps: [{ op: "Teleport", id: "t".repeat(40) }] }))[0]).toBe(200);
    const result = await engine.result(ulid(7), 10_000);
    expect([result?.status, result?.output]).toEqual(["failed", expect.stringContaining("`Teleport`")]);
  });

  test("of a cancelled run does not count", async () => {
    expect((await begin(2, { steps: [result("a", 1)] }))[0]).toBe(200);
    expect(await cancel(ulid(2))).toBe("cancelled");
    const more = { run_id: ulid(2), steps: [result("b", 2)] };
    expect(await post(`/${ulid(2)}/steps`, more)).toMatchObject([409, { error: { code: "stale-request" } }]);
  });

  test.each<[string, object, object]>([
    ["an id that is none", { run_id: "r1" }, {}],
    ["steps that are none", { steps: "all" }, {}],
    ["too many retries", { retries: 21 }, {}],
    ["another scheme", {}, { domain: "file://etc" }],
    ["no path", {}, { path: "x" }],
    ["a method that is none", {}, { method: "CONNECT" }],
  ])("is refused with %s", async (_, more, data) => {
    expect(await begin(3, more, data)).toMatchObject([400, { error: { code: "invalid-parameter" } }]);
  });

  test("is refused without the key, for another run, and for one that nobody has begun", async () => {
    expect((await post("", {}, "signkey-test-ffff"))[0]).toBe(401);
    expect((await post(`/${ulid(4)}/steps`, {}, "signkey-test-ffff"))[0]).toBe(401);
    expect((await post(`/${ulid(4)}/steps`, { run_id: ulid(5), steps: [] }))[0]).toBe(400);
    expect((await post(`/${ulid(4)}/steps`, { run_id: ulid(4), steps: [] }))[0]).toBe(409);
  });

  test("of a request that is too large is refused with its size", async () => {
    const answer = await begin(6, {}, { body: "x".repeat(600 * 1024) });
    expect(answer).toMatchObject([413, { error: { code: "event-too-large" } }]);
  });
});
