import { expect, test, vi } from "vitest";
import { applicationFromDefinitions } from "../codegen/application.js";
import { Inngest, step as globalStep } from "../define/index.js";
import type { Middleware } from "../define/middleware.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { TestEngine } from "../testing/test-engine.js";
import { extendedTracesMiddleware, getAsyncCtx, InngestSpanProcessor } from "./experimental.js";
import { metadataMiddleware, scoreMiddleware } from "./experimental.js";

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

test("what cannot be kept yet is refused where it would be kept", async () => {
  const { client, output } = await run([metadataMiddleware(), scoreMiddleware()], async ({ step }) => {
    const calls = [
      () => step.score("s", { name: "good", value: 1 }),
      () => step.metadata("m").run("r").set({ a: 1 }),
      () => step.realtime.publish("p", { channel: "c", topic: "t", data: 1 }),
    ];
    return Promise.all(calls.map((call) => call().catch((error: { code: string }) => error.code)));
  });
  expect(output).toEqual(["unsupported-step", "unsupported-step", "unsupported-step"]);
  const refused = { code: "unsupported-call" };
  await expect(client.metadata.run("r").step("s").update({ a: 1 })).rejects.toMatchObject(refused);
  await expect(client.score({ runId: "r", name: "good", value: true })).rejects.toMatchObject(refused);
  const experiment = { experimentName: "e", variant: "v" };
  await expect(client.score.experiment({ name: "good", value: 1, experiment })).rejects.toMatchObject(refused);
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
