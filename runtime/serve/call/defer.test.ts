/** Runs that a served handler defers: what the runtime is told of them, and when. */
import { expect, it } from "vitest";
import { createDefer } from "../../middleware/experimental.js";
import { callBody, createClient, hash, openEndpoint } from "../serve-fixture.js";

const logged: string[] = [];
const log = (line: string) => void logged.push(line);
const logger = { info() {}, debug() {}, warn: log, error: log };

function serving(handler: (context: any) => unknown, options: object = {}) {
  const client = createClient({ logger, ...options });
  const report = createDefer(client, { id: "report", schema: orders }, ({ event, parents }) => [event.data, parents]);
  const fn = client.createFunction({ id: "f", retries: 0, triggers: [{ event: "order/placed" }] }, (context: any) =>
    handler({ ...context, report }),
  );
  const { call, ask, runtime } = openEndpoint({ client, functions: [fn, report] });
  return { call, ask, runtime };
}

/** `{ id: number }` */
const orders = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value: any) =>
      typeof value?.id === "number" ? { value } : { issues: [{ message: "no number", path: ["id"] }] },
  },
} as const;

const added = (id: string, opts: object = {}) => ({
  op: "DeferAdd",
  id: hash(id),
  displayName: id,
  opts: { fn_slug: "shop-report", input: { id: 1 }, ...opts },
  userland: { id },
});
const aborted = (id: string) => ({
  op: "DeferAbort",
  id: hash(`${hash(id)}:abort`),
  opts: { target_hashed_id: hash(id), fn_slug: "shop-report" },
});

it("tells of them with what comes next, whatever that is", async () => {
  const { call } = serving(async ({ defer, report, step }) => {
    const give = { function: report, data: { id: 1 } };
    defer("a", give);
    await step.run("one", () => void defer("b", { ...give, meta: { sessions: { org: "x" } } }));
    await step.sleep("nap", 5_000);
    defer("c", { ...give, experiment: { experimentName: "e", variant: "v" } });
    return "end";
  });
  expect((await call("f")).json).toMatchObject([
    added("a"),
    added("b", { meta: { sessions: { org: "x" } } }),
    { op: "StepRun", name: "one" },
  ]);
  expect((await call("f", { one: null })).json).toMatchObject([added("a"), { op: "Sleep" }]);
  const input = { id: 1, _inngestExperiment: { experimentName: "e", variant: "v" } };
  expect((await call("f", { one: null, nap: null })).json).toMatchObject([
    added("a"),
    added("c", { input }),
    { op: "RunComplete", id: hash("complete"), data: "end" },
  ]);
});

it("tells of them where the handler throws", async () => {
  const { call } = serving(({ defer, report }) => {
    defer("a", { function: report, data: { id: 1 } });
    throw new Error("oh no");
  });
  const { status, json } = await call("f", {}, { ctx: { attempt: 0, max_attempts: 1 } });
  expect([status, json]).toMatchObject([206, [added("a"), { op: "StepFailed", id: hash("complete") }]]);
});

it("does not tell twice, and takes back what can be", async () => {
  const { ask } = serving(({ defer, report }) => {
    const give = { function: report, data: { id: 1 } };
    for (const id of ["known", "late", "new"]) defer(id, give).abort();
    return 1;
  });
  const defers = { [hash("known")]: { abortable: true }, [hash("late")]: { abortable: false } };
  const { json } = await ask("POST", "?fnId=shop-f&stepId=step", { ...callBody({}), defers });
  expect(json).toMatchObject([aborted("known"), aborted("new"), { op: "RunComplete" }]);
  expect(json).toHaveLength(3);
});

it("posts them with the results of steps", async () => {
  const { call, runtime } = serving(
    async ({ defer, report, step }) => {
      await step.run("one", () => void defer("a", { function: report, data: { id: 1 } }));
      return 1;
    },
    { checkpointing: true },
  );
  await call("f", {}, { ctx: { fn_id: "fn", qi_id: "queue" } });
  const posted = runtime.requests.flatMap(({ body }) => body.steps.map((op: { op: string }) => op.op));
  expect(posted).toEqual(["DeferAdd", "StepRun"]);
});

it("logs what is wrong, and the handler goes on", async () => {
  const { call } = serving(({ defer, report }) => {
    const plain = { id: "plain", client: { id: "shop" } };
    defer("a", { function: plain, data: { id: 1 } }).abort();
    defer("b", { function: report, data: { id: "x" } }).abort();
    defer("", { function: report, data: { id: 1 } });
    defer("c");
    defer("d", { function: report, data: { id: 1 } });
    defer("d", { function: report, data: { id: 2 } });
    return 1;
  });
  logged.length = 0;
  expect((await call("f")).json).toMatchObject([added("d"), { op: "RunComplete", data: 1 }]);
  expect(logged).toEqual([
    expect.stringContaining("`a` is not made by `createDefer`"),
    expect.stringContaining("data.id: no number"),
    expect.stringContaining("a step has no id"),
    expect.stringContaining("`c` is not made by `createDefer`"),
    expect.stringContaining("deferred `d` already"),
  ]);
});

it("gives the deferred function its data and its parent, and checks the data", async () => {
  const { call } = serving(() => 1);
  const _inngest = { fn_slug: "shop-report", parent_fn_slug: "shop-f", parent_run_id: "run-0" };
  const event = (data: object) => ({ name: "inngest/deferred.schedule", id: "e2", ts: 1, data: { ...data, _inngest } });
  const { json } = await call("report", {}, { event: event({ id: 5 }) });
  expect(json).toEqual([{ id: 5 }, [{ fnSlug: "shop-f", runId: "run-0" }]]);
  const refused = await call("report", {}, { event: event({ id: "5" }) });
  expect([refused.status, refused.headers.get("x-inngest-no-retry")]).toEqual([400, "true"]);
  expect(refused.json.message).toContain("data.id: no number");
});
