import { expect, test } from "vitest";
import { z } from "zod";
import { applicationFromDefinitions } from "../../codegen/application.js";
import { EventSchemas, eventType, Inngest, invoke } from "../../define/index.js";
import { createMemoryStore } from "../../store/memory/memory-store.js";
import { TestEngine } from "../../testing/test-engine.js";
import { validationMiddleware } from "./validation.js";

async function start(functions: Parameters<typeof applicationFromDefinitions>[0]) {
  return TestEngine.start({ app: applicationFromDefinitions(functions), store: createMemoryStore() });
}

const schemas = new EventSchemas().fromSchema({
  "order/placed": z.object({ total: z.number(), currency: z.string().default("EUR"), at: z.coerce.date().optional() }),
});

test("a run gets what the schema makes of its event; one that does not fit fails without retries", async () => {
  const client = new Inngest({ id: "app", schemas, middleware: [validationMiddleware()] });
  const seen: unknown[] = [];
  const fn = client.createFunction(
    { id: "work" },
    { event: "order/placed" },
    ({ event }) => void seen.push(event.data),
  );
  const app = applicationFromDefinitions([fn]);
  // events that were accepted before the schema was there
  const lenient = { ...app, events: { validator: () => null } } as unknown as typeof app;
  const engine = await TestEngine.start({ app: lenient, store: createMemoryStore() });
  await engine.send({ name: "order/placed", data: { total: 1, at: "2026-01-01T00:00:00.000Z" } });
  await engine.send({ name: "order/placed", data: { total: "1" } });
  expect(seen).toEqual([{ total: 1, currency: "EUR", at: new Date("2026-01-01") }]);
  const [good, bad] = await engine.runs();
  expect(good!.run.status).toBe("completed");
  expect(bad!.run).toMatchObject({ status: "failed", attempt: 0, output: expect.stringContaining("data.total") });
  await engine.engine.stop();
});

test("triggers' and invocations' schemas count", async () => {
  const placed = eventType("order/placed", { schema: z.object({ n: z.number().transform((n) => n + 1) }) });
  const client = new Inngest({ id: "app", middleware: [validationMiddleware()] });
  const fn = client.createFunction(
    { id: "work", triggers: [placed, invoke(z.object({ text: z.string().trim() }))] },
    ({ event }) => event.data,
  );
  const engine = await start([fn]);
  await engine.send({ name: "order/placed", data: { n: 1 } });
  await engine.engine.invoke("work", { text: "  hello " });
  await engine.engine.invoke("work", { text: 1 });
  await engine.settle();
  const [sent, invoked, wrong] = (await engine.runs()).map(({ run }) => run);
  expect([sent!.output, invoked!.output]).toEqual(['{"n":2}', '{"text":"hello"}']);
  expect(wrong).toMatchObject({ status: "failed", attempt: 0, output: expect.stringContaining("data.text") });
  await engine.engine.stop();
});

test("sending: what does not fit, has no schema, or only a type", async () => {
  const strict = new Inngest({
    id: "app",
    schemas,
    middleware: [validationMiddleware({ disallowSchemalessEvents: true })],
  });
  const fn = strict.createFunction({ id: "work" }, { event: "order/placed" }, ({ event }) => event.data.currency);
  const engine = await start([fn]);
  const ts = engine.clock.now();
  await strict.send({ name: "order/placed", data: { total: 1 } as never, ts });
  await engine.settle();
  expect((await engine.runs())[0]!.run.output).toBe('"EUR"');
  await expect(strict.send({ name: "other", data: {} } as never)).rejects.toThrow("`other` has no schema");
  await expect(strict.send({ name: "order/placed", data: { total: "1" } } as never)).rejects.toThrow("data.total");
  await engine.engine.stop();
});
