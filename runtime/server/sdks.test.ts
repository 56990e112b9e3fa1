/**
 * Whole applications behind HTTP, on this runtime: the same functions, written with this package and with both versions
 * of the SDK, are registered by a `PUT`, called over real connections, and end alike.
 */
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { applicationFromDefinitions } from "../codegen/application.js";
import { createEngine } from "../engine/create-engine.js";
import type { Engine, Happening } from "../engine/engine.js";
import { systemClock } from "../engine/clock.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { Gateway } from "../transport/connect/gateway.js";
import { Checkpoints } from "../transport/http/checkpoints.js";
import { createServer } from "./create-server.js";
import { type Define, dial, type Library, libraries, listen, separateVersions } from "./sdk-libraries.test.program.js";

/** Attempts of one step, by run. */
const counts = new Map<string, number>();
const countOf = (id: string): number => {
  const count = (counts.get(id) ?? 0) + 1;
  counts.set(id, count);
  return count;
};

function defineFunctions(define: Define, { NonRetriableError, RetryAfterError }: Library["errors"]): any[] {
  const on = (event: string) => [{ event }];
  const child = define({ id: "child", triggers: on("child/asked") }, async ({ event, step }) =>
    step.run("double", () => event.data.n * 2),
  );
  const bad = define({ id: "bad-child", retries: 0, triggers: on("bad/asked") }, async () => {
    throw new NonRetriableError("the child broke");
  });
  return [
    child,
    bad,
    define({ id: "three", triggers: on("three/asked") }, async ({ event, step, runId, attempt }) => {
      const a = await step.run("a", () => event.data.n + 1);
      const b = await step.run("b", () => ({ sum: a + 1 }));
      const c = await step.run("c", () => [b.sum, "ü"]);
      return { c, run: typeof runId, attempt };
    }),
    define({ id: "loop", triggers: on("loop/asked") }, async ({ step }) => {
      let sum = 0;
      for (let i = 0; i < 4; i++) sum += await step.run("same", () => i);
      return sum;
    }),
    define({ id: "flaky", retries: 2, triggers: on("flaky/asked") }, async ({ step, runId }) => {
      const before = await step.run("before", () => 1);
      const tried = await step.run("flaky", () => {
        if (countOf(runId) < 3) throw new Error("not yet");
        return counts.get(runId);
      });
      return [before, tried];
    }),
    define({ id: "exhausted", retries: 1, triggers: on("exhausted/asked") }, async ({ step, runId }) => {
      try {
        await step.run("bad", () => {
          countOf(runId);
          throw new RangeError("always");
        });
      } catch (error: any) {
        return [error.message, counts.get(runId), await step.run("after", () => "went on")];
      }
      return "no error";
    }),
    define({ id: "rethrown", retries: 1, triggers: on("rethrown/asked") }, async ({ step, attempt }) => {
      try {
        await step.run("bad", () => {
          throw new RangeError("always");
        });
      } catch {
        // The attempts of the step are not the run's.
        if (attempt === 0) throw new Error("after the step");
      }
      return attempt;
    }),
    define({ id: "no-retry", retries: 5, triggers: on("no-retry/asked") }, async ({ step, runId }) =>
      step.run("bad", () => {
        throw new NonRetriableError(`once: ${countOf(runId)}`);
      }),
    ),
    define({ id: "retry-after", retries: 1, triggers: on("retry-after/asked") }, async ({ runId }) => {
      if (countOf(runId) === 1) throw new RetryAfterError("later", 1_000);
      return "later";
    }),
    define({ id: "nap", triggers: on("nap/asked") }, async ({ step }) => {
      const a = await step.run("a", () => 1);
      await step.sleep("nap", 1);
      return a + (await step.run("b", () => 1));
    }),
    define({ id: "parallel", triggers: on("parallel/asked") }, async ({ step }) => {
      const one = async (n: number): Promise<number> => {
        const a = await step.run(`a-${n}`, () => n);
        return step.run(`b-${n}`, () => a * 10);
      };
      const all = await Promise.all([one(1), one(2), step.sleep("nap", 1)]);
      return [all[0], all[1], await step.run("end", () => "end")];
    }),
    define({ id: "race", triggers: on("race/asked") }, async ({ step }) => {
      const first = await Promise.race([step.run("quick", () => "quick"), step.sleep("long", "1 day")]);
      return step.run("after", () => first);
    }),
    define({ id: "invoker", retries: 0, triggers: on("invoker/asked") }, async ({ step }) => {
      const good = await step.invoke("good", { function: child, data: { n: 21 } });
      const failure = await step.invoke("bad", { function: bad, data: {} }).catch((error: Error) => error.message);
      return [good, failure];
    }),
    define({ id: "waiter", triggers: on("waiter/asked") }, async ({ event, step }) => {
      const before = await step.run("before", () => "before");
      const found = await step.waitForEvent("wait", { event: "waiter/answered", timeout: "1h", match: "data.id" });
      return [before, event.data.id, found.data.said];
    }),
    define({ id: "waits-in-vain", triggers: on("vain/asked") }, async ({ step }) =>
      step.waitForEvent("wait", { event: "nobody/sends", timeout: 1 }),
    ),
    define({ id: "sender", triggers: on("sender/asked") }, async ({ step }) => {
      const { ids } = await step.sendEvent("send", { name: "child/asked", data: { n: 4 } });
      return ids.length;
    }),
    define(
      {
        id: "cancelled",
        triggers: on("cancelled/asked"),
        cancelOn: [{ event: "cancelled/stopped", if: "event.data.id == async.data.id" }],
      },
      async ({ step }) => {
        await step.run("before", () => 1);
        await step.sleep("long", "1 day");
      },
    ),
    define(
      {
        id: "breaks",
        retries: 0,
        triggers: on("breaks/asked"),
        onFailure: async ({ error, event, step }: any) =>
          step.run("told", () => [error.message, event.data.event.data.n]),
      },
      async () => {
        throw new TypeError("it broke");
      },
    ),
  ];
}

type Carrier = "serve" | "connect";
const combinations: (readonly [string, Carrier, boolean])[] = [
  ["stepwright", "serve", false],
  ["inngest 3", "serve", false],
  ["inngest 4", "serve", false],
  ["stepwright", "serve", true],
  ["inngest 4", "serve", true],
  ["stepwright", "connect", false],
  ["inngest 3", "connect", false],
  ["inngest 4", "connect", false],
];

describe.each(combinations)("functions of %s behind %s, checkpointing %s", (name, carrier, checkpointing) => {
  const library = libraries[name]!;
  const happenings: Happening[] = [];
  const watchers = new Set<() => void>();
  let engine: Engine;
  let server: ReturnType<typeof createServer>;
  let close: () => unknown;

  beforeAll(async () => {
    separateVersions();
    const gateway = new Gateway({ clock: systemClock });
    const checkpoints = new Checkpoints();
    engine = createEngine({
      store: createMemoryStore(),
      http: { workers: gateway, checkpoints },
      app: applicationFromDefinitions([]),
      retryIntervalMs: 1,
      observe: (happening) => {
        happenings.push(happening);
        for (const watcher of watchers) watcher();
      },
    });
    server = createServer({ engine, gateway, checkpoints });
    await engine.start();
    const { client, define } = library.open({
      baseUrl: await server.listen({ host: "127.0.0.1", port: 0 }),
      checkpointing,
    });
    const functions = defineFunctions(define, library.errors);
    close = carrier === "connect" ? await dial(library, { client, functions }) : await serve(client, functions);
  });

  async function serve(client: any, functions: any[]): Promise<() => void> {
    const app = await listen(library.serve({ client, functions }));
    const registered = await fetch(app.url, { method: "PUT" });
    expect([registered.status, await registered.json()]).toMatchObject([200, { modified: true }]);
    return () => app.close();
  }

  afterAll(async () => {
    await close();
    await server.close();
    await engine.stop(0);
  });

  /** Resolves with the first happening that is as asked, past ones included. */
  function happened(test: (happening: Happening) => boolean): Promise<Happening> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = happenings.find(test);
        if (!found) return;
        watchers.delete(look);
        resolve(found);
      };
      watchers.add(look);
      look();
    });
  }

  async function begin(event: string, data: object = {}): Promise<string> {
    const { ids } = await engine.send([{ name: event, data }]);
    const { items } = await engine.store.runs.list({ eventId: ids[0]! }, 2, null);
    expect(items).toHaveLength(1);
    return items[0]!.id;
  }

  async function endOf(runId: string): Promise<{ status: string | undefined; output: any }> {
    const result = await engine.result(runId, 10_000);
    return { status: result?.status, output: JSON.parse(result?.output ?? "null") };
  }

  const run = async (event: string, data?: object) => endOf(await begin(event, data));

  test.concurrent.each([
    ["three/asked", { n: 1 }, { c: [3, "ü"], run: "string", attempt: 0 }],
    ["loop/asked", {}, 6],
    ["flaky/asked", {}, [1, 3]],
    ["exhausted/asked", {}, ["always", 2, "went on"]],
    ["rethrown/asked", {}, 1],
    ["retry-after/asked", {}, "later"],
    ["nap/asked", {}, 2],
    ["parallel/asked", {}, [10, 20, "end"]],
    ["vain/asked", {}, null],
    ["sender/asked", {}, 1],
  ])("%s", async (event, data, output) => {
    expect(await run(event, data)).toEqual({ status: "completed", output });
  });

  test.concurrent("a race goes on with the first", async () => {
    const runId = await begin("race/asked");
    const after = await happened(
      (each) => each.kind === "step-completed" && each.runId === runId && each.stepKey === "after",
    );
    expect(after).toMatchObject({ output: '"quick"' });
  });

  test.concurrent("what another function answers is the step's result, its failure the step's error", async () => {
    const { status, output } = await run("invoker/asked");
    expect([status, output[0]]).toEqual(["completed", 42]);
    expect(output[1]).toContain("the child broke");
  });

  test.concurrent("an error that must not be tried again fails the run at once", async () => {
    const { status, output } = await run("no-retry/asked");
    expect([status, output.message]).toEqual(["failed", "once: 1"]);
  });

  test.concurrent("an event ends the wait for it", async () => {
    const runId = await begin("waiter/asked", { id: "w1" });
    await happened((each) => each.kind === "step-waiting" && each.runId === runId);
    await engine.send([{ name: "waiter/answered", data: { id: "w2", said: "no" } }]);
    await engine.send([{ name: "waiter/answered", data: { id: "w1", said: "yes" } }]);
    expect(await endOf(runId)).toEqual({ status: "completed", output: ["before", "w1", "yes"] });
  });

  test.concurrent("a sleeping run is cancelled by an event, and by a request", async () => {
    const [first, second] = [await begin("cancelled/asked", { id: 1 }), await begin("cancelled/asked", { id: 2 })];
    for (const runId of [first, second]) {
      await happened((each) => each.kind === "step-waiting" && each.runId === runId);
    }
    await engine.send([{ name: "cancelled/stopped", data: { id: 1 } }]);
    expect((await endOf(first)).status).toBe("cancelled");
    const runtime = server.server.address() as AddressInfo;
    await fetch(`http://127.0.0.1:${runtime.port}/v1/runs/${second}`, { method: "DELETE" });
    expect((await endOf(second)).status).toBe("cancelled");
  });

  test.concurrent("a failure starts the function's `onFailure`", async () => {
    const { status, output } = await run("breaks/asked", { n: 5 });
    expect([status, output.name, output.message]).toEqual(["failed", "TypeError", "it broke"]);
    const told = await happened((each) => each.kind === "run-ended" && each.functionId === "shop-breaks-failure");
    expect(told).toMatchObject({ status: "completed", output: '["it broke",5]' });
  });
});
