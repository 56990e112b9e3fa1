/**
 * Middleware under this package's `serve()` is called as under the SDK's own: the same functions, driven by this
 * runtime over real HTTP, leave the same calls of all hooks, request by request.
 */
import * as v3 from "inngest-v3";
import * as v4 from "inngest-v4";
import { beforeAll, describe, expect, test } from "vitest";

import { applicationFromDefinitions } from "../codegen/application.js";
import * as own from "../define/index.js";
import { createEngine } from "../engine/create-engine.js";
import type { Engine } from "../engine/engine.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { createServer } from "./create-server.js";
import {
  begun,
  type HookLog,
  HookRecorder,
  hookedFunctions,
  legacyMiddleware,
  modernMiddleware,
} from "./hook-logs.test.program.js";
import { libraries, listen, separateVersions } from "./sdk-libraries.test.program.js";

type Form = typeof legacyMiddleware;
interface Told {
  readonly registered: HookLog;
  /** By function: the requests of its run, how it ended. */
  readonly runs: Readonly<Record<string, { requests: HookLog[]; status: string | undefined; output: unknown }>>;
}

async function record(name: string, exports: any, form: Form): Promise<Told> {
  separateVersions();
  const library = libraries[name]!;
  const recorder = new HookRecorder();
  const engine: Engine = createEngine({
    store: createMemoryStore(),
    app: applicationFromDefinitions([]),
    http: {},
    retryIntervalMs: 1,
    observe: (happening) => {
      if (happening.kind !== "step-waiting" || happening.stepKey !== "wait") return;
      void engine.send([{ name: "waits/answered", data: { n: 7 } }]);
    },
  });
  const server = createServer({ engine });
  await engine.start();
  const { client, define } = library.open({
    baseUrl: await server.listen({ host: "127.0.0.1", port: 0 }),
    eventKey: "key",
    checkpointing: false,
    middleware: [form(recorder, exports, "A"), form(recorder, exports, "B")],
  });
  const functions = hookedFunctions(recorder, client, define, library.errors, form(recorder, exports, "C"));
  const app = await listen(recorder.listener(library.serve({ client, functions })));
  try {
    await fetch(app.url, { method: "PUT" });
    recorder.takeRequests();
    const runs: Record<string, any> = {};
    for (const id of begun) {
      const { ids } = await engine.send([{ name: `${id}/asked`, data: { of: id } }]);
      const { items } = await engine.store.runs.list({ eventId: ids[0]! }, 2, null);
      const result = await engine.result(items[0]!.id, 10_000);
      const output = JSON.parse(result?.output ?? "null");
      delete output?.stack;
      runs[id] = { requests: recorder.takeRequests(), status: result?.status, output };
    }
    return { registered: recorder.outside, runs };
  } finally {
    app.close();
    await server.close();
    await engine.stop(0);
  }
}

/** Where the two differ on purpose: what is made of each line before it is compared, and why. */
const exceptions: readonly (readonly [reason: string, change: (line: string) => string])[] = [
  [
    "the time of a sleep is an input here, so that middleware can change it; a replayed sleep gives `undefined`",
    (line) =>
      (line.includes('"stepType":"sleep"')
        ? line.replace(/input=\[1?\]/, "input=[]").replace('"input":[1],', "")
        : line
      ).replace(/(wrapStep gives) undefined$/, "$1 null"),
  ],
  ["times are milliseconds here", (line) => line.replace('"timeout":3600000', '"timeout":"1h"')],
  [
    "an event gets its time when it is sent, by the clock of the runtime, and not before `wrapSendEvent`",
    (line) => (line.includes("wrapSendEvent") ? line.replaceAll(',"ts":"<ts>"', "") : line),
  ],
];
/** Besides, those from SDK v3. */
const legacyExceptions: typeof exceptions = [
  ...exceptions,
  [
    "SDK v3 calls each `NonRetriableError` `Error` and a run's error too; here errors keep their names",
    (line) => line.replace(/"?name"?:"\w*Error"/g, '"name":"Error"').replace(/"\w*Error(?=[:"])/g, '"Error'),
  ],
];
type Agree = (line: string) => string;

/**
 * SDK v3 calls `afterExecution` before a step's `transformOutput`; here an execution can go on after a step, so it comes
 * after. Its calls are compared by themselves.
 */
const apart = (log: HookLog): HookLog[] => [
  log.filter((line) => !line.includes(".afterExecution(")),
  log.filter((line) => line.includes(".afterExecution(")),
];

/**
 * Of parallel steps, which overlap, each request's calls are compared as a set, in any order. The SDK's runs need one
 * request more, in which nothing new is done: where no code of the user's is executed.
 */
function unordered(requests: readonly HookLog[]): HookLog[] {
  const working = requests.filter((log) => log.some((line) => /^(body of|handler ends)/.test(line)));
  return working.map((log) => log.toSorted()).sort((a, b) => (a.join() < b.join() ? -1 : 1));
}

function comparable(id: string, { requests, status, output }: Told["runs"][string], agreed: Agree) {
  const logs = requests.map((log) => log.map(agreed));
  return {
    status,
    output: JSON.parse(agreed(JSON.stringify(output))),
    requests: id === "parallel" ? unordered(logs) : logs.map(apart),
  };
}

describe.each([
  ["SDK v3's", "inngest 3", v3, legacyMiddleware, legacyExceptions],
  ["SDK v4's", "inngest 4", v4, modernMiddleware, exceptions],
] as const)("%s hooks", (_form, name, exports, form, excepted) => {
  const agreed: Agree = (line) => excepted.reduce((text, [, change]) => change(text), line);
  let theirs: Told;
  let ours: Told;
  beforeAll(async () => {
    theirs = await record(name, exports, form);
    ours = await record("stepwright", own, form);
  });

  test("registration", () => {
    expect(ours.registered).toEqual(theirs.registered);
  });
  test.each(begun)("%s", (id) => {
    const expected = comparable(id, theirs.runs[id]!, agreed);
    expect(expected.requests.flat(2).length).toBeGreaterThan(5);
    expect(comparable(id, ours.runs[id]!, agreed)).toEqual(expected);
  });
});
