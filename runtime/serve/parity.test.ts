/**
 * The same functions, in the runtime's own process and served: results and errors are the same. The runtime that calls
 * here is a small one, which knows of the protocol alone.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { applicationFromDefinitions } from "../codegen/application.js";
import { Stepwright } from "../define/index.js";
import { createEngine } from "../engine/create-engine.js";
import type { Engine } from "../engine/engine.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { ServeEndpoint } from "./endpoint.js";
import { callBody, FakeRuntime, NonRetriableError, quiet, url } from "./serve-fixture.js";

const handlers: Record<string, (context: any) => unknown> = {
  sequence: async ({ step }) => {
    let sum = 0;
    for (let i = 1; i <= 4; i++) sum += await step.run("add", () => i);
    await step.sleep("nap", 1);
    return sum;
  },
  parallel: async ({ step }) => {
    const each = async (n: number) => {
      const a: number = await step.run(`a-${n}`, () => n);
      return step.run(`b-${n}`, () => a * 10);
    };
    return Promise.all([each(1), each(2), each(3)]);
  },
  settled: async ({ step }) => {
    const all = await Promise.allSettled([
      step.run("good", () => 1),
      step.run("bad", () => Promise.reject(new NonRetriableError("no"))),
    ]);
    return all.map(({ status }) => status);
  },
  caught: async ({ step }) => {
    try {
      await step.run("bad", () => Promise.reject(new NonRetriableError("no", { cause: new TypeError("deep") })));
    } catch (error) {
      const { name, message, cause } = error as Error;
      return { name, message, cause: (cause as Error).message };
    }
    return null;
  },
  uncaught: async ({ step }) => step.run("bad", () => Promise.reject(new NonRetriableError("no"))),
  retried: async ({ step }) =>
    step.run("flaky", ({ number }: { number: number }) =>
      number < 1 ? Promise.reject(new Error("again")) : `done after ${number}`,
    ),
  exhausted: async ({ step }) => step.run({ id: "bad", retries: 2 }, () => Promise.reject(new RangeError("always"))),
  race: async ({ step }) => {
    const { winner } = await step.race("who", {
      quick: async () => step.run("quick", () => 1),
      slow: () => step.waitForEvent("never", { event: "never", timeout: "1h" }),
    });
    return step.run("after", () => winner);
  },
  branches: async ({ step, event }) => {
    const kinds = await step.run("kinds", () => ["x", "y"]);
    for (const kind of kinds) await step.run({ id: "each", name: kind }, () => kind);
    return event.data.n > 1 ? step.run("more", () => "many") : "few";
  },
  nothing: async ({ step }) => void (await step.run("undefined", () => undefined)),
  thrown: () => Promise.reject(new NonRetriableError("at once")),
};

const data = { n: 2 };
const client = new Stepwright({ id: "shop", isDev: true, logger: quiet, baseUrl: "http://runtime.test" });
const functions = Object.entries(handlers).map(([id, handler]) =>
  client.createFunction({ id, retries: 2, triggers: [{ event: `test/${id}` }] }, handler),
);

interface End {
  readonly status: "completed" | "failed";
  readonly output: unknown;
}

/** Calls a served function until it ends. @param planOnly steps are never executed where they are found */
async function runServed(endpoint: ServeEndpoint, id: string, planOnly: boolean): Promise<End> {
  const memo = new Map<string, unknown>();
  const attempts = new Map<string, number>();
  for (let calls = 0; calls < 100; calls++) {
    const queue = ["step"];
    for (const stepId of queue) {
      const attempt = attempts.get(stepId) ?? 0;
      const body = {
        ...callBody({}, { event: { name: `test/${id}`, data }, ctx: {} }),
        steps: Object.fromEntries(memo),
        ctx: {
          run_id: "r",
          attempt,
          max_attempts: 3,
          disable_immediate_execution: planOnly,
          stack: { stack: [...memo.keys()], current: memo.size },
        },
      };
      const request = new Request(`${url}?fnId=shop-${id}&stepId=${stepId}`, {
        method: "POST",
        body: JSON.stringify(body),
      });
      const response = await endpoint.handle(request);
      const answer: any = await response.json();
      if (response.status === 200) return { status: "completed", output: answer };
      if (response.status === 400) return { status: "failed", output: answer };
      expect(response.status).toBe(206);
      for (const op of answer) {
        if (op.op === "StepRun") memo.set(op.id, { type: "data", data: op.data });
        else if (op.op === "StepFailed") memo.set(op.id, { type: "error", error: op.error });
        else if (op.op === "Sleep") memo.set(op.id, null);
        else if (op.op === "StepPlanned" && !queue.includes(op.id)) queue.push(op.id);
        else if (op.op === "StepError") {
          attempts.set(stepId, attempt + 1);
          queue.push(stepId);
        }
      }
      // The next step has all its attempts.
      if (stepId === "step" && queue.at(-1) !== "step") attempts.delete("step");
    }
  }
  throw new Error(`\`${id}\` does not end`);
}

let engine: Engine;
beforeAll(async () => {
  const app = applicationFromDefinitions(functions);
  engine = createEngine({ store: createMemoryStore(), app, retryIntervalMs: 1, logger: quiet });
  await engine.start();
});
afterAll(() => engine.stop());

async function runInline(id: string): Promise<End> {
  const { runId } = await engine.invoke(id, data);
  const result = await engine.result(runId, 5_000);
  return { status: result!.status as End["status"], output: JSON.parse(result!.output ?? "null") };
}

const comparable = ({ status, output }: End): End => {
  if (status === "completed") return { status, output };
  const { name, message } = output as { name: string; message: string };
  return { status, output: { name, message } };
};

describe.each(Object.keys(handlers))("%s ends as in the runtime's own process", (id) => {
  it.each([
    ["executed where it is found", false],
    ["planned before it is executed", true],
  ])("with each step %s", async (_, planOnly) => {
    const endpoint = new ServeEndpoint("test", { client, functions, fetch: new FakeRuntime().fetch });
    expect(comparable(await runServed(endpoint, id, planOnly))).toEqual(comparable(await runInline(id)));
  });
});
