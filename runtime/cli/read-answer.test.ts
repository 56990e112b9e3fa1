/** Commands and the emitted client, at a server that asks for a key. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { applicationFromDefinitions } from "../codegen/application.js";
import { createClient } from "../codegen/client.js";
import { Stepwright } from "../define/index.js";
import { createEngine } from "../engine/create-engine.js";
import { createServer } from "../server/create-server.js";
import { runsAnswerSchema } from "../server/routes/runs.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { readAnswer } from "./read-answer.js";

const key = "signkey-test-0123456789abcdef";
const otherKey = "signkey-test-fedcba9876543210";

const shop = new Stepwright({ id: "shop" });
const greet = shop.createFunction({ id: "greet", triggers: [] }, async ({ event }: any) => `hello ${event.data.name}`);

let baseUrl: string;
let close: () => Promise<void>;
beforeEach(async () => {
  const engine = createEngine({ store: createMemoryStore(), app: applicationFromDefinitions([greet]) });
  const server = createServer({ engine, signingKeys: [key] });
  await engine.start();
  baseUrl = await server.listen({ host: "127.0.0.1", port: 0 });
  close = async () => {
    await server.close();
    await engine.stop(0);
  };
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await close();
});

const readRuns = () => readAnswer(new URL("/v1/runs", baseUrl), runsAnswerSchema);
const invoke = () =>
  createClient({ app: "shop", events: {}, functions: { greet: "greet" } }, { baseUrl }).invoke as unknown as {
    greet: (data: object) => Promise<unknown>;
  };

test("they show that of the environment, and where it is refused the fallback", async () => {
  vi.stubEnv("STEPWRIGHT_SIGNING_KEY", otherKey);
  vi.stubEnv("INNGEST_SIGNING_KEY_FALLBACK", key);
  expect(await invoke().greet({ name: "you" })).toBe("hello you");
  expect((await readRuns()).data).toMatchObject([{ functionId: "shop-greet", output: "hello you" }]);
});

test("without one they are refused, and say what to do", async () => {
  await expect(readRuns()).rejects.toMatchObject({
    code: "wrong-signing-key",
    help: expect.stringContaining("SIGNING_KEY"),
  });
  await expect(invoke().greet({})).rejects.toThrow("answered 401");
});
