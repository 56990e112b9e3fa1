/** What `GET /v1/events/:id/runs` says became of an event, over real connections. */
import { afterEach, expect, test } from "vitest";

import { applicationFromDefinitions } from "../codegen/application.js";
import { Stepwright } from "../define/client.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { TestEngine } from "../testing/test-engine.js";
import { createServer } from "./create-server.js";
import { eventRunsAnswerSchema } from "./event-fate.js";
import { ingestAnswerSchema } from "./ingest-answer.js";

const start = Date.UTC(2026, 0, 1);
const client = new Stepwright({ id: "app" });
const define = (id: string, policy: object) =>
  client.createFunction({ id, ...policy, triggers: [{ event: id }] }, (async ({ step }: any) =>
    step.sleep("nap", "1m")) as never);

const app = applicationFromDefinitions([
  define("plain", {}),
  define("limited", { concurrency: { limit: 1, unit: "run" } }),
  define("throttled", { throttle: { limit: 1, period: "1m" } }),
  define("rated", { rateLimit: { limit: 1, period: "1m" } }),
  define("debounced", { debounce: { period: "10s" } }),
  define("batched", { batchEvents: { maxSize: 2, timeout: "10s" } }),
  define("skipping", { singleton: { mode: "skip" } }),
  define("replacing", { singleton: { mode: "cancel" } }),
  define("idempotent", { idempotency: "event.data.order" }),
]);

let stop = async () => {};
afterEach(() => stop());

interface Sent {
  readonly name: string;
  readonly id?: string;
  readonly ts?: number;
  readonly data?: object;
}

/** Sends the events one after the other; gives what the endpoint says of each, with names for the ids of runs and events. */
async function fatesOf(events: readonly Sent[], advance?: string): Promise<unknown[][]> {
  const engine = await TestEngine.start({ app, store: createMemoryStore() });
  const server = createServer({ engine: engine.engine, onError: (error) => expect.unreachable(String(error)) });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  stop = async () => {
    await server.close();
    await engine.engine.stop();
  };
  const ids: string[] = [];
  for (const event of events) {
    const response = await fetch(`${url}/e/key`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(event),
    });
    ids.push(...ingestAnswerSchema.parse(await response.json()).ids);
    await engine.settle();
  }
  if (advance !== undefined) await engine.advance(advance);
  const runs = (await engine.runs()).map(({ run }) => run.id);
  const named = (text: string): string => {
    let result = text;
    for (const [index, id] of runs.entries()) result = result.replaceAll(id, `run ${index}`);
    for (const [index, id] of ids.entries()) result = result.replaceAll(id, `event ${index}`);
    return result;
  };
  const answers = [];
  for (const id of ids) {
    const response = await fetch(`${url}/v1/events/${id}/runs`);
    expect(response.status).toBe(200);
    const { data } = eventRunsAnswerSchema.parse(await response.json());
    answers.push(data.map(({ fate }) => JSON.parse(named(JSON.stringify(fate)))));
  }
  return answers;
}

const started = { kind: "started" };
const line = (policy: string, place: object) => ({ kind: "waits", for: { kind: "line", policy, limit: 1, ...place } });
const skipped = (because: object) => ({ kind: "skipped", because: expect.objectContaining(because) });
const merged = { kind: "merged", into: "run 0" };
const batched = (other: number) => ({ kind: "batched", with: [`event ${other}`], waitsFor: null });

interface Case {
  readonly of: string;
  readonly events: readonly Sent[];
  readonly advance?: string;
  /** Of each event, of each of its runs. */
  readonly fates: readonly (readonly unknown[])[];
}

const slot = "app-limited concurrency#0";
const cases: readonly Case[] = [
  { of: "no function", events: [{ name: "unknown" }], fates: [[]] },
  { of: "one that nothing holds back", events: [{ name: "plain" }], fates: [[started]] },
  {
    of: "one for the future",
    events: [{ name: "plain", ts: start + 60_000 }],
    fates: [[{ kind: "delayed", until: start + 60_000 }]],
  },
  {
    of: "one for the future, when its time has come",
    events: [{ name: "plain", ts: start + 60_000 }],
    advance: "1m",
    fates: [[started]],
  },
  {
    of: "those that wait for a slot",
    events: [{ name: "limited" }, { name: "limited" }, { name: "limited" }],
    fates: [
      [started],
      [line("concurrency", { bucket: slot, ahead: 0, until: null })],
      [line("concurrency", { bucket: slot, ahead: 1, until: null })],
    ],
  },
  {
    of: "those that wait for a slot, when the first has ended",
    events: [{ name: "limited" }, { name: "limited" }, { name: "limited" }],
    advance: "1m",
    fates: [[started], [started], [line("concurrency", { bucket: slot, ahead: 0, until: null })]],
  },
  {
    of: "throttled ones",
    events: [{ name: "throttled" }, { name: "throttled" }, { name: "throttled" }],
    fates: [
      [started],
      [line("throttle", { bucket: expect.stringContaining("app-throttled"), ahead: 0, until: start + 60_000 })],
      [line("throttle", { bucket: expect.stringContaining("app-throttled"), ahead: 1, until: start + 120_000 })],
    ],
  },
  {
    of: "rate limited ones",
    events: [{ name: "rated" }, { name: "rated" }],
    fates: [[started], [skipped({ policy: "rateLimit", until: start + 60_000 })]],
  },
  {
    of: "debounced ones that are pending",
    events: [{ name: "debounced" }, { name: "debounced" }],
    fates: [[merged], [{ kind: "delayed", until: start + 10_000 }]],
  },
  {
    of: "debounced ones that have started",
    events: [{ name: "debounced" }, { name: "debounced" }],
    advance: "10s",
    fates: [[merged], [started]],
  },
  {
    of: "a full batch",
    events: [{ name: "batched" }, { name: "batched" }],
    fates: [[batched(1)], [batched(0)]],
  },
  {
    of: "a batch that is gathered",
    events: [{ name: "batched" }],
    fates: [
      [
        {
          kind: "batched",
          with: [],
          waitsFor: { kind: "gathering", policy: "batch", events: 1, of: 2, until: start + 10_000 },
        },
      ],
    ],
  },
  {
    of: "a singleton that skips",
    events: [{ name: "skipping" }, { name: "skipping" }],
    fates: [[started], [skipped({ policy: "singleton", runId: "run 0" })]],
  },
  {
    of: "a singleton that replaces",
    events: [{ name: "replacing" }, { name: "replacing" }],
    fates: [[started], [started]],
  },
  {
    of: "those of one idempotency key",
    events: [
      { name: "idempotent", data: { order: 1 } },
      { name: "idempotent", data: { order: 1 } },
      { name: "idempotent", data: { order: 2 } },
    ],
    fates: [[started], [skipped({ policy: "idempotency", runId: "run 0" })], [started]],
  },
  {
    of: "those of one event id",
    events: [
      { name: "plain", id: "same" },
      { name: "plain", id: "same" },
    ],
    fates: [[started], [skipped({ policy: "event-id", runId: "run 0" })]],
  },
];

test.each(cases)("of $of", async ({ events, advance, fates }) => {
  expect(await fatesOf(events, advance)).toEqual(fates);
});
