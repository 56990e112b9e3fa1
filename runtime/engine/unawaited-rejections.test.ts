import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { applicationFromDefinitions } from "../codegen/application.js";
import { Stepwright } from "../define/client.js";
import { NonRetriableError } from "../define/errors.js";
import { group, step as globalStep } from "../define/global-step.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { TestEngine } from "../testing/test-engine.js";

const client = new Stepwright({ id: "app" });

async function start(handler: (context: { step: any }) => unknown, retries = 1): Promise<TestEngine> {
  const definition = client.createFunction({ id: "work", retries, triggers: [{ event: "go" }] }, handler);
  return TestEngine.start({ app: applicationFromDefinitions([definition]), store: createMemoryStore() });
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const unheard = (test: TestEngine) =>
  test.happenings.flatMap((it) => (it.kind === "notice" && it.code === "unawaited-step-failed" ? [it.message] : []));
const outcome = async (test: TestEngine) => (await test.runs()).map(({ run }) => [run.status, run.output]);

describe("a rejected promise that nobody awaits", () => {
  // Vitest listens, too, and would call each of them an error of the test.
  let others: NodeJS.UnhandledRejectionListener[] = [];
  const kept: NodeJS.UnhandledRejectionListener = () => {};
  beforeEach(() => {
    others = process.listeners("unhandledRejection").filter(({ name }) => name !== "onRejection");
    for (const other of others) process.off("unhandledRejection", other);
    process.on("unhandledRejection", kept);
  });
  afterEach(() => {
    process.off("unhandledRejection", kept);
    for (const other of others) process.on("unhandledRejection", other);
  });

  it("fails its run by the retry rules, with a code and what was thrown", async () => {
    let calls = 0;
    const test = await start(async ({ step }) => {
      calls++;
      void Promise.reject(new Error("forgotten"));
      await turn();
      await step.sleep("rest", "1d");
    });
    await test.send({ name: "go", data: {} });
    await test.advance("1m");
    const [[status, output] = []] = await outcome(test);
    expect([status, calls]).toEqual(["failed", 2]);
    expect(JSON.parse(output ?? "")).toMatchObject({
      name: "UnhandledRejectionError",
      code: "unhandled-rejection",
      message: expect.stringContaining("nobody awaits it: forgotten"),
      cause: { message: "forgotten" },
    });
    await test.engine.stop();
  });

  it("names the step whose body rejected it", async () => {
    const test = await start(async ({ step }) => {
      await step.run("careless", async () => {
        void Promise.reject(new TypeError("in the body"));
        await turn();
      });
      await step.sleep("rest", "1d");
    }, 0);
    await test.send({ name: "go", data: {} });
    const [[status, output] = []] = await outcome(test);
    expect(status).toBe("failed");
    expect(output).toContain("a promise was rejected in step `careless`");
    await test.engine.stop();
  });

  it("is told when the run has ended", async () => {
    const test = await start(async () => {
      setImmediate(() => void Promise.reject(new Error("too late")));
      return "done";
    });
    await test.send({ name: "go", data: {} });
    await turn();
    await turn();
    expect(await outcome(test)).toEqual([["completed", '"done"']]);
    expect(test.happenings).toContainEqual(expect.objectContaining({ kind: "notice", code: "unhandled-rejection" }));
    await test.engine.stop();
  });

  it("is none when it is the promise of a failed step: the run completes, and a notice tells of it", async () => {
    let rejections = 0;
    const count = () => void rejections++;
    process.on("unhandledRejection", count);
    const test = await start(async ({ step }) => {
      void step.run("fails", () => {
        throw new NonRetriableError("in the journal");
      });
      await step.sleep("rest", "1d");
      return "done";
    });
    await test.send({ name: "go", data: {} });
    await test.advance("2d");
    await turn();
    process.off("unhandledRejection", count);
    expect(await outcome(test)).toEqual([["completed", '"done"']]);
    expect(rejections).toBe(0);
    // Node 24 cannot tell who awaits.
    const seen = Number(process.versions.node.split(".")[0]) < 24;
    const notice = expect.stringMatching(/^step `fails` of run `\w+` has failed and nobody awaited it/);
    expect(unheard(test)).toEqual(seen ? [notice] : []);
    await test.engine.stop();
  });

  const boom = () => {
    throw new NonRetriableError("boom");
  };
  it.each<[string, (step: any) => Promise<unknown>]>([
    ["await", (step) => step.run("fails", boom).catch(() => "caught")],
    [
      "await in a block",
      async (step) => {
        try {
          await step.run("fails", boom);
        } catch {}
      },
    ],
    ["Promise.allSettled", (step) => Promise.allSettled([step.run("fails", boom), step.run("fails too", boom)])],
    ["Promise.any", (step) => Promise.any([step.run("fails", boom), step.run("works", () => 1)])],
    [
      "an await later on",
      async (step) => {
        const later = step.run("fails", boom).catch(() => "caught");
        await step.sleep("rest", "1d");
        return later;
      },
    ],
  ])("a failed step that is awaited gives no notice: %s", async (_, work) => {
    const test = await start(({ step }) => work(step));
    await test.send({ name: "go", data: {} });
    await test.advance("2d");
    expect((await outcome(test)).map(([status]) => status)).toEqual(["completed"]);
    expect(unheard(test)).toEqual([]);
    await test.engine.stop();
  });
});

describe("the global `step` and `group`", () => {
  it("are the current run's, across awaits and in branches", async () => {
    const test = await start(async () => {
      await globalStep.run("one", () => 1);
      await turn();
      return group.parallel(() => Promise.all([globalStep.run("two", () => 2), globalStep.run("three", () => 3)]));
    });
    await test.send({ name: "go", data: {} });
    expect(await outcome(test)).toEqual([["completed", "[2,3]"]]);
    await test.engine.stop();
  });

  it("are an error with a code outside of a run", () => {
    expect(() => globalStep.run("one", () => 1)).toThrow(expect.objectContaining({ code: "outside-a-run" }));
    expect(() => group.parallel(async () => 1)).toThrow(expect.objectContaining({ code: "outside-a-run" }));
  });
});
