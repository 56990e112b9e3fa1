/** Runs that an application has begun, and does not go on with; the time that passes is virtual. */
import http, { type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { applicationFromDefinitions } from "../../codegen/application.js";
import { type ComposedEngine, createEngine } from "../../engine/create-engine.js";
import { hashKey } from "../../protocol/step-hash.js";
import { RemoteApps } from "../../server/remote-apps.js";
import { createMemoryStore } from "../../store/memory/memory-store.js";
import { VirtualClock } from "../../testing/virtual-clock.js";
import { AdoptedRuns } from "./adopted-runs.js";
import { Checkpoints } from "./checkpoints.js";

const hour = 3_600_000;
const runId = "01J00000000000000000000001";
const step = (name: string, data: unknown) => ({ op: "StepRun", id: hashKey(name), name, data });

let clock: VirtualClock;
let store: ReturnType<typeof createMemoryStore>;
let engine: ComposedEngine;
let checkpoints: Checkpoints;
let api: Server;
let functionId: string;
/** What the runtime has asked the API for. */
let asked: object[];

async function open(): Promise<ComposedEngine> {
  checkpoints = new Checkpoints();
  const made = createEngine({ store, clock, app: applicationFromDefinitions([]), http: { checkpoints } });
  await made.start();
  const { port } = api.address() as AddressInfo;
  const use = { domain: `http://127.0.0.1:${port}`, method: "GET", path: "/x", retries: 0 };
  functionId = await new RemoteApps(made).findEndpoint(use);
  return made;
}

beforeEach(async () => {
  [clock, store, asked] = [new VirtualClock(), createMemoryStore(), []];
  api = http.createServer((request, response) => {
    asked.push({ run: request.headers["x-run-id"], signature: request.headers["x-inngest-signature"] });
    response.writeHead(206, { "x-inngest-sdk": "fake:v1", "content-type": "application/json" });
    response.end(JSON.stringify({ op: "RunComplete", id: "whole", data: "taken over" }));
  });
  await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
  engine = await open();
});

afterEach(async () => {
  await engine.stop(0);
  api.closeAllConnections();
  api.close();
});

/** With its first step. */
async function begin() {
  const { port } = api.address() as AddressInfo;
  const run = checkpoints.adopted.open(runId);
  await engine.adopt({ functionId, runId, data: { domain: `http://127.0.0.1:${port}`, method: "GET", path: "/x" } });
  expect(await run.post([step("a", 1)])).toBe("taken");
  return run;
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

async function advance(ms: number): Promise<void> {
  const until = clock.now() + ms;
  while (clock.step(until)) await turn();
}

/** Real I/O goes on while no virtual time passes. */
async function ended(): Promise<string | null> {
  for (;;) {
    const run = await store.runs.get(runId);
    if (run?.endedAt != null) return run.output;
    await turn();
  }
}

const takenOver = { run: runId, signature: "" };

test("it is not asked while its application may still be at it, and is when that has been silent for an hour", async () => {
  const run = await begin();
  await advance(hour - 1);
  expect(await run.post([step("b", 2)])).toBe("taken");
  await advance(hour - 1);
  expect(await run.post([])).toBe("taken");
  expect(asked).toEqual([]);
  await advance(hour);
  expect(await ended()).toBe('"taken over"');
  expect(asked).toEqual([takenOver]);
  expect(await run.post([step("c", 3)])).toBe("stale");
  const [snapshot] = await store.runs.snapshots([runId]);
  expect(snapshot?.journal.map(({ key }) => key)).toEqual(["a", "b"]);
});

test("the process that takes the runs of a dead one asks its application", async () => {
  await begin();
  engine.crash();
  engine = await open();
  expect(await ended()).toBe('"taken over"');
  expect(asked).toEqual([takenOver]);
});

test("what is reported while the runtime stops is stored, or known not to count; the run goes on after", async () => {
  const run = await begin();
  const late = run.post([step("b", 2)]);
  const stopped = engine.stop(0);
  await turn();
  await advance(0);
  await stopped;
  expect(["taken", "stale"]).toContain(await late);
  expect(await run.post([step("c", 3)])).toBe("stale");
  engine = await open();
  expect(await ended()).toBe('"taken over"');
});

describe("many of them", () => {
  const after = () => () => {};

  test("the one that has been silent longest gives way", async () => {
    const runs = new AdoptedRuns(2);
    const [first, second] = [runs.open("r1"), runs.open("r2")];
    const next = [first.next(hour, after), second.next(hour, after)];
    void first.post([]);
    await next[0];
    const again = first.next(hour, after);
    runs.open("r3");
    expect(await next[1]).toBe("crowded");
    second.close();
    runs.open("r4");
    expect(await again).toBe("crowded");
  });

  test("one whose report is being stored does not", async () => {
    const runs = new AdoptedRuns(1);
    const first = runs.open("r1");
    const answer = first.post([]);
    const report = await first.next(hour, after);
    runs.open("r2");
    if (typeof report === "object") report.answer("taken");
    expect(await answer).toBe("taken");
  });

  test("it is put back to the queue, to be asked when it would have been", async () => {
    const run = await begin();
    expect(run.giveWay()).toBe(true);
    await turn();
    expect(await run.post([step("b", 2)])).toBe("stale");
    await advance(hour);
    expect(await ended()).toBe('"taken over"');
  });
});
