/** What `GET /v1/events/:id/runs` and `stepwright runs` say became of an event, over real connections. */
import { afterEach, expect, test, vi } from "vitest";

import { applicationFromDefinitions } from "../codegen/application.js";
import { listRuns, showRun } from "../cli/runs.js";
import { localTime } from "../cli/short-time.js";
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

interface Told {
  /** By the endpoint, of each event, of each of its runs; with names for the ids of runs and events. */
  readonly fates: unknown[][];
  /** `runs list --event`, of each event. */
  readonly ofEvents: string[];
  /** `runs list`: the status of each run, in the order in which they were made. */
  readonly listed: string[];
  /** `runs show`: of each run, status and why. */
  readonly shown: string[];
}

/** What a command prints. */
async function printed(command: () => Promise<number>): Promise<string> {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  try {
    expect(await command()).toBe(0);
    return write.mock.calls.map(([text]) => String(text)).join("");
  } finally {
    write.mockRestore();
  }
}

/** Sends the events one after the other. */
async function tellOf(events: readonly Sent[], advance?: string): Promise<Told> {
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
  const ofEvents: string[] = [];
  for (const id of ids) {
    const response = await fetch(`${url}/v1/events/${id}/runs`);
    expect(response.status).toBe(200);
    const { data } = eventRunsAnswerSchema.parse(await response.json());
    answers.push(data.map(({ fate }) => JSON.parse(named(JSON.stringify(fate)))));
    ofEvents.push(named(await printed(() => listRuns({ url, json: false, limit: 9, event: id }))).trimEnd());
  }
  const table = await printed(() => listRuns({ url, json: false, limit: 9 }));
  const listed = runs.map(
    (id) =>
      table
        .split("\n")
        .find((row) => row.startsWith(id))
        ?.split(/  +/)[1] ?? "",
  );
  const shown = [];
  for (const id of runs) {
    const [head = "", ...rest] = (await printed(() => showRun({ url, json: false, id }))).split("\n");
    const status = head.split(" ")[1] ?? "";
    const why = rest.filter((row) => /^(waits|reason) /.test(row)).map((row) => row.replace(/^\S+ +/, ""));
    shown.push(named([status, ...why].join(": ")));
  }
  return { fates: answers, ofEvents, listed, shown };
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
  readonly ofEvents: readonly string[];
  readonly shown: readonly string[];
}

const slot = "app-limited concurrency#0";
const waitsForSlot = (ahead: number) => `waits for a slot of \`${slot}\` (limit 1), ${ahead} ahead of it`;
const throttledAs = (ahead: number) =>
  `throttled by \`app-throttled throttle\`, ${ahead} ahead of it, starts at ${after((ahead + 1) * 60)}`;
/** So many seconds after the start. */
function after(seconds: number): string {
  return localTime(start + seconds * 1_000);
}
const cases: readonly Case[] = [
  { of: "no function", events: [{ name: "unknown" }], fates: [[]], ofEvents: ["it has started no run"], shown: [] },
  {
    of: "one that nothing holds back",
    events: [{ name: "plain" }],
    fates: [[started]],
    ofEvents: ["run 0  app-plain  started"],
    shown: ["waiting"],
  },
  {
    of: "one for the future",
    events: [{ name: "plain", ts: start + 60_000 }],
    fates: [[{ kind: "delayed", until: start + 60_000 }]],
    ofEvents: [`run 0  app-plain  delayed until ${after(60)}`],
    shown: [`queued: delayed until ${after(60)}`],
  },
  {
    of: "one for the future, when its time has come",
    events: [{ name: "plain", ts: start + 60_000 }],
    advance: "1m",
    fates: [[started]],
    ofEvents: ["run 0  app-plain  started"],
    shown: ["waiting"],
  },
  {
    of: "those that wait for a slot",
    events: [{ name: "limited" }, { name: "limited" }, { name: "limited" }],
    fates: [
      [started],
      [line("concurrency", { bucket: slot, ahead: 0, until: null })],
      [line("concurrency", { bucket: slot, ahead: 1, until: null })],
    ],
    ofEvents: [
      "run 0  app-limited  started",
      `run 1  app-limited  ${waitsForSlot(0)}`,
      `run 2  app-limited  ${waitsForSlot(1)}`,
    ],
    shown: ["waiting", `queued: ${waitsForSlot(0)}`, `queued: ${waitsForSlot(1)}`],
  },
  {
    of: "those that wait for a slot, when the first has ended",
    events: [{ name: "limited" }, { name: "limited" }, { name: "limited" }],
    advance: "1m",
    fates: [[started], [started], [line("concurrency", { bucket: slot, ahead: 0, until: null })]],
    ofEvents: ["run 0  app-limited  started", "run 1  app-limited  started", `run 2  app-limited  ${waitsForSlot(0)}`],
    shown: ["completed", "waiting", `queued: ${waitsForSlot(0)}`],
  },
  {
    of: "throttled ones",
    events: [{ name: "throttled" }, { name: "throttled" }, { name: "throttled" }],
    fates: [
      [started],
      [line("throttle", { bucket: expect.stringContaining("app-throttled"), ahead: 0, until: start + 60_000 })],
      [line("throttle", { bucket: expect.stringContaining("app-throttled"), ahead: 1, until: start + 120_000 })],
    ],
    ofEvents: [
      "run 0  app-throttled  started",
      `run 1  app-throttled  ${throttledAs(0)}`,
      `run 2  app-throttled  ${throttledAs(1)}`,
    ],
    shown: ["waiting", `queued: ${throttledAs(0)}`, `queued: ${throttledAs(1)}`],
  },
  {
    of: "rate limited ones",
    events: [{ name: "rated" }, { name: "rated" }],
    fates: [[started], [skipped({ policy: "rateLimit", until: start + 60_000 })]],
    ofEvents: [
      "run 0  app-rated  started",
      `run 1  app-rated  skipped: rate limit: 1 runs have started within 60000 ms, until ${after(60)}`,
    ],
    shown: ["waiting", `skipped: rate limit: 1 runs have started within 60000 ms, until ${after(60)}`],
  },
  {
    of: "debounced ones that are pending",
    events: [{ name: "debounced" }, { name: "debounced" }],
    fates: [[merged], [{ kind: "delayed", until: start + 10_000 }]],
    ofEvents: ["run 0  app-debounced  merged into run 0", `run 0  app-debounced  delayed until ${after(10)}`],
    shown: [`queued: debounce: 2 event(s), starts at ${after(10)}`],
  },
  {
    of: "debounced ones that have started",
    events: [{ name: "debounced" }, { name: "debounced" }],
    advance: "10s",
    fates: [[merged], [started]],
    ofEvents: ["run 0  app-debounced  merged into run 0", "run 0  app-debounced  started"],
    shown: ["waiting"],
  },
  {
    of: "a full batch",
    events: [{ name: "batched" }, { name: "batched" }],
    fates: [[batched(1)], [batched(0)]],
    ofEvents: ["run 0  app-batched  batched with 1 other(s)", "run 0  app-batched  batched with 1 other(s)"],
    shown: ["waiting"],
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
    ofEvents: [`run 0  app-batched  batched with 0 other(s), batch: 1 of 2 events, starts at ${after(10)}`],
    shown: [`queued: batch: 1 of 2 events, starts at ${after(10)}`],
  },
  {
    of: "a singleton that skips",
    events: [{ name: "skipping" }, { name: "skipping" }],
    fates: [[started], [skipped({ policy: "singleton", runId: "run 0" })]],
    ofEvents: [
      "run 0  app-skipping  started",
      "run 1  app-skipping  skipped: singleton: a run of the same key has not ended (run run 0)",
    ],
    shown: ["waiting", "skipped: singleton: a run of the same key has not ended (run run 0)"],
  },
  {
    of: "a singleton that replaces",
    events: [{ name: "replacing" }, { name: "replacing" }],
    fates: [[started], [started]],
    ofEvents: ["run 0  app-replacing  started", "run 1  app-replacing  started"],
    shown: ["cancelled: a later run has taken its place (run run 1)", "waiting"],
  },
  {
    of: "those of one idempotency key",
    events: [
      { name: "idempotent", data: { order: 1 } },
      { name: "idempotent", data: { order: 1 } },
      { name: "idempotent", data: { order: 2 } },
    ],
    fates: [[started], [skipped({ policy: "idempotency", runId: "run 0" })], [started]],
    ofEvents: [
      "run 0  app-idempotent  started",
      "run 1  app-idempotent  skipped: there was a run before: the idempotency key is the same (run run 0)",
      "run 2  app-idempotent  started",
    ],
    shown: ["waiting", "skipped: there was a run before: the idempotency key is the same (run run 0)", "waiting"],
  },
  {
    of: "those of one event id",
    events: [
      { name: "plain", id: "same" },
      { name: "plain", id: "same" },
    ],
    fates: [[started], [skipped({ policy: "event-id", runId: "run 0" })]],
    ofEvents: [
      "run 0  app-plain  started",
      "run 1  app-plain  skipped: there was a run before: the event's `id` is the same (run run 0)",
    ],
    shown: ["waiting", "skipped: there was a run before: the event's `id` is the same (run run 0)"],
  },
];

test.each(cases)("of $of", async ({ events, advance, fates, ofEvents, shown }) => {
  const told = await tellOf(events, advance);
  expect(told.fates).toEqual(fates);
  expect(told.ofEvents).toEqual(ofEvents);
  expect(told.shown).toEqual(shown);
  expect(told.listed).toEqual(shown.map((text) => text.split(":")[0]));
});
