/** A runtime and a small application that speaks the protocol by hand, over real HTTP. */
import { createHash } from "node:crypto";
import { createServer as createHttpServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";

import { applicationFromDefinitions } from "../codegen/application.js";
import { createEngine } from "../engine/create-engine.js";
import type { Engine } from "../engine/engine.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { VirtualClock } from "../testing/virtual-clock.js";
import { createServer } from "./create-server.js";
import { RemoteApps } from "./remote-apps.js";

const hash = (id: string) => createHash("sha1").update(id).digest("hex");
const requestSchema = z.object({
  steps: z.record(z.string(), z.unknown()),
  ctx: z.object({
    attempt: z.number(),
    disable_immediate_execution: z.boolean(),
    stack: z.object({ stack: z.array(z.string()) }),
  }),
});
type Request = z.infer<typeof requestSchema> & { readonly stepId: string };
interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
}

let handle: (request: Request) => Reply;
let requests: Request[];
let app: Server;
let engine: Engine;
let url: string;

beforeEach(async () => {
  requests = [];
  app = createHttpServer((request, response) => {
    let text = "";
    request.on("data", (part: Buffer) => (text += part.toString()));
    request.on("end", () => {
      const stepId = new URL(request.url ?? "", "http://app").searchParams.get("stepId") ?? "";
      const seen = { ...requestSchema.parse(JSON.parse(text)), stepId };
      requests.push(seen);
      const { status, body, headers } = handle(seen);
      response.writeHead(status, { "x-inngest-sdk": "fake:v1.0.0", ...headers });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(app.address() as AddressInfo).port}/api/inngest`;
  engine = createEngine({ store: createMemoryStore(), app: applicationFromDefinitions([]), retryIntervalMs: 1 });
  await engine.start();
  await new RemoteApps(engine).register(registration());
});
afterEach(async () => {
  await engine.stop(0);
  app.closeAllConnections();
  app.close();
});

const registration = () => ({
  appName: "shop",
  url,
  functions: [
    {
      id: "shop-order",
      triggers: [{ event: "order/placed" }],
      steps: { step: { runtime: { url: `${url}?fnId=shop-order&stepId=step` }, retries: { attempts: 1 } } },
    },
  ],
});

async function run() {
  const { runId } = await engine.invoke("shop-order", {});
  const result = await engine.result(runId, 5_000);
  return { status: result?.status, output: JSON.parse(result?.output ?? "null") };
}

const ops = (...body: object[]): Reply => ({ status: 206, body });
const done = (body: unknown): Reply => ({ status: 200, body: JSON.stringify(body) });
const named = (op: string, id: string, more: object = {}) => ({ op, id: hash(id), userland: { id }, ...more });

test("a step that was executed is remembered in the next request", async () => {
  handle = ({ steps }) => (hash("a") in steps ? done(steps[hash("a")]) : ops(named("StepRun", "a", { data: 7 })));
  expect(await run()).toEqual({ status: "completed", output: { data: 7 } });
  expect(requests.map(({ ctx }) => ctx.stack.stack)).toEqual([[], [hash("a")]]);
});

test("planned steps are executed by requests of their own", async () => {
  handle = ({ steps, stepId }) => {
    if (stepId !== "step") return ops({ op: "StepRun", id: stepId, data: stepId === hash("a") ? 1 : 2 });
    const both = hash("a") in steps && hash("b") in steps;
    return both ? done("both") : ops(named("StepPlanned", "a"), named("StepPlanned", "b"));
  };
  expect(await run()).toEqual({ status: "completed", output: "both" });
  const executed = requests.filter(({ stepId }) => stepId !== "step").map(({ stepId }) => stepId);
  expect(executed.sort()).toEqual([hash("a"), hash("b")].sort());
});

test("a step that fails is tried again; one that fails for good is told to the handler", async () => {
  handle = ({ steps, stepId, ctx }) => {
    if (stepId === hash("a")) return ops(named("StepRun", "a", { data: `attempt ${ctx.attempt}` }));
    if (hash("b") in steps) return done([steps[hash("a")], steps[hash("b")]]);
    if (hash("a") in steps) return ops(named("StepFailed", "b", { error: { name: "RangeError", message: "out" } }));
    // The run may have been let go meanwhile: it finds its step again.
    if (ctx.disable_immediate_execution) return ops(named("StepPlanned", "a"));
    return ops(named("StepError", "a", { error: { name: "Error", message: "not yet" } }));
  };
  const { status, output } = await run();
  expect(status).toBe("completed");
  expect(output).toEqual([{ data: "attempt 1" }, { error: { name: "RangeError", message: "out" } }]);
});

test("a sleep is the runtime's, and of no length where it is shorter than a second", async () => {
  handle = ({ steps }) => (hash("nap") in steps ? done(steps[hash("nap")]) : ops(named("Sleep", "nap", { name: "" })));
  expect(await run()).toEqual({ status: "completed", output: { data: null } });
});

test("`RunComplete` ends the run with the steps before it", async () => {
  handle = () => ops(named("StepRun", "a", { data: 1 }), { op: "RunComplete", id: hash("complete"), data: "end" });
  expect(await run()).toEqual({ status: "completed", output: "end" });
});

test("an unknown operation fails the run with its name", async () => {
  handle = () => ops(named("Teleport", "a"));
  const { status, output } = await run();
  expect(status).toBe("failed");
  expect(output.message).toContain("`Teleport`");
  expect(requests).toHaveLength(1);
});

test.each([
  ["500 of the SDK is tried again", { status: 500, body: { name: "TypeError", message: "broken" } }, 2, "broken"],
  [
    "no-retry is heeded",
    { status: 400, body: { message: "bad" }, headers: { "x-inngest-no-retry": "true" } },
    1,
    "bad",
  ],
  [
    "an error page is tried again",
    { status: 502, body: "<h1>Bad Gateway</h1>", headers: { "x-inngest-sdk": "" } },
    2,
    "502, and not by an SDK: Bad Gateway",
  ],
  [
    "another program's 200 is no result",
    { status: 200, body: "{}", headers: { "x-inngest-sdk": "" } },
    2,
    "not by an SDK",
  ],
  [
    "a redirect to what is no application is refused",
    { status: 307, body: "", headers: { "x-inngest-sdk": "", location: "ftp://else.where/" } },
    1,
    "ftp://else.where/",
  ],
  ["no operations and no end", { status: 206, body: [] }, 2, "neither ended nor named a step"],
  ["what is no JSON", { status: 206, body: "oops" }, 2, "no operations: oops"],
])("%s", async (_, reply: Reply, calls, message) => {
  handle = () => reply;
  const { status, output } = await run();
  expect(status).toBe("failed");
  expect(output.message).toContain(message);
  expect(requests).toHaveLength(calls);
});

test("a wrong configuration is refused with the reason", async () => {
  const wrong = registration();
  Object.assign(wrong.functions[0]!, { throttle: { limit: 1, period: "1 parsec" } });
  await expect(new RemoteApps(engine).register(wrong)).rejects.toThrow(/shop|order[\s\S]*throttle\.period/);
});

test("the same registration again changes nothing", async () => {
  const apps = new RemoteApps(engine);
  expect(await apps.register(registration())).toEqual({ appId: "shop", functionCount: 1, modified: true });
  expect(await apps.register(registration())).toEqual({ appId: "shop", functionCount: 1, modified: false });
});

test("a dead application is let alone, and does not hold up another one", async () => {
  let cut = 0;
  const dead = createHttpServer((request) => {
    cut++;
    request.socket.resetAndDestroy();
  });
  await new Promise<void>((resolve) => dead.listen(0, "127.0.0.1", resolve));
  const deadUrl = `http://127.0.0.1:${(dead.address() as AddressInfo).port}/api/inngest`;
  const steps = { step: { runtime: { url: `${deadUrl}?fnId=gone-f&stepId=step` }, retries: { attempts: 0 } } };
  const clock = new VirtualClock();
  const other = createEngine({ store: createMemoryStore(), app: applicationFromDefinitions([]), clock });
  await other.start();
  try {
    const apps = new RemoteApps(other);
    await apps.register(registration());
    await apps.register({ appName: "gone", url: deadUrl, functions: [{ id: "gone-f", steps }] });
    handle = () => done("fine");
    const end = async (runId: string) => (await other.result(runId, 5_000))?.status;
    for (let run = 0; run < 5; run++) expect(await end((await other.invoke("gone-f", {})).runId)).toBe("failed");
    // From here on nobody asks it, and its runs wait.
    const waiting = await Promise.all(Array.from({ length: 20 }, () => other.invoke("gone-f", {})));
    const fine = await Promise.all(Array.from({ length: 20 }, () => other.invoke("shop-order", {})));
    for (const { runId } of fine) expect(await end(runId)).toBe("completed");
    expect(cut).toBe(5);
    const states = await Promise.all(waiting.map(async ({ runId }) => (await other.store.runs.get(runId))?.status));
    expect(new Set(states)).toEqual(new Set(["queued"]));
    // A second later one call tries.
    const until = clock.now() + 1_000;
    while (clock.step(until));
    const [first] = await Promise.race(waiting.map(async ({ runId }) => [runId, await end(runId)]));
    expect([waiting.some(({ runId }) => runId === first), cut]).toEqual([true, 6]);
  } finally {
    await other.stop(0);
    dead.close();
  }
});

test("one application too many is told so in a text, which SDKs print", async () => {
  const server = createServer({ engine, remotes: new RemoteApps(engine, { mostApps: 1 }) });
  const register = async (appName: string) => {
    const payload = { ...registration(), appName, functions: [] };
    const answer = await server.inject({ method: "POST", url: "/fn/register", payload });
    return [answer.statusCode, answer.json().error];
  };
  expect(await register("first")).toEqual([200, undefined]);
  expect(await register("second")).toEqual([409, expect.stringMatching(/^too-many-applications: 1 applications are/)]);
  expect(await register("first")).toEqual([200, undefined]);
  await server.close();
});
