import { expect, test, vi } from "vitest";
import { applicationFromDefinitions } from "../codegen/application.js";
import { Inngest, step as globalStep } from "../define/index.js";
import type { Middleware } from "../define/middleware.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { TestEngine } from "../testing/test-engine.js";
import { ambient } from "../define/ambient.js";
import { hashKey } from "../protocol/step-hash.js";
import { createScorer, metadataMiddleware, scoreMiddleware } from "./experimental.js";
import { extendedTracesMiddleware, getAsyncCtx, InngestSpanProcessor } from "./experimental.js";

const lines: string[] = [];
const logger = { info() {}, debug() {}, error() {}, warn: (...args: unknown[]) => void lines.push(args.join(" ")) };

async function run(middleware: Middleware.Class[], handler: (context: any) => unknown) {
  const client = new Inngest({ id: "app", middleware, logger });
  const fn = client.createFunction({ id: "work", retries: 0, triggers: [{ event: "go" }] }, handler);
  const engine = await TestEngine.start({ app: applicationFromDefinitions([fn]), store: createMemoryStore() });
  await engine.send({ name: "go" });
  await engine.settle();
  const [ended] = await engine.runs();
  await engine.engine.stop();
  return { client, output: JSON.parse(ended!.run.output ?? "null") as unknown };
}

/** Runs one function, and lets come to rest what it starts. */
async function start(make: (parts: any) => (context: any) => unknown) {
  const client = new Inngest({ id: "app", logger, middleware: [metadataMiddleware(), scoreMiddleware()] });
  const scorer = createScorer(client, { id: "length" }, ({ event }) => ({
    name: "length",
    value: event.data["text"].length,
  }));
  const fn = client.createFunction({ id: "work", retries: 0, triggers: [{ event: "go" }] }, (context: any) =>
    make({ client, scorer, defer: context.defer })(context),
  );
  const engine = await TestEngine.start({ app: applicationFromDefinitions([fn, scorer]), store: createMemoryStore() });
  await engine.send({ name: "go" });
  await engine.settle();
  const runs = await engine.runs();
  expect(runs.map(({ run: { status, output } }) => [status, status === "failed" && output])).toEqual([
    ["completed", false],
    ["completed", false],
  ]);
  await engine.engine.stop();
  return engine.engine;
}

test("libraries find the run that they are called in", async () => {
  expect(await getAsyncCtx()).toBeUndefined();
  const find = async () => {
    const found = await getAsyncCtx();
    const { ctx, executingStep } = found!.execution!;
    return [Reflect.get(found!.app, "id"), ctx.event.name, ctx.runId !== "", executingStep?.id ?? null];
  };
  const { output } = await run([], async ({ step }) => [await find(), await step.run("inside", find)]);
  expect(output).toEqual([
    ["app", "go", true, null],
    ["app", "go", true, "inside"],
  ]);
});

test("the step that a library finds is the handler's", async () => {
  const { output } = await run([], async () => {
    const { ctx } = (await getAsyncCtx())!.execution!;
    return [await ctx.step.run("a", () => 1), await globalStep.run("a", () => 2)];
  });
  expect(output).toEqual([1, 2]);
});

test("scores and metadata are with the run, or with the step that is named or that executes", async () => {
  let runId = "";
  const engine = await start(({ client, defer, scorer }) => async ({ step, runId: own }: any) => {
    runId = own;
    await client.score({ name: "body", value: 1 });
    await step.run("a", async () => {
      await client.score({ name: "here", value: true });
      await client.score({ name: "run", value: 2, runId: own });
      await client.metadata.set({ rows: 1 }, "import");
      await client.metadata.run().set({ rows: 2 }, "import");
    });
    await step.run("a", () => client.metadata.step("a", 1).update({ second: true }));
    await step.score("s", { name: "tool", value: 3 });
    await step.score("t", { name: "of step", value: 4, stepId: "a" });
    await step.metadata("m").run().set({ b: 1 });
    await step.metadata("n").do(async (builder: any) => {
      await builder.run().set({ c: 1 });
      await builder.step("a").set({ d: 1 });
    });
    defer("length", { function: scorer, data: { text: "four" }, experiment: { experimentName: "e", variant: "v" } });
  });
  const notes = await engine.store.runs.metadata(runId);
  expect(notes.map(({ step, kind, values }) => [step?.slice(0, 4) ?? null, kind, JSON.parse(values)])).toEqual([
    [null, "inngest.experiment", { name: "e", variant: "v" }],
    [null, "inngest.score", { body: { value: 1 }, run: { value: 2 }, tool: { value: 3 }, length: { value: 4 } }],
    [null, "userland.default", { b: 1, c: 1 }],
    [null, "userland.import", { rows: 2 }],
    [hashKey("a").slice(0, 4), "inngest.score", { here: { value: true }, "of step": { value: 4 } }],
    [hashKey("a").slice(0, 4), "userland.default", { d: 1 }],
    [hashKey("a").slice(0, 4), "userland.import", { rows: 1 }],
    [hashKey("a:1").slice(0, 4), "userland.default", { second: true }],
  ]);
});

test("from outside they go over HTTP, and what is none is refused before", async () => {
  ambient.annotate = undefined;
  const sent: [string, unknown][] = [];
  const fetch = async (url: any, init: any) => {
    sent.push([String(url), JSON.parse(init.body)]);
    return Response.json({ data: {} });
  };
  const client = new Inngest({ id: "app", baseUrl: "http://r.test", fetch });
  await client.score({ runId: "r/1", stepId: "a", name: "good", value: true });
  await client.metadata.run("r2").step("b", 2).set({ x: 1 }, "k");
  expect(sent).toEqual([
    [
      "http://r.test/v1/runs/r%2F1/metadata",
      {
        target: { run_id: "r/1", step_id: "a" },
        metadata: [{ kind: "inngest.score", op: "merge", values: { good: { value: true } } }],
      },
    ],
    [
      "http://r.test/v1/runs/r2/metadata",
      {
        target: { run_id: "r2", step_id: "b", step_index: 2 },
        metadata: [{ kind: "userland.k", op: "merge", values: { x: 1 } }],
      },
    ],
  ]);
  const code = (work: Promise<void>) => work.then(String, (error: { code: string }) => error.code);
  const experiment = { experimentName: "e", variant: "" };
  expect(await code(client.score({ name: "good", value: 1 }))).toBe("note-without-run");
  expect(await code(client.metadata.run("r").step().set({}))).toBe("note-without-run");
  expect(await code(client.metadata.run("r").span("s").set({}))).toBe("unsupported-call");
  expect(await code(client.score({ runId: "r", name: "it's", value: 1 }))).toBe("invalid-score");
  expect(await code(client.score({ runId: "r", name: "x".repeat(129), value: 1 }))).toBe("invalid-score");
  expect(await code(client.score({ runId: "r", name: "n", value: Number.NaN }))).toBe("invalid-score");
  expect(await code(client.score({ runId: "", name: "n", value: 1 }))).toBe("invalid-score");
  expect(await code(client.score.experiment({ runId: "r", name: "n", value: 1, experiment }))).toBe("invalid-score");
  expect(sent).toHaveLength(2);
});

test("extended traces are those of the OpenTelemetry middleware, with the tracer in the context", async () => {
  const { output } = await run([extendedTracesMiddleware({ behaviour: "off" })], async ({ step, tracer }) =>
    step.run("a", () => tracer.startActiveSpan("mine", (span: { end(): void }) => (span.end(), "spanned"))),
  );
  expect(output).toBe("spanned");
  new InngestSpanProcessor({ logger });
  expect(lines.splice(0)).toEqual([expect.stringContaining("exporter")]);
});

test("without OpenTelemetry runs go on, and one warning says so", async () => {
  vi.doMock("./opentelemetry/opentelemetry.js", () => {
    throw new Error("Cannot find package '@opentelemetry/api'");
  });
  try {
    const { output } = await run([extendedTracesMiddleware()], ({ step }) => step.run("a", () => "done"));
    expect(output).toBe("done");
    expect(lines.splice(0)).toEqual([expect.stringContaining("install @opentelemetry/api")]);
  } finally {
    vi.doUnmock("./opentelemetry/opentelemetry.js");
  }
});
