import { expect, test } from "vitest";
import { applicationFromDefinitions } from "../codegen/application.js";
import { Stepwright } from "../define/client.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { TestEngine } from "../testing/test-engine.js";
import { listEventRuns } from "./event-fate.js";

const client = new Stepwright({ id: "app" });
const work = async ({ step }: { step: { sleep(id: string, time: string): Promise<void> } }) => step.sleep("nap", "1m");
const define = (id: string, policy: object) =>
  client.createFunction({ id, ...policy, triggers: [{ event: id }] }, work as never);

const app = applicationFromDefinitions([
  define("plain", {}),
  define("limited", { concurrency: { limit: 1, unit: "run" } }),
  define("throttled", { throttle: { limit: 1, period: "1m" } }),
  define("rated", { rateLimit: { limit: 1, period: "1m" } }),
  define("debounced", { debounce: { period: "10s" } }),
  define("batched", { batchEvents: { maxSize: 3, timeout: "10s" } }),
  define("single", { singleton: { mode: "skip" } }),
]);

/** The fates of three events of that name, sent one after the other, as they are in the end. */
async function fatesOf(name: string): Promise<unknown[]> {
  const store = createMemoryStore();
  const engine = await TestEngine.start({ app, store });
  const ids = await engine.send({ name }, { name }, { name });
  const fates = [];
  for (const id of ids) {
    const { data } = await listEventRuns(store, id, 10, null);
    fates.push(...data.map(({ fate, id: runId }) => JSON.parse(JSON.stringify(fate).replaceAll(runId, "<run>"))));
  }
  await engine.engine.stop();
  return fates.map((fate) => fate);
}

test("of events that nothing holds back", async () => {
  expect(await fatesOf("plain")).toEqual([{ kind: "started" }, { kind: "started" }, { kind: "started" }]);
});

test("of those that wait for a slot: what for, and their place", async () => {
  const line = { kind: "line", policy: "concurrency", bucket: "app-limited concurrency#0", limit: 1, until: null };
  expect(await fatesOf("limited")).toEqual([
    { kind: "started" },
    { kind: "waits", for: { ...line, ahead: 0 } },
    { kind: "waits", for: { ...line, ahead: 1 } },
  ]);
});

test("of throttled ones: until when", async () => {
  const [first, second] = await fatesOf("throttled");
  expect(first).toEqual({ kind: "started" });
  const until = Date.UTC(2026, 0, 1) + 60_000;
  expect(second).toMatchObject({ kind: "waits", for: { policy: "throttle", limit: 1, ahead: 0, until } });
});

test("of skipped ones: because of what", async () => {
  expect(await fatesOf("rated")).toMatchObject([
    { kind: "started" },
    { kind: "skipped", because: { policy: "rateLimit" } },
    { kind: "skipped", because: { policy: "rateLimit" } },
  ]);
  const [, second] = await fatesOf("single");
  expect(second).toMatchObject({ kind: "skipped", because: { policy: "singleton", runId: expect.any(String) } });
});

test("of debounced ones: merged into the run, or delayed with it", async () => {
  const merged = { kind: "merged", into: "<run>" };
  const until = Date.UTC(2026, 0, 1) + 10_000;
  expect(await fatesOf("debounced")).toEqual([merged, merged, { kind: "delayed", until }]);
});

test("of batched ones: with which others", async () => {
  const [first, ...others] = await fatesOf("batched");
  expect(first).toMatchObject({ kind: "batched", with: [expect.any(String), expect.any(String)], waitsFor: null });
  expect(others).toHaveLength(2);
});
