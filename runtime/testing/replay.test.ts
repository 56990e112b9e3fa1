import { describe, expect, test } from "vitest";
import type { FunctionDefinition } from "../define/function-definition.js";
import { NonRetriableError, Stepwright } from "../define/index.js";
import { exportRun } from "../store/run-history.js";
import { replay } from "./replay.js";
import { TestEnvironment } from "./test-environment.js";

const client = new Stepwright({ id: "past" });
const executed: string[] = [];

type Handler = (context: any) => unknown;

function define(handler: Handler): FunctionDefinition {
  return client.createFunction({ id: "flow", retries: 0, triggers: [{ event: "go" }] }, handler);
}

const body = (name: string) => () => {
  executed.push(name);
  return name;
};

const recorded = define(async ({ step }) => {
  const a = await step.run("a", body("a"));
  const both = await Promise.all([step.run("b", body("b")), step.run("c", body("c"))]);
  await step.sleep("month", "30 days");
  return [a, ...both, await step.run("d", body("d"))];
});

async function record(fn: FunctionDefinition, time: string): Promise<unknown> {
  const t = await TestEnvironment.start({ functions: [fn] });
  await t.send({ name: "go", data: { n: 1 } });
  await t.advance(time);
  const [run] = await t.runs();
  // As from a file.
  const history: unknown = JSON.parse(JSON.stringify(exportRun(await t.snapshot(run!.id))));
  await t.close();
  executed.length = 0;
  return history;
}

describe("replay", () => {
  test("the same code fits, and nothing is executed", async () => {
    for (const [time, next, replayed] of [
      ["1 day", ["month"], 3],
      ["31 days", [], 5],
    ] as const) {
      const result = await replay(await record(recorded, time), { functions: [recorded] });
      expect(result.divergence).toBeNull();
      expect(result.next.map(({ id }) => id)).toEqual(next);
      expect(result.replayed).toBe(replayed);
    }
    expect(executed).toEqual([]);
  });

  test("a renamed step is named with the one in its place, and where that is", async () => {
    const renamed = define(async ({ step }) => {
      await step.run("a", body("a"));
      await Promise.all([step.run("b", body("b")), step.run("z", body("z"))]);
    });
    const { divergence } = await replay(await record(recorded, "1 day"), { functions: [renamed] }, { check: true });
    expect(divergence).toMatchObject({ after: 2, expected: { id: "c", tool: "run" }, found: { id: "z", tool: "run" } });
    expect(divergence?.found?.location).toMatchObject({ file: expect.stringMatching(/replay\.test\.ts$/) });
    expect(divergence?.message).toMatch(
      /recorded: step `c` \[run\]\n {2}now: {6}step `z` \[run\] at .*replay\.test\.ts:\d+/,
    );
    await expect(replay(await record(recorded, "1 day"), { functions: [renamed] })).rejects.toThrow(/does not fit/);
    expect(executed).toEqual([]);
  });

  test("a step that has become another kind", async () => {
    const changed = define(async ({ step }) => {
      await step.sleep("a", "1s");
    });
    const { divergence } = await replay(await record(recorded, "1 day"), { functions: [changed] }, { check: true });
    expect(divergence).toMatchObject({
      after: 0,
      expected: { id: "a", tool: "run" },
      found: { id: "a", tool: "sleep" },
    });
  });

  test("an end before the recorded steps", async () => {
    const shorter = define(async ({ step }) => step.run("a", body("a")));
    const { divergence } = await replay(await record(recorded, "1 day"), { functions: [shorter] }, { check: true });
    expect(divergence).toMatchObject({ after: 1, expected: { id: "b" }, found: null });
    expect(divergence?.message).toMatch(/now: {6}the handler returns "a"/);
  });

  test("an open run may go on with new steps, and leave a wait behind", async () => {
    const longer = define(async ({ step }) => {
      await step.run("a", body("a"));
      await Promise.all([step.run("b", body("b")), step.run("c", body("c"))]);
      await step.run("new", body("new"));
    });
    const result = await replay(await record(recorded, "1 day"), { functions: [longer] });
    expect(result.next.map(({ id, tool }) => [id, tool])).toEqual([["new", "run"]]);
    expect(result.abandoned).toEqual(["month"]);
    expect(executed).toEqual([]);
  });

  test("an ended run that would go on, or end in another way", async () => {
    const history = await record(recorded, "31 days");
    const more = define(async (context) => {
      await recorded.handler(context);
      return context.step.run("e", body("e"));
    });
    const other = define(async (context) => ({ changed: await recorded.handler(context) }));
    const at = async (fn: FunctionDefinition) =>
      (await replay(history, { functions: [fn] }, { check: true })).divergence;
    expect(await at(more)).toMatchObject({ after: 5, expected: null, found: { id: "e" } });
    expect((await at(other))?.message).toMatch(/recorded: the end of the run \(completed.*\n.*returns \{"changed"/);
    expect(executed).toEqual([]);
  });

  test("failures are replayed, without onFailure and its steps", async () => {
    const failing = client.createFunction(
      {
        id: "flow",
        triggers: [{ event: "go" }],
        onFailure: async ({ step }) => void (await step.run("alarm", body("alarm"))),
      },
      async ({ step }) => {
        await step.run("a", body("a")).catch(() => {});
        await step.run("bad", () => {
          executed.push("bad");
          throw new NonRetriableError("no");
        });
      },
    );
    const history = await record(failing, "1 day");
    expect((await replay(history, { functions: [failing] })).replayed).toBe(2);
    expect(executed).toEqual([]);
  });

  test("what is no history, and a run of another application, are refused", async () => {
    await expect(replay({ version: 1 }, { functions: [recorded] })).rejects.toThrow(/invalid-history/);
    const history = await record(recorded, "1 day");
    const stranger = new Stepwright({ id: "other" }).createFunction(
      { id: "flow", triggers: [{ event: "go" }] },
      async () => 1,
    );
    await expect(replay(history, { functions: [stranger] })).rejects.toThrow(/no `past-flow` \(unknown-function/);
    const newer = { ...(history as object), version: 2 };
    await expect(replay(newer, { functions: [recorded] })).rejects.toThrow(/invalid-history/);
  });
});
