/** Expressions that fail at run time: a condition counts as false, a key as none, and the event says so, over HTTP and in `stepwright runs`. */
import { afterEach, expect, test, vi } from "vitest";

import { applicationFromDefinitions } from "../codegen/application.js";
import { listRuns } from "../cli/runs.js";
import { Stepwright } from "../define/client.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { openSqliteStore } from "../store/sqlite/open-sqlite-store.js";
import type { Store } from "../store/store.js";
import { TestEngine } from "../testing/test-engine.js";
import { createServer } from "./create-server.js";
import { eventRunsAnswerSchema } from "./event-fate.js";

const stores: Record<string, () => Promise<Store>> = {
  memory: async () => createMemoryStore(),
  sqlite: () => openSqliteStore({ path: ":memory:" }),
};
const client = new Stepwright({ id: "app" });
/** Fails where `text` is no JSON. */
const parsed = "json_parse(event.data.text).n";
const define = (id: string, config: object, trigger: object = {}) =>
  client.createFunction(
    { id, ...config, triggers: [{ event: "told", ...trigger }] } as never,
    (async () => "ran") as never,
  );

const waiting = [
  client.createFunction({ id: "waits", triggers: [{ event: "asked" }] }, async ({ step }) =>
    step.waitForEvent("answer", { event: "told", if: "json_parse(async.data.text).n == 1", timeout: "1h" }),
  ),
  client.createFunction(
    {
      id: "stops",
      cancelOn: [{ event: "told", if: "json_parse(async.data.text).n == 2" }],
      triggers: [{ event: "asked" }],
    },
    async ({ step }) => step.sleep("long", "1h"),
  ),
];

let stop = async () => {};
afterEach(() => stop());

/** Sends the events; of the last: the status of its runs over HTTP, what was wrong, and what the command prints of that. */
async function play(store: string, functions: readonly unknown[], ...events: readonly object[]) {
  const engine = await TestEngine.start({
    app: applicationFromDefinitions(functions as never),
    store: await stores[store]!(),
  });
  const server = createServer({ engine: engine.engine, onError: (error) => expect.unreachable(String(error)) });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  stop = async () => {
    await server.close();
    engine.kill();
  };
  let event = "";
  for (const each of events) [event = ""] = await engine.send(each);
  await engine.settle();
  const answer = eventRunsAnswerSchema.parse(await (await fetch(`${url}/v1/events/${event}/runs`)).json());
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  try {
    await listRuns({ url, json: false, limit: 9, event });
    const printed = write.mock.calls.map(([text]) => String(text)).join("");
    const statuses = Object.fromEntries(
      (await engine.runs()).map(({ run }) => [run.functionId.slice(4), run.status] as const),
    );
    return { runs: answer.data.length, problems: answer.problems, printed, statuses };
  } finally {
    write.mockRestore();
  }
}

const told = (text: string): object => ({ name: "told", data: { text } });
const problem = { expression: parsed, message: expect.stringContaining("JSON") };

test.each(Object.keys(stores))("a trigger's condition is false: %s", async (store) => {
  const condition = `${parsed} > 1`;
  const { runs, problems, printed } = await play(store, [define("f", {}, { if: condition })], told("{"));
  expect(runs).toBe(0);
  expect(problems).toEqual([{ ...problem, expression: condition }]);
  expect(printed).toMatch(
    /^it has started no run\n`json_parse\(event\.data\.text\)\.n > 1` could not be evaluated: .*JSON/,
  );
});

test.each(
  Object.keys(stores).flatMap((store) =>
    [
      { concurrency: { limit: 1, key: parsed } },
      { throttle: { limit: 1, period: "1m", key: parsed } },
      { rateLimit: { limit: 1, period: "1m", key: parsed } },
      { singleton: { mode: "skip", key: parsed } },
      { idempotency: parsed },
      { priority: { run: parsed } },
    ].map((config) => [Object.keys(config)[0]!, store, config] as const),
  ),
)("a key of %s is none, and the run begins: %s", async (_, store, config) => {
  const { runs, problems, statuses } = await play(store, [define("f", config)], told("{"));
  expect(runs).toBe(1);
  expect(statuses).toEqual({ f: "completed" });
  expect(problems).toEqual([problem]);
});

test.each(Object.keys(stores))("a wait goes on, and a run is not cancelled: %s", async (store) => {
  const { problems, statuses } = await play(store, waiting, { name: "asked" }, told("{"));
  // Its instance is still alive.
  expect(statuses).toEqual({ waits: "running", stops: "waiting" });
  expect(problems.map(({ expression }) => expression)).toEqual([
    "json_parse(async.data.text).n == 1",
    "json_parse(async.data.text).n == 2",
  ]);
});

test.each(Object.keys(stores))("nothing is said of an event with which nothing is wrong: %s", async (store) => {
  const functions = [define("f", { concurrency: { limit: 1, key: parsed } }, { if: `${parsed} > 1` }), ...waiting];
  const { runs, problems } = await play(store, functions, { name: "asked" }, told('{"n":3}'));
  expect([runs, problems]).toEqual([1, []]);
});
