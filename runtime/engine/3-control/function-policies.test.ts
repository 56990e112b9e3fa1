import { describe, expect, test } from "vitest";
import { applicationFromDefinitions } from "../../codegen/application.js";
import { Stepwright } from "../../define/client.js";
import type { FunctionConfig } from "../../manifest/manifest.js";
import { policiesOf } from "./function-policies.js";

const client = new Stepwright({ id: "app" });
const triggers = [{ event: "go" }];

function configOf(options: object): FunctionConfig {
  const definition = client.createFunction({ id: "work", ...options, triggers }, async () => null);
  const [fn] = applicationFromDefinitions([definition]).functions;
  if (!fn) throw new Error("there is one function");
  return fn.entry.config;
}

const batchEvents = { maxSize: 10, timeout: "5s" };
const conflicting: Record<string, object> = {
  cancelOn: { cancelOn: [{ event: "stop" }] },
  debounce: { debounce: { period: "5s" } },
  singleton: { singleton: { mode: "skip" } },
  priority: { priority: { run: "1" } },
  rateLimit: { rateLimit: { limit: 1, period: "5s" } },
  idempotency: { idempotency: "event.data.id" },
  "timeouts.start": { timeouts: { start: "5s" } },
};

describe("a batch", () => {
  test.each(Object.entries(conflicting))("is refused beside %s when the functions are loaded", (name, options) => {
    const wrong = client.createFunction({ id: "work", batchEvents, ...options, triggers }, async () => null);
    expect(() => applicationFromDefinitions([wrong])).toThrow(name.split(".")[0]);
    // As a manifest from elsewhere might have it.
    const config = { ...configOf(options), batchEvents: { maxSize: 10, timeoutMs: 5_000 } };
    expect(() => policiesOf("app-work", config)).toThrow(name);
  });

  test("goes with concurrency, throttle and a time to finish", () => {
    const options = { batchEvents, concurrency: 2, throttle: { limit: 1, period: "5s" }, timeouts: { finish: "5s" } };
    expect(policiesOf("app-work", configOf(options))).toMatchObject({ concurrency: [{ limit: 2 }] });
  });
});

test("what nothing holds back has no policies; idempotency takes the place of a rate limit", () => {
  expect(policiesOf("app-work", configOf({ retries: 2, timeouts: { start: "5s" } }))).toBeNull();
  const rateLimit = { limit: 1, period: "5s" };
  expect(policiesOf("app-work", configOf({ rateLimit, idempotency: "event.data.id" }))).toBeNull();
  expect(policiesOf("app-work", configOf({ rateLimit }))).not.toBeNull();
});

test("the hash changes with any policy, and with nothing else", () => {
  const hashOf = (options: object): string | undefined => policiesOf("app-work", configOf(options))?.hash;
  expect(hashOf({ concurrency: 2 })).toBe(hashOf({ concurrency: 2, retries: 3 }));
  expect(hashOf({ concurrency: 2 })).not.toBe(hashOf({ concurrency: 3 }));
  expect(hashOf({ concurrency: 2 })).not.toBe(hashOf({ concurrency: 2, priority: { run: "1" } }));
});
