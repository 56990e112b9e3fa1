import { expect, it } from "vitest";
import { createClient } from "../serve-fixture.js";
import { readServed } from "../served-application.js";
import { describeForWire } from "./wire-config.js";

const client = createClient();
const describeOne = (config: object) => {
  const fn = client.createFunction({ id: "f", ...config } as never, async () => 1);
  const app = readServed({ client, functions: [fn] });
  return [...app.functions.values()].map((each) => describeForWire(each, new URL("https://shop.example/api?a=b")));
};
const step = (id: string, retries?: object) => ({
  step: {
    id: "step",
    name: "step",
    runtime: { type: "http", url: `https://shop.example/api?a=b&fnId=${id}&stepId=step` },
    ...(retries && { retries }),
  },
});

it("a function says no more than it states", () => {
  expect(describeOne({ triggers: [{ event: "a/b" }] })).toEqual([
    { id: "shop-f", name: "f", triggers: [{ event: "a/b" }], steps: step("shop-f") },
  ]);
});

it("all of its configuration is in the form of the SDK", () => {
  const [wire] = describeOne({
    name: "Eff",
    triggers: [
      { event: "a/*", if: "event.data.x > 1" },
      { cron: "TZ=Europe/Paris 0 5 * * *", jitter: "90s" },
    ],
    retries: 2,
    idempotency: "event.data.id",
    concurrency: [
      { limit: 2, key: "event.data.x" },
      { limit: 9, key: "'all'", scope: "account" },
    ],
    throttle: { limit: 1, period: 60_000, burst: 2, key: "event.data.y" },
    debounce: { period: "5s", timeout: "1m" },
    priority: { run: "100" },
    timeouts: { start: "10s", finish: "1h" },
    singleton: { mode: "cancel", key: "event.data.z" },
    cancelOn: [
      { event: "a/c", match: "data.id", timeout: "1h" },
      { event: "a/d", if: "async.data.ok", timeout: new Date(0) },
    ],
  });
  expect(wire).toEqual({
    id: "shop-f",
    name: "Eff",
    triggers: [
      { event: "a/*", expression: "event.data.x > 1" },
      { cron: "TZ=Europe/Paris 0 5 * * *", jitter: "1m30s" },
    ],
    steps: step("shop-f", { attempts: 2 }),
    idempotency: "event.data.id",
    concurrency: [
      { limit: 2, key: "event.data.x" },
      { limit: 9, key: "'all'", scope: "account" },
    ],
    throttle: { limit: 1, period: "1m", burst: 2, key: "event.data.y" },
    debounce: { period: "5s", timeout: "1m" },
    priority: { run: "100" },
    timeouts: { start: "10s", finish: "1h" },
    singleton: { mode: "cancel", key: "event.data.z" },
    cancel: [
      { event: "a/c", timeout: "1h", if: "event.data.id == async.data.id" },
      { event: "a/d", timeout: "1970-01-01T00:00:00.000Z", if: "async.data.ok" },
    ],
  });
});

it("batches and rate limits", () => {
  expect(
    describeOne({ triggers: [{ event: "a" }], batchEvents: { maxSize: 5, timeout: "5s", key: "event.data.k" } })[0],
  ).toMatchObject({
    batchEvents: { maxSize: 5, timeout: "5s", key: "event.data.k" },
  });
  expect(describeOne({ triggers: [{ event: "a" }], rateLimit: { limit: 5, period: "1d" } })[0]).toMatchObject({
    rateLimit: { limit: 5, period: "1d" },
  });
});

it("a lifecycle handler is a function of its own", () => {
  const handlers = { onFailure: () => 1, onCancel: () => 2, onComplete: () => 3 };
  expect(describeOne({ triggers: [{ event: "a/b" }], retries: 7, concurrency: 3, ...handlers }).slice(1)).toEqual([
    {
      id: "shop-f-failure",
      name: "f (failure)",
      triggers: [{ event: "inngest/function.failed", expression: "event.data.function_id == 'shop-f'" }],
      steps: step("shop-f-failure", { attempts: 1 }),
    },
    {
      id: "shop-f-cancel",
      name: "f (cancel)",
      triggers: [{ event: "inngest/function.cancelled", expression: "event.data.function_id == 'shop-f'" }],
      steps: step("shop-f-cancel", { attempts: 1 }),
    },
    {
      id: "shop-f-complete",
      name: "f (complete)",
      triggers: [
        {
          event: "inngest/function.finished",
          expression: "event.data.function_id == 'shop-f' && event.data.error == null",
        },
      ],
      steps: step("shop-f-complete", { attempts: 1 }),
    },
  ]);
});

it("a function that only invocations start has no trigger", () => {
  expect(describeOne({ triggers: [] })[0]).toMatchObject({ triggers: [] });
});
