import { appendFileSync } from "node:fs";
import { setTimeout as elapse } from "node:timers/promises";

import { Stepwright } from "../define/client.js";
import { NonRetriableError } from "../define/errors.js";
import { invoke, staticSchema } from "../define/event-type.js";
import type { Transaction } from "../define/transaction.js";
import type { FunctionDefinition } from "../define/function-definition.js";

export interface CrashBodies {
  /** Each execution of a step's body is appended here before anything else: `<run> <step> <execution>`. */
  readonly log: string;
  /** Tells the executions of this process from those of others. */
  readonly process: string;
  /** Numbers in [0, 1). */
  readonly random: () => number;
}

/** So many steps of the function `limited` execute at one time, over all and for each key. */
export const crashLimits = { all: 4, key: 2 };

/** So many executions of the limited step of the function `stepped` at one time, over all of its runs: the one that has no key, each that has. */
export const crashStepLimits = { unkeyed: 2, key: 2 };

/** The functions under which a process is killed: each kind of step, in sequence, in parallel and retried. */
export function defineCrashFunctions({ log, process, random }: CrashBodies): readonly FunctionDefinition[] {
  const client = new Stepwright({ id: "crash" });
  let executions = 0;

  /** Fails at times; what it returns or throws names the execution, so that the journal tells which one counted. */
  const execute = async (runId: string, step: string): Promise<{ execution: string }> => {
    const execution = `${process}.${++executions}`;
    appendFileSync(log, `${runId} ${step} ${execution}\n`);
    if (random() < 0.7) await elapse(random() * 25);
    if (random() < 0.1) throw new Error(execution);
    return { execution };
  };

  /** Under a limit: when it begins and ends is in a log of its own, as `+ <process> <key>` and `- <process> <key>`. */
  const executeLimited = async (
    runId: string,
    step: string,
    key: string,
    kind = "limited",
  ): Promise<{ execution: string }> => {
    const tell = (sign: string): void => appendFileSync(`${log}.${kind}`, `${sign} ${process} ${key}\n`);
    tell("+");
    try {
      return await execute(runId, step);
    } finally {
      tell("-");
    }
  };

  const child = client.createFunction(
    { id: "child", retries: 20, triggers: [invoke(staticSchema<{ id: string }>())] },
    async ({ step, runId }) => {
      await step.run("first", () => execute(runId, "first"));
      return step.run("second", () => execute(runId, "second"));
    },
  );

  return [
    child,
    client.createFunction(
      { id: "chain", retries: 20, triggers: [{ event: "crash/chain" }] },
      async ({ event, step, runId }) => {
        await step.run("a", () => execute(runId, "a"));
        await step.sleep("pause", 20 + Math.floor(event.data.pause * 80));
        await Promise.all(["p0", "p1", "p2"].map((id) => step.run(id, () => execute(runId, id))));
        await step.sendEvent("pass-on", { name: "crash/leaf", data: { of: runId } });
        for (let i = 0; i < 3; i++) await step.run("loop", () => execute(runId, i === 0 ? "loop" : `loop:${i}`));
        return "chain";
      },
    ),
    client.createFunction({ id: "leaf", retries: 20, triggers: [{ event: "crash/leaf" }] }, async ({ step, runId }) =>
      step.run("only", () => execute(runId, "only")),
    ),
    client.createFunction(
      { id: "parent", retries: 20, triggers: [{ event: "crash/parent" }] },
      async ({ event, step, runId }) => {
        const [called] = await Promise.all([
          step.invoke("call", { function: child, data: { id: event.data.id } }),
          step.run("beside", () => execute(runId, "beside")),
        ]);
        return called;
      },
    ),
    client.createFunction(
      { id: "waiter", retries: 20, triggers: [{ event: "crash/wait" }] },
      async ({ step, runId }) => {
        await step.run("before", () => execute(runId, "before"));
        const answer = await step.waitForEvent("answer", { event: "crash/answer", match: "data.id", timeout: "400ms" });
        await step.run("after", () => execute(runId, "after"));
        return answer === null ? "no answer" : "answer";
      },
    ),
    client.createFunction(
      {
        id: "limited",
        retries: 20,
        concurrency: [{ limit: crashLimits.all }, { limit: crashLimits.key, key: "event.data.key" }],
        throttle: { limit: 1_000, period: "1s", key: "event.data.key" },
        triggers: [{ event: "crash/limited" }],
      },
      async ({ event, step, runId }) => {
        const work = (id: string) => step.run(id, () => executeLimited(runId, id, event.data.key));
        await work("a");
        await Promise.all(["p0", "p1", "p2"].map(work));
        await step.sleep("pause", 10 + Math.floor(event.data.pause * 40));
        await work("b");
        return "limited";
      },
    ),
    client.createFunction(
      { id: "stepped", retries: 20, triggers: [{ event: "crash/stepped" }] },
      async ({ event, step, runId }) => {
        const { key } = event.data;
        const unkeyed = { concurrency: crashStepLimits.unkeyed };
        const keyed = { concurrency: crashStepLimits.key, key };
        const work = (id: string, name: string, limit: typeof unkeyed | typeof keyed) =>
          step.run({ id, limit }, () => executeLimited(runId, id, name, "stepped"));
        await work("a", "unkeyed", unkeyed);
        await Promise.all(["p0", "p1", "p2"].map((id) => work(id, key, keyed)));
        await step.sleep("pause", 10 + Math.floor(event.data.pause * 40));
        await work("b", key, keyed);
        return "stepped";
      },
    ),
    client.createFunction(
      { id: "ledger", retries: 20, triggers: [{ event: "crash/ledger" }] },
      async ({ event, step, runId }) => {
        await step.transaction("open", (tx) => {
          tx.run("CREATE TABLE IF NOT EXISTS balance (only_row INTEGER PRIMARY KEY, value INTEGER NOT NULL)");
          tx.run("CREATE TABLE IF NOT EXISTS entries (run TEXT NOT NULL, side TEXT NOT NULL)");
          tx.run("INSERT OR IGNORE INTO balance VALUES (1, 0)");
        });
        // Nothing of it is unique: twice would be twice.
        const enter = (tx: Transaction, side: string, amount: number): void => {
          tx.run("INSERT INTO entries VALUES (?, ?)", runId, side);
          tx.run("UPDATE balance SET value = value + ?", amount);
          if (random() < 0.2) throw new Error("after the writes");
        };
        await step.transaction("credit", { rollback: (tx) => enter(tx, "debit", -1) }, (tx) => enter(tx, "credit", 1));
        const rollback = (): Promise<unknown> => execute(runId, "book:rollback");
        await step.run("book", { rollback }, () => execute(runId, "book"));
        if (event.data.pause < 0.5) throw new NonRetriableError("rolled back");
        return "ledger";
      },
    ),
    client.createFunction(
      {
        id: "doomed",
        triggers: [{ event: "crash/doomed" }],
        retries: 20,
        onFailure: async ({ step, runId }) => step.run("clean-up", () => execute(runId, "clean-up")),
      },
      async ({ step, runId }) => {
        await step.run("before", () => execute(runId, "before"));
        throw new NonRetriableError("doomed");
      },
    ),
  ];
}
