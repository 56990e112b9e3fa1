/** What comes along with the steps of a remote application: runs that it defers, and what it notes. */
import http, { type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { applicationFromDefinitions } from "../../codegen/application.js";
import { Stepwright } from "../../define/index.js";
import { type ComposedEngine, createEngine } from "../../engine/create-engine.js";
import { RemoteApps } from "../../server/remote-apps.js";
import { createMemoryStore } from "../../store/memory/memory-store.js";
import { hashKey } from "../../protocol/step-hash.js";
import { traceParentOf } from "./trace-parent.js";

type Op = Record<string, unknown>;

let server: Server;
let engine: ComposedEngine;
let notices: string[];
/** What the application is told of its deferred runs, request by request. */
let told: unknown[];
/** The bodies of its requests. */
let asked: unknown[];
/** What it answers, one after the other. */
let answers: (readonly Op[])[];
/** The events of the runs that began, in their order. */
let begun: any[];

beforeEach(async () => {
  [notices, told, asked, begun] = [[], [], [], []];
  server = http.createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => (text += chunk));
    request.on("end", () => {
      asked.push(JSON.parse(text));
      told.push(JSON.parse(text).defers);
      const ops = answers.shift() ?? [done];
      response.writeHead(206, { "x-inngest-sdk": "fake:v1", "content-type": "application/json" });
      response.end(JSON.stringify(ops));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/inngest`;
  const near = new Stepwright({ id: "near" });
  const trigger = { event: "inngest/deferred.schedule", if: "event.data._inngest.fn_slug == 'near-report'" };
  const report = near.createFunction({ id: "report", triggers: [trigger] }, ({ event }) => {
    begun.push(event);
  });
  engine = createEngine({
    store: createMemoryStore(),
    app: applicationFromDefinitions([report]),
    retryIntervalMs: 1,
    limits: { parkAfterMs: 1 },
    observe: (happening) => happening.kind === "notice" && notices.push(`${happening.code}: ${happening.message}`),
  });
  await engine.start();
  const steps = { step: { runtime: { url: `${url}?fnId=far-parent&stepId=step` }, retries: { attempts: 1 } } };
  const functions = [{ id: "far-parent", triggers: [], steps }];
  await new RemoteApps(engine).register({ appName: "far", url, functions });
});

afterEach(async () => {
  await engine.stop(0);
  server.closeAllConnections();
  server.close();
});

const done: Op = { op: "RunComplete", id: "whole", data: "done" };
const add = (id: string, opts: object = {}): Op => ({
  op: "DeferAdd",
  id: `hash-${id}`,
  userland: { id },
  opts: { fn_slug: "near-report", input: { id }, ...opts },
});
const abort = (id: string): Op => ({
  op: "DeferAbort",
  id: `hash-abort-${id}`,
  opts: { target_hashed_id: `hash-${id}`, fn_slug: "near-report" },
});
const sleep = (id: string): Op => ({ op: "Sleep", id, name: "1ms", displayName: id, userland: { id } });

async function runParent(): Promise<{ runId: string; status: string | undefined }> {
  const { runId } = await engine.invoke("far-parent", {});
  return { runId, status: (await engine.result(runId, 10_000))?.status };
}

/** Every run that was made has ended. */
async function settled(): Promise<void> {
  for (const { id } of (await engine.store.runs.list({}, 100, null)).items) await engine.result(id, 10_000);
}

test("begin when the run has ended, with its data, its parent and its sessions", async () => {
  const meta = { sessions: { org: "own" }, propagated_sessions: { org: "parent", team: 7 } };
  answers = [
    [add("a", { meta }), sleep("nap")],
    [add("a"), add("b"), done],
  ];
  const { runId, status } = await runParent();
  expect(status).toBe("completed");
  await settled();
  const parent = { fn_slug: "near-report", parent_fn_slug: "far-parent", parent_run_id: runId };
  expect(begun.map(({ name, data, meta: given }) => ({ name, data, meta: given }))).toEqual([
    {
      name: "inngest/deferred.schedule",
      data: { id: "a", _inngest: parent },
      meta: { sessions: { org: "own", team: "7" } },
    },
    { name: "inngest/deferred.schedule", data: { id: "b", _inngest: parent }, meta: undefined },
  ]);
  expect(told).toEqual([undefined, { "hash-a": { abortable: true } }]);
  expect(await engine.store.verify(Date.now())).toEqual([]);
});

test("do not begin when they were taken back, whatever is asked for after that", async () => {
  answers = [
    [add("a"), add("b"), sleep("nap")],
    [abort("a"), abort("none"), sleep("second")],
    [add("a"), done],
  ];
  expect((await runParent()).status).toBe("completed");
  await settled();
  expect(begun.map(({ data }) => data.id)).toEqual(["b"]);
  expect(told.at(-1)).toEqual({ "hash-a": { abortable: false }, "hash-b": { abortable: true } });
});

test("are stored where nothing else comes with them, and the application is asked again", async () => {
  answers = [[add("a")], [add("a"), done]];
  expect((await runParent()).status).toBe("completed");
  await settled();
  expect(begun.map(({ data }) => data.id)).toEqual(["a"]);
});

test("an application that says nothing else again and again fails", async () => {
  answers = [[add("a")], [add("a")], [add("a")]];
  const { runId } = await engine.invoke("far-parent", {});
  const result = await engine.result(runId, 10_000);
  expect(result?.output).toContain("neither ended nor named a step");
});

test("begin when the run has failed", async () => {
  const failure = { op: "StepFailed", id: hashKey("complete"), error: { name: "E", message: "m" } };
  answers = [[add("a"), failure]];
  expect((await runParent()).status).toBe("failed");
  await settled();
  expect(begun).toHaveLength(1);
});

test("begin when the run was cancelled, though nobody has it", async () => {
  const wait = { op: "WaitForEvent", id: "wait", name: "never", opts: { timeout: "1d" }, userland: { id: "wait" } };
  answers = [[add("a"), add("b"), wait, abort("b")]];
  const { runId } = await engine.invoke("far-parent", {});
  await expect.poll(async () => (await engine.store.runs.get(runId))?.status).toBe("waiting");
  await engine.cancelling.cancel(runId);
  await settled();
  expect(begun.map(({ data }) => data.id)).toEqual(["a"]);
});

test("an invoked function is told whom its data is for", async () => {
  await runParent();
  expect(asked).toMatchObject([
    { event: { name: "inngest/function.invoked", data: { _inngest: { fn_id: "far-parent" } } } },
  ]);
  const [event] = (await engine.store.events.list({}, 1, null)).items;
  expect(event?.data).toBe("{}");
});

test("what an application notes with a result is with the run or the step; what is no note does not hinder it", async () => {
  const note = (kind: string, scope: string) => ({ kind, scope, op: "merge", values: { n: 1 } });
  const step = { op: "StepRun", id: hashKey("a"), userland: { id: "a" }, data: 1 };
  const metadata = [note("userland.a", "step"), note("inngest.score", "run")];
  const wrong = { ...step, id: hashKey("b"), userland: { id: "b" }, metadata: [note("inngest.secret", "step")] };
  answers = [
    [{ ...step, metadata }],
    [wrong],
    [{ ...step, id: hashKey("c"), userland: { id: "c" }, metadata: 5 }],
    [done],
  ];
  const { runId, status } = await runParent();
  expect(status).toBe("completed");
  expect(await engine.store.runs.metadata(runId)).toMatchObject([
    { step: null, kind: "inngest.score", values: '{"n":1}' },
    { step: hashKey("a"), kind: "userland.a", values: '{"n":1}' },
  ]);
  expect(notices).toEqual([expect.stringContaining("metadata-refused: the kind `inngest.secret`")]);
});

test("requests are in the trace of the event's sender, or in one of the run", () => {
  const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  expect(traceParentOf({ meta: { traceparent } }, "r1")).toBe(traceparent);
  const own = traceParentOf({ meta: { traceparent: "no" } }, "r1");
  expect(own).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  expect([traceParentOf({}, "r1"), traceParentOf(null, "r1"), traceParentOf({}, "r2") === own]).toEqual([
    own,
    own,
    false,
  ]);
});

test.each<[string, Op[], string]>([
  ["data that is no object", [add("a", { input: [1] })], "its data is no object"],
  ["no function", [add("a", { fn_slug: "" })], "its data is no object"],
  ["too much data", [add("a", { input: { text: "x".repeat(5e6) } })], "the limit is 4194304"],
  ["too many", Array.from({ length: 21 }, (_, i) => add(`${i}`)), "at most 20"],
  ["wrong sessions", [add("a", { meta: { sessions: { org: true } } })], "must be text or a number"],
  ["a function that is not there", [add("a", { fn_slug: "near-none" })], "deferral-unheard"],
])("one with %s is refused, and the run goes on", async (_, ops, said) => {
  answers = [[...ops, done]];
  expect((await runParent()).status).toBe("completed");
  await settled();
  expect(begun).toHaveLength(ops.length === 21 ? 20 : 0);
  expect(notices.filter((notice) => notice.startsWith("deferral-"))).toEqual([expect.stringContaining(said)]);
});
