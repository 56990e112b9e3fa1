import { expect, test } from "vitest";
import { z } from "zod";
import { applicationFromDefinitions } from "../../codegen/application.js";
import { EventSchemas, eventType, Inngest, type Middleware } from "../../define/index.js";
import { createMemoryStore } from "../../store/memory/memory-store.js";
import { TestEngine } from "../../testing/test-engine.js";
import { AesEncryptionService, encryptionMiddleware, LibSodiumEncryptionService } from "./encryption.js";

const key = "correct horse battery staple";

async function start(functions: Parameters<typeof applicationFromDefinitions>[0]) {
  return TestEngine.start({ app: applicationFromDefinitions(functions), store: createMemoryStore() });
}

/** Everything that the store has of the runs and their events. */
const stored = async (engine: TestEngine): Promise<string> => JSON.stringify(await engine.runs());

test("values that the SDK's package has written are read", async () => {
  const secret = "test-fixture-key";
  const sodium =
    "pSiSWo5S7sref48gdYmMkyJW9UmqFMDbmmVULbtmKFRHlWIoa52qb7CINe3cXmT5X8bvLfsg20S+6qLTzAMK7GPrcSPdYcFYI3IiYGY=";
  expect(await new LibSodiumEncryptionService(secret).decrypt(sodium)).toEqual({ hello: "world", nested: { num: 42 } });
  const aes = "U2FsdGVkX1/2ji5c3rSBYndk4+QMtYtyP9fB1lwFVqIq7F9nqMz47d1A/W9qGA9F";
  expect(new AesEncryptionService(secret).decrypt(aes)).toEqual({ secret: "v0-data", count: 99 });
  // by `openssl enc -aes-256-cbc -md md5`
  expect(new AesEncryptionService("old secret").decrypt("U2FsdGVkX18cQCYJO1Tsgdbi9Va8tGB3f+qsaHLLbeA=")).toEqual({
    card: "4242",
  });
});

test("what a service encrypts, it decrypts; with another key it says so", async () => {
  for (const Service of [LibSodiumEncryptionService, AesEncryptionService]) {
    const sealed = await new Service(key).encrypt({ text: "Grüße", n: [1, null] });
    expect(sealed).not.toContain("text");
    expect(await new Service(["new", key]).decrypt(sealed)).toEqual({ text: "Grüße", n: [1, null] });
    await expect((async () => new Service("other").decrypt(sealed))()).rejects.toThrow(/no key decrypts.*fallback/);
  }
  expect(() => new LibSodiumEncryptionService("  ")).toThrow(/needs a key/);
});

test("events, steps, invocations, waits and results are stored encrypted, and clear to handlers", async () => {
  const seen: unknown[] = [];
  const client = new Inngest({ id: "app", middleware: [encryptionMiddleware({ key })] });
  const child = client.createFunction({ id: "child", triggers: [{ event: "never" }] }, async ({ event }) => {
    seen.push(["child", event.data.encrypted]);
    return { answer: `child of ${event.data.encrypted.ssn}` };
  });
  const parent = client.createFunction({ id: "parent", triggers: [{ event: "go" }] }, async ({ event, step }) => {
    seen.push(["go", event.data.encrypted, event.data.open]);
    const one = await step.run("one", () => ({ ssn: "one-078-05" }));
    const answer = await step.invoke("call", { function: child, data: { encrypted: { ssn: "call-078-05" } } });
    const told = await step.waitForEvent("told", { event: "told", timeout: "90 days" });
    await step.sleep("nap", "30 days");
    seen.push([one, answer, told?.data.encrypted]);
    return one;
  });
  const sender = client.createFunction({ id: "sender", triggers: [{ event: "send" }] }, async ({ step }) => {
    const { ids } = await step.sendEvent("tell", { name: "told", data: { encrypted: { ssn: "told-078-05" } } });
    return ids.length;
  });
  const engine = await start([child, parent, sender]);
  const sealed = await new LibSodiumEncryptionService(key).encrypt({ ssn: "go-078-05" });
  const encrypted = { __ENCRYPTED__: true, __STRATEGY__: "inngest/libsodium", data: sealed };
  await engine.send({ name: "go", data: { encrypted, open: 1 } });
  await engine.send({ name: "send" });
  const next = await engine.crash();
  await next.advance("31 days");
  expect(seen).toContainEqual(["go", { ssn: "go-078-05" }, 1]);
  expect(seen).toContainEqual(["child", { ssn: "call-078-05" }]);
  expect(seen.at(-1)).toEqual([{ ssn: "one-078-05" }, { answer: "child of call-078-05" }, { ssn: "told-078-05" }]);
  const text = await stored(next);
  expect(text).toContain("__ENCRYPTED__");
  expect(text).not.toContain("078-05");
  expect((await next.runs()).map(({ run }) => run.status)).toEqual(["completed", "completed", "completed"]);
  await next.engine.stop();
});

test("client.send encrypts after it has checked; the function checks what it decrypts", async () => {
  const placed = eventType("order/placed", { schema: z.object({ encrypted: z.object({ card: z.string() }) }) });
  const client = new Inngest({ id: "app", middleware: [encryptionMiddleware({ key })] });
  const fn = client.createFunction({ id: "work", retries: 3, triggers: [placed] }, ({ event }) => {
    return event.data.encrypted.card.length;
  });
  const engine = await start([fn]);
  const at = { ts: engine.clock.now() };
  await client.send(placed.create({ encrypted: { card: "4242" } }, at));
  await engine.settle();
  await expect(client.send(placed.create({ encrypted: { card: 1 } } as never, at))).rejects.toThrow(/card/);
  const sealed = await new LibSodiumEncryptionService(key).encrypt({ card: 1 });
  await engine.send({
    name: "order/placed",
    data: { encrypted: { __ENCRYPTED__: true, __STRATEGY__: "x", data: sealed } },
  });
  const [good, bad] = await engine.runs();
  expect(good!.run.status).toBe("completed");
  expect(bad!.run).toMatchObject({
    status: "failed",
    attempt: 0,
    output: expect.stringContaining("data.encrypted.card"),
  });
  expect(await stored(engine)).not.toContain("4242");
  await engine.engine.stop();
});

test("onFailure sees the original event in the clear", async () => {
  let original: unknown;
  const client = new Inngest({ id: "app", middleware: [encryptionMiddleware({ key })] });
  const fn = client.createFunction(
    {
      id: "work",
      retries: 0,
      triggers: [{ event: "go" }],
      onFailure: ({ event }) => void (original = event.data.event.data),
    },
    () => {
      throw new Error("broken");
    },
  );
  const engine = await start([fn]);
  await client.send({ name: "go", data: { encrypted: "secret" }, ts: engine.clock.now() });
  await engine.settle();
  expect(original).toEqual({ encrypted: "secret" });
  await engine.engine.stop();
});

test("a key is changed while runs are under way", async () => {
  const define = (middleware: Middleware.Class) =>
    new Inngest({ id: "app", middleware: [middleware] }).createFunction(
      { id: "work", triggers: [{ event: "go" }] },
      async ({ step }) => {
        const one = await step.run("one", () => "first");
        await step.sleep("nap", "30 days");
        return `${one} ${await step.run("two", () => "second")}`;
      },
    );
  const engine = await start([define(encryptionMiddleware({ key: "old" }))]);
  await engine.send({ name: "go" });
  const next = await engine.crash(
    applicationFromDefinitions([define(encryptionMiddleware({ key: "new", fallbackDecryptionKeys: ["old"] }))]),
  );
  await next.advance("31 days");
  const { run } = (await next.runs())[0]!;
  const output: { data: string } = JSON.parse(run.output!);
  expect(await new LibSodiumEncryptionService("new").decrypt(output.data)).toBe("first second");
  await next.engine.stop();
});

test("decryptOnly reads and does not write; the field has another name; v3's schemas", async () => {
  const schemas = new EventSchemas().fromRecord<{ go: { data: { card: unknown } } }>();
  const reading = new Inngest({
    id: "app",
    schemas,
    middleware: [encryptionMiddleware({ key, decryptOnly: true, eventEncryptionField: "card" })],
  });
  const fn = reading.createFunction({ id: "work" }, { event: "go" }, ({ event }) => event.data.card);
  const writing = new Inngest({ id: "app", middleware: [encryptionMiddleware({ key, eventEncryptionField: "card" })] });
  const engine = await start([fn]);
  await writing.send({ name: "go", data: { card: "4242" }, ts: engine.clock.now() });
  await reading.send({ name: "go", data: { card: "1111" }, ts: engine.clock.now() });
  await engine.settle();
  expect((await engine.runs()).map(({ run }) => run.output)).toEqual(['"4242"', '"1111"']);
  await engine.engine.stop();
});
