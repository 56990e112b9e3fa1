/**
 * Requests as an Inngest server writes them, byte for byte: Go's JSON, with `<`, `>` and `&` escaped and its order of
 * keys, signed over the canonical form. The shapes are those of its `SDKRequest` and of the headers that go with it.
 */
import { createHmac } from "node:crypto";
import { expect, it } from "vitest";
import { createClient, hash, nowMs, openEndpoint, signingKey } from "./serve-fixture.js";

const runId = "01JG3ZT2Z1T7Q0N4WJ6Q8M2V5K";
const fnId = "7f3c1c5e-6c1b-5a3e-9a6d-0d7c2b1e4f5a";
const queueItem = "5577006791947779410:shard-a";
const event =
  '{"data":{"html":"\\u003cb\\u003eé \\u0026 ✓\\u003c/b\\u003e","big":1e+21,"n":1.50},"id":"01JG3ZT2YW0000000000000000","name":"order/placed","ts":1735689600123,"user":{}}';
/** The same in the canonical form of RFC 8785. */
const canonicalEvent =
  '{"data":{"big":1e+21,"html":"<b>é & ✓</b>","n":1.5},"id":"01JG3ZT2YW0000000000000000","name":"order/placed","ts":1735689600123,"user":{}}';

interface Shape {
  readonly steps?: string;
  readonly stack?: string;
  readonly attempt?: number;
  readonly planOnly?: boolean;
  readonly useApi?: boolean;
  readonly version?: number;
  /** The hash of the step that is asked for. */
  readonly step?: string;
}

/** The body as it is sent. */
function write({
  steps = "{}",
  stack = "[]",
  attempt = 0,
  planOnly = false,
  useApi = false,
  version = -1,
  step,
}: Shape) {
  const current = stack === "[]" ? 0 : stack.split(",").length;
  const context = `{"fn_id":"${fnId}","run_id":"${runId}","env":"","step_id":"${step ?? "step"}","attempt":${attempt},"max_attempts":4,"stack":{"stack":${stack},"current":${current}},"qi_id":"${queueItem}","request_id":"01JG3ZT3000000000000000000","generation_id":2,"job_id":"job-1","disable_immediate_execution":${planOnly},"use_api":${useApi}}`;
  return `{"event":${event},"events":${useApi ? "[]" : `[${event}]`},"steps":${steps},"defers":{},"ctx":${context},"version":${version},"use_api":${useApi}}`;
}

/** The same in canonical form, which is what the server signs. */
function canonical({
  steps = "{}",
  stack = "[]",
  attempt = 0,
  planOnly = false,
  useApi = false,
  version = -1,
  step,
}: Shape) {
  const current = stack === "[]" ? 0 : stack.split(",").length;
  const context = `{"attempt":${attempt},"disable_immediate_execution":${planOnly},"env":"","fn_id":"${fnId}","generation_id":2,"job_id":"job-1","max_attempts":4,"qi_id":"${queueItem}","request_id":"01JG3ZT3000000000000000000","run_id":"${runId}","stack":{"current":${current},"stack":${stack}},"step_id":"${step ?? "step"}","use_api":${useApi}}`;
  return `{"ctx":${context},"defers":{},"event":${canonicalEvent},"events":${useApi ? "[]" : `[${canonicalEvent}]`},"steps":${steps},"use_api":${useApi},"version":${version}}`;
}

const handler = async ({ event: given, step, attempt }: any) => {
  const html = await step.run("html", () => given.data.html);
  await step.sleep("nap", "1h");
  const answer = await step.waitForEvent("answer", { event: "order/answered", timeout: "1d", match: "data.id" });
  return { html, answer: answer === null ? "none" : answer.data, big: given.data.big, attempt };
};

function open(checkpointing: boolean) {
  const client = createClient({ isDev: false, signingKey, checkpointing });
  const fn = client.createFunction({ id: "f", retries: 3, triggers: [{ event: "order/placed" }] }, handler);
  const endpoint = openEndpoint({ client, functions: [fn] });
  const call = (shape: Shape) => {
    const time = String(nowMs / 1_000);
    const digits = signingKey.replace("signkey-test-", "");
    const mac = createHmac("sha256", digits).update(canonical(shape)).update(time).digest("hex");
    return endpoint.ask("POST", `?fnId=shop-f&stepId=${shape.step ?? "step"}`, write(shape), {
      "content-type": "application/json",
      "x-inngest-signature": `t=${time}&s=${mac}`,
      "x-inngest-server-kind": "cloud",
      "x-run-id": runId,
      "x-request-id": "01JG3ZT3000000000000000000",
      "x-inngest-generation-id": "2",
      "x-inngest-job-id": "job-1",
      "x-inngest-req-version": String(shape.version ?? -1),
      "x-inngest-step-id": shape.step ?? "step",
    });
  };
  return { ...endpoint, call };
}

const done = {
  html: `"${hash("html")}":{"data":"<b>x</b>"}`,
  nap: `"${hash("nap")}":null`,
  answer: `"${hash("answer")}":null`,
};
const stack = `["${hash("html")}","${hash("nap")}","${hash("answer")}"]`;

it("goes from the first request of a run to the last", async () => {
  const { call } = open(false);
  const first = await call({});
  expect([first.status, first.json]).toMatchObject([206, [{ op: "StepRun", id: hash("html"), data: "<b>é & ✓</b>" }]]);
  expect(first.headers.get("x-inngest-req-version")).toBe("2");
  expect(first.headers.get("x-inngest-signature")).toMatch(/^t=\d+&s=[0-9a-f]{64}$/);
  const second = await call({ steps: `{${done.html}}`, stack: `["${hash("html")}"]`, version: 2 });
  expect([second.status, second.json]).toMatchObject([206, [{ op: "Sleep", id: hash("nap"), name: "1h" }]]);
  const third = await call({ steps: `{${done.html},${done.nap}}`, stack: stack.replace(/,[^,]*\]$/, "]"), version: 2 });
  expect(third.json).toMatchObject([
    {
      op: "WaitForEvent",
      id: hash("answer"),
      name: "order/answered",
      opts: { timeout: "1d", if: "event.data.id == async.data.id" },
    },
  ]);
  const last = await call({ steps: `{${Object.values(done).sort().join(",")}}`, stack, version: 2, attempt: 1 });
  expect([last.status, last.json]).toEqual([200, { html: "<b>x</b>", answer: "none", big: 1e21, attempt: 1 }]);
});

it("plans where it is told to, and executes the step that it is asked for", async () => {
  const { call } = open(true);
  expect((await call({ planOnly: true })).json).toMatchObject([{ op: "StepPlanned", id: hash("html"), name: "html" }]);
  expect((await call({ step: hash("html") })).json).toMatchObject([{ op: "StepRun", id: hash("html") }]);
});

it("posts results under the ids that the request brought", async () => {
  const { call, runtime } = open(true);
  expect((await call({})).json).toMatchObject([{ op: "Sleep" }]);
  const [posted] = runtime.requests;
  expect(posted).toMatchObject({ method: "POST", path: `/v1/checkpoint/${runId}/async` });
  expect(posted?.body).toMatchObject({
    run_id: runId,
    fn_id: fnId,
    qi_id: queueItem,
    request_id: "01JG3ZT3000000000000000000",
    generation_id: 2,
    steps: [{ op: "StepRun", id: hash("html") }],
  });
});

it("fetches what was too large for the request", async () => {
  const { call, runtime } = open(false);
  runtime.answer = ({ path }) =>
    path.endsWith("/batch")
      ? new Response(`[${event}]`)
      : new Response(
          `{${done.html},${done.nap},"${hash("answer")}":{"data":{"name":"order/answered","data":{"id":7}}}}`,
        );
  const answer = await call({ useApi: true, stack, version: 2 });
  expect([answer.status, answer.json]).toMatchObject([200, { html: "<b>x</b>", answer: { id: 7 } }]);
  expect(runtime.requests.map(({ path }) => path).sort()).toEqual([
    `/v0/runs/${runId}/actions`,
    `/v0/runs/${runId}/batch`,
  ]);
  runtime.answer = () => Response.json({ error: "gone" }, { status: 404 });
  expect(await call({ useApi: true })).toMatchObject({ status: 500, json: { code: "state-unavailable" } });
});
