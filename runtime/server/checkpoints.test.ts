/** Results that an application posts while it executes a run, with real connections. */
import { afterAll, beforeAll, expect, test } from "vitest";

import { applicationFromDefinitions } from "../codegen/application.js";
import { systemClock } from "../engine/clock.js";
import { createEngine } from "../engine/create-engine.js";
import type { Engine } from "../engine/engine.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { Gateway } from "../transport/connect/gateway.js";
import { Checkpoints } from "../transport/http/checkpoints.js";
import { createServer } from "./create-server.js";
import { type Listening, libraries, listen, separateVersions } from "./sdk-libraries.test.program.js";

let engine: Engine;
let server: ReturnType<typeof createServer>;
let runtime: string;
const apps: Listening[] = [];
/** How often each handler was called, and each step's body. */
const calls: Record<string, number> = {};
const count = (what: string): number => (calls[what] = (calls[what] ?? 0) + 1);
/** Called by the step `pause`, with what the test has to know of the request. */
let inside: (context: { runId: string }) => Promise<void> = async () => {};

beforeAll(async () => {
  separateVersions();
  const checkpoints = new Checkpoints();
  const gateway = new Gateway({ clock: systemClock });
  engine = createEngine({
    store: createMemoryStore(),
    app: applicationFromDefinitions([]),
    http: { workers: gateway, checkpoints },
    retryIntervalMs: 1,
  });
  server = createServer({ engine, gateway, checkpoints });
  await engine.start();
  runtime = await server.listen({ host: "127.0.0.1", port: 0 });
  for (const [index, name] of ["stepwright", "inngest 4"].entries()) {
    const library = libraries[name]!;
    const { client, define } = library.open({ id: `app${index}`, baseUrl: runtime, checkpointing: true });
    const fn = define({ id: "three", retries: 0, triggers: [{ event: `${name}/asked` }] }, async ({ step, runId }) => {
      count(`${name} handler`);
      const a = await step.run("a", () => count(`${name} a`));
      await step.run("pause", () => inside({ runId }));
      const b = await step.run("b", () => count(`${name} b`));
      return a + b;
    });
    const nap = define({ id: "nap", retries: 0, triggers: [{ event: `${name}/nap` }] }, async ({ step }) => {
      count(`${name} nap`);
      const a = await step.run("a", () => 1);
      await step.sleep("nap", 20);
      return a + (await step.run("b", () => 1));
    });
    const app = await listen(library.serve({ client, functions: [fn, nap] }));
    apps.push(app);
    expect((await fetch(app.url, { method: "PUT" })).status).toBe(200);
  }
});

afterAll(async () => {
  for (const app of apps) app.close();
  await server.close();
  await engine.stop(0);
});

async function begin(event: string): Promise<string> {
  const { ids } = await engine.send([{ name: event, data: {} }]);
  const { items } = await engine.store.runs.list({ eventId: ids[0]! }, 1, null);
  return items[0]!.id;
}

const post = async (runId: string, body: object): Promise<[number, string | undefined]> => {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${runtime}/v1/checkpoint/${runId}/async`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  const { error } = (await answer.json()) as { error?: { code: string } };
  return [answer.status, error?.code];
};

test.each(["stepwright", "inngest 4"])(
  "%s: one request executes all steps; each is stored before the next",
  async (name) => {
    const stored: number[] = [];
    inside = async ({ runId }) => {
      const [snapshot] = await engine.store.runs.snapshots([runId]);
      stored.push(snapshot?.journal.length ?? -1);
    };
    const result = await engine.result(await begin(`${name}/asked`), 10_000);
    expect(result).toMatchObject({ status: "completed", output: "2" });
    expect(calls).toMatchObject({ [`${name} handler`]: 1, [`${name} a`]: 1, [`${name} b`]: 1 });
    expect(stored).toEqual([1]);
  },
);

test.each(["stepwright", "inngest 4"])("%s: a result that it has posted is no reason to ask it again", async (name) => {
  const result = await engine.result(await begin(`${name}/nap`), 10_000);
  expect(result).toMatchObject({ status: "completed", output: "2" });
  // Up to the sleep, and from there to the end.
  expect(calls[`${name} nap`]).toBe(2);
});

test("what is posted while a deployment lets the run go is stored, and the request ends", async () => {
  const { app } = engine;
  inside = async () => {
    await engine.replaceApp(applicationFromDefinitions([]));
    await engine.replaceApp(app);
  };
  const before = { ...calls };
  const result = await engine.result(await begin("inngest 4/asked"), 10_000);
  expect(result).toMatchObject({ status: "completed" });
  const more = (what: string): number => (calls[`inngest 4 ${what}`] ?? 0) - (before[`inngest 4 ${what}`] ?? 0);
  expect([more("a"), more("b")]).toEqual([1, 1]);
});

test("a request that is no longer known is told to stop, and what is no result is refused", async () => {
  const step = { op: "StepRun", id: "x", data: 1 };
  expect(await post("r1", { run_id: "r1", qi_id: "unknown", steps: [step] })).toEqual([409, "stale-request"]);
  expect(await post("r1", { run_id: "r2", qi_id: "unknown", steps: [step] })).toEqual([400, "invalid-query"]);
  expect(await post("r1", { run_id: "r1", qi_id: "q", steps: [{ op: "Sleep", id: "x" }] })).toEqual([
    400,
    "not-a-result",
  ]);
  expect((await post("r1", { run_id: "r1", steps: [step] }))[0]).toBe(400);
  expect((await post("r1", { run_id: "r1", qi_id: "q", steps: "all" }))[0]).toBe(400);
});

test("a run that was cancelled while its step executed takes no more results", async () => {
  let runId = "";
  inside = async (context) => {
    ({ runId } = context);
    await fetch(`${runtime}/v1/runs/${runId}`, { method: "DELETE" });
  };
  const before = calls["stepwright b"];
  const result = await engine.result(await begin("stepwright/asked"), 10_000);
  expect(result?.status).toBe("cancelled");
  const [snapshot] = await engine.store.runs.snapshots([runId]);
  expect(snapshot?.journal.map(({ name }) => name)).not.toContain("b");
  expect(calls["stepwright b"]).toBe(before);
});
