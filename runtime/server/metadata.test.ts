import { afterEach, beforeEach, expect, test } from "vitest";

import { createMemoryStore } from "../store/memory/memory-store.js";
import { openTestServer, type TestServer } from "./server-fixture.js";
import { runDetailAnswerSchema } from "./routes/run.js";

let server: TestServer;
let runId: string;

beforeEach(async () => {
  server = await openTestServer(createMemoryStore());
  const { body } = await server.post("/invoke/greet", { data: { name: "Ada" } });
  runId = (body as { runId: string }).runId;
  await server.get(`/v1/runs/${runId}/result?wait=5000`);
});
afterEach(() => server.close());

const note = (values: object, kind = "userland.a", op = "merge") => ({ kind, op, values });
const put = (target: object, ...metadata: object[]) =>
  server.post(`/v1/runs/${runId}/metadata`, { target: { run_id: runId, ...target }, metadata });
const seen = async () => {
  const { body } = await server.get(`/v1/runs/${runId}`);
  const { metadata, steps } = runDetailAnswerSchema.parse(body).data;
  expect(steps.map(({ id }) => id)).toEqual(["greet"]);
  return metadata.map(({ scope, step, kind, values }) => [scope, step?.slice(0, 4) ?? null, kind, values]);
};

test("notes are with the run and its steps, by kind", async () => {
  expect(await put({}, note({ a: 1, b: 1 }), note({ b: 2 }))).toEqual({ status: 200, body: { data: {} } });
  await put({ step_id: "greet", step_attempt: 0 }, note({ rizz: { value: true } }, "inngest.score"));
  await put({ step_id: "greet", step_index: 1 }, note({ c: 1 }));
  expect(await seen()).toEqual([
    ["run", null, "userland.a", { a: 1, b: 2 }],
    ["step", "271c", "userland.a", { c: 1 }],
    ["step", "35ff", "inngest.score", { rizz: { value: true } }],
  ]);
  const query = `query ($id: String!) { run(runID: $id) { trace(preview: true) {
    metadata { scope kind values } childrenSpans { name metadata { scope kind values } } } } }`;
  const { body } = await server.post("/v0/gql", { query, variables: { id: runId } });
  expect(body).toMatchObject({
    data: {
      run: {
        trace: {
          metadata: [{ scope: "run", kind: "userland.a", values: { a: 1, b: 2 } }],
          childrenSpans: [
            { name: "greet", metadata: [{ scope: "step", values: { rizz: { value: true } } }] },
            { name: "Finalization", metadata: [] },
          ],
        },
      },
    },
  });
});

test("what a model was used for has an estimate of its cost, where its price is known", async () => {
  const tokens = { input_tokens: 1_000, output_tokens: 1_000 };
  await put({ step_id: "a" }, note({ ...tokens, response_model: "GPT-5-mini-2025-08-07" }, "inngest.ai"));
  await put({ step_id: "b" }, note({ ...tokens, request_model: "unknown-model" }, "inngest.ai"));
  await put({ step_id: "c" }, note({ ...tokens, request_model: "gpt-5", estimated_cost: 7 }, "inngest.ai"));
  const costs = (await seen()).map(([, , , values]) => (values as { estimated_cost?: number }).estimated_cost);
  expect(costs.sort()).toEqual([0.00225, 7, undefined]);
});

test.each<[string, object, object[], number, string]>([
  ["a kind of the runtime's own", {}, [note({}, "inngest.secret")], 400, "invalid-metadata"],
  ["a long kind", {}, [note({}, "é".repeat(65))], 400, "invalid-metadata"],
  ["too much", {}, [note({ text: "x".repeat(70_000) })], 413, "metadata-too-large"],
  ["an unknown operation", {}, [note({}, "userland.a", "append")], 400, "invalid-parameter"],
  ["values that are none", {}, [{ kind: "userland.a", op: "merge", values: [1] }], 400, "invalid-parameter"],
  ["an attempt of no step", { step_attempt: 1 }, [note({})], 400, "invalid-parameter"],
  ["a span", { step_id: "greet", span_id: "abc" }, [note({})], 400, "invalid-parameter"],
])("%s is refused", async (_, target, metadata, status, code) => {
  expect(await put(target, ...metadata)).toMatchObject({ status, body: { error: { code } } });
  expect(await seen()).toEqual([]);
});

test("a run that is not there has none", async () => {
  const answer = await server.post("/v1/runs/none/metadata", { target: {}, metadata: [note({ a: 1 })] });
  expect(answer).toMatchObject({ status: 404, body: { error: { code: "unknown-run" } } });
});
