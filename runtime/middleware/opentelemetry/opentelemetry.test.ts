import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeEach, expect, test } from "vitest";
import { applicationFromDefinitions } from "../../codegen/application.js";
import { Inngest } from "../../define/index.js";
import { createMemoryStore } from "../../store/memory/memory-store.js";
import { TestEngine } from "../../testing/test-engine.js";
import { openTelemetryMiddleware } from "./opentelemetry.js";

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(provider);
beforeEach(() => exporter.reset());
afterAll(() => {
  context.disable();
  trace.disable();
});

async function start(functions: Parameters<typeof applicationFromDefinitions>[0]) {
  return TestEngine.start({ app: applicationFromDefinitions(functions), store: createMemoryStore() });
}
const spans = (name: string): ReadableSpan[] => exporter.getFinishedSpans().filter((span) => span.name === name);
const idOf = (span: ReadableSpan) => span.spanContext().spanId;
const traceOf = (span: ReadableSpan) => span.spanContext().traceId;

test("one trace a run, over attempts, waits and restarts; a span an attempt; own spans below", async () => {
  let tries = 0;
  const client = new Inngest({ id: "app", middleware: [openTelemetryMiddleware()] });
  const fn = client.createFunction({ id: "work", triggers: [{ event: "go" }] }, async ({ step }) => {
    await step.run({ id: "charge", name: "Charge" }, () => {
      trace.getTracer("mine").startSpan("query").end();
      if (++tries === 1) throw new Error("declined");
    });
    await step.sleep("nap", "30 days");
    await step.run("ship", () => "shipped");
  });
  const engine = await start([fn]);
  await engine.send({ name: "go" });
  await engine.advance("1h");
  const next = await engine.crash();
  await next.advance("31 days");
  const runs = spans("run work");
  const [declined, charged] = spans("step Charge") as [ReadableSpan, ReadableSpan];
  const [shipped] = spans("step ship") as [ReadableSpan];
  expect([runs.length > 1, spans("step Charge").length, spans("step ship").length]).toEqual([true, 2, 1]);
  expect(new Set(exporter.getFinishedSpans().map(traceOf)).size).toBe(1);
  expect(runs.at(-1)!.attributes).toMatchObject({
    "stepwright.function.id": "app-work",
    "stepwright.event.name": "go",
  });
  expect(runs.at(-1)!.attributes["stepwright.parked"]).toBeUndefined();
  expect(declined.status).toMatchObject({ code: 2, message: "declined" });
  expect(declined.events.map(({ name }) => name)).toEqual(["exception"]);
  expect(charged.status.code).toBe(0);
  for (const step of [declined, charged, shipped]) {
    expect(runs.map(idOf)).toContain(step.parentSpanContext?.spanId);
  }
  expect(spans("query").map((span) => span.parentSpanContext?.spanId)).toEqual([idOf(declined), idOf(charged)]);
  await next.engine.stop();
});

test("runs that steps set off are linked to them: by events and by invocations", async () => {
  const client = new Inngest({ id: "app", middleware: [openTelemetryMiddleware()] });
  const child = client.createFunction({ id: "child", triggers: [{ event: "told" }] }, () => "done");
  const fn = client.createFunction({ id: "work", triggers: [{ event: "go" }] }, async ({ step }) => {
    await step.sendEvent("tell", { name: "told" });
    await step.invoke("call", { function: child, data: {} });
  });
  const engine = await start([fn, child]);
  await engine.send({ name: "go" });
  await engine.advance("1 day");
  const [tell] = spans("step tell") as [ReadableSpan];
  const [work] = spans("run work") as [ReadableSpan];
  const children = spans("run child");
  const linked = children.map(({ links }) => links.map(({ context }) => context.spanId));
  expect(linked).toContainEqual([idOf(tell)]);
  expect(linked).toContainEqual([idOf(work)]);
  expect(new Set(children.map(traceOf)).size).toBe(2);
  expect(children.map(traceOf)).not.toContain(traceOf(work));
  await engine.engine.stop();
});

test("the sender's context comes with the event; as a parent where asked for; failures are linked to their run", async () => {
  const client = new Inngest({ id: "app", middleware: [openTelemetryMiddleware({ propagation: "parent" })] });
  const fn = client.createFunction(
    { id: "work", retries: 0, triggers: [{ event: "go" }], onFailure: () => {} },
    ({ event }) => {
      throw new Error(String(event.meta && "traceparent" in event.meta));
    },
  );
  const engine = await start([fn]);
  const sending = trace.getTracer("mine").startSpan("request");
  await context.with(trace.setSpan(context.active(), sending), () =>
    client.send({ name: "go", ts: engine.clock.now(), meta: { sessions: { user: "u1" } } }),
  );
  await engine.settle();
  const all = spans("run work");
  const run = all.find((span) => span.attributes["stepwright.event.name"] === "go")!;
  const failure = all.find((span) => span.attributes["stepwright.event.name"] === "inngest/function.failed")!;
  expect(traceOf(run)).toBe(sending.spanContext().traceId);
  expect(run.parentSpanContext?.spanId).toBe(sending.spanContext().spanId);
  expect(run.status).toMatchObject({ code: 2, message: "true" });
  expect(failure.links.map(({ context }) => context.traceId)).toEqual([traceOf(run)]);
  await engine.engine.stop();
});
