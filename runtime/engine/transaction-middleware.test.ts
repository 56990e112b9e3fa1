/** Middleware and retries around `step.transaction`, whose callback cannot wait for anything. */
import { expect, test } from "vitest";
import { applicationFromDefinitions } from "../codegen/application.js";
import { Inngest, InngestMiddleware, Middleware, NonRetriableError, type StepTools } from "../define/index.js";
import { encryptionMiddleware } from "../middleware/encryption/encryption.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { crashEverywhere } from "../testing/crash-everywhere.js";
import { TestEngine } from "../testing/test-engine.js";

type Handler = (step: StepTools<any>) => Promise<unknown>;

/** `main` has the middleware; `other` has none. */
function define(middleware: readonly (Middleware.Class | InngestMiddleware<any>)[], main: Handler, other?: Handler) {
  const client = new Inngest({ id: "app", middleware: [...middleware] as [] });
  const plain = new Inngest({ id: "app" });
  return [
    client.createFunction({ id: "main", retries: 0, triggers: [{ event: "go" }] }, ({ step }) => main(step as never)),
    plain.createFunction({ id: "other", triggers: [{ event: "other" }] }, ({ step }) => other?.(step as never)),
  ];
}

async function start(...args: Parameters<typeof define>): Promise<TestEngine> {
  const app = applicationFromDefinitions(define(...args));
  return TestEngine.start({ app, store: createMemoryStore() });
}

async function runToEnd(...args: Parameters<typeof define>) {
  const engine = await start(...args);
  await engine.send({ name: "go" });
  await engine.advance("1h");
  const [snapshot] = await engine.runs();
  await engine.engine.stop();
  return snapshot!;
}

const schema = (step: StepTools<any>) =>
  step.transaction("schema", (tx) => tx.run("CREATE TABLE IF NOT EXISTS rows (n INTEGER)").changes);

/** What the record has is `sealed`; the handler gets what is inside, after an await like that of any real one. */
class Sealing extends Middleware.BaseMiddleware {
  readonly id = "sealing";
  override async wrapStepHandler({ next }: Middleware.WrapStepHandlerArgs) {
    return { sealed: await next() };
  }
  override async wrapStep({ next, stepInfo }: Middleware.WrapStepArgs) {
    const value = await next();
    return stepInfo.stepType === "transaction" ? (value as { sealed: unknown }).sealed : value;
  }
}

test("the value of a transaction is encrypted in the journal, and clear to the handler and to rollbacks", async () => {
  const seen: unknown[] = [];
  const { journal } = await runToEnd([encryptionMiddleware({ key: "secret" })], async (step) => {
    await schema(step);
    const rollback = (_: unknown, result: unknown): void => void seen.push(["rollback", result]);
    seen.push(
      await step.transaction("insert", { rollback }, (tx) => {
        tx.run("INSERT INTO rows VALUES (?)", 7);
        return { ssn: "078-05", rows: tx.all("SELECT n FROM rows") };
      }),
    );
    throw new NonRetriableError("broken");
  });
  const result = { ssn: "078-05", rows: [{ n: 7 }] };
  expect(seen).toEqual([result, ["rollback", result]]);
  expect(journal.find(({ key }) => key === "insert")).toMatchObject({ status: "completed", kind: "transaction" });
  expect(JSON.stringify(journal)).not.toContain("078-05");
  expect(journal.at(-1)).toMatchObject({ key: "insert:rollback", status: "completed" });
});

test("hooks of v4 and v3 see a transaction as any step", async () => {
  const log: string[] = [];
  class Hooks extends Middleware.BaseMiddleware {
    readonly id = "hooks";
    override onStepStart({ stepInfo }: Middleware.OnStepStartArgs) {
      log.push(`start ${stepInfo.options.id}`);
    }
    override onStepComplete({ output }: Middleware.OnStepCompleteArgs) {
      log.push(`complete ${JSON.stringify(output)}`);
    }
    override onStepError({ error, isFinalAttempt }: Middleware.OnStepErrorArgs) {
      log.push(`error ${error.message} final=${isFinalAttempt}`);
    }
  }
  const legacy = new InngestMiddleware({
    name: "legacy",
    init: () => ({
      onFunctionRun: () => ({
        transformOutput: ({ result, step }) => {
          if (step && result.data !== undefined) return { result: { data: { recorded: result.data } } };
        },
      }),
    }),
  });
  let calls = 0;
  const { journal, run } = await runToEnd([Hooks, legacy], (step) =>
    step.transaction({ id: "count", retries: { attempts: 1, backoff: ["7s"] } }, () => {
      if (calls++ === 0) throw new Error("busy");
      return 5;
    }),
  );
  expect(log).toEqual(["start count", "error busy final=false", "start count", 'complete {"recorded":5}']);
  expect(journal[0]).toMatchObject({ output: '{"recorded":5}', attempt: 1 });
  // As with `step.run`, v3's hook changes what is recorded, and a live handler has its own value.
  expect(run).toMatchObject({ status: "completed", output: "5" });
  expect(journal[0]!.endedAt - journal[0]!.failures[0]!.endedAt).toBe(7_000);
});

test("without middleware around its code the callback is called once an attempt", async () => {
  let calls = 0;
  class Told extends Middleware.BaseMiddleware {
    readonly id = "told";
    override onStepStart() {}
  }
  await runToEnd([Told], (step) => step.transaction("once", () => ++calls));
  expect(calls).toBe(1);
});

test("its own retries hold for a transaction, and for its rollback", async () => {
  const attempts: string[] = [];
  const { run, journal } = await runToEnd([], async (step) => {
    const rollback = (): void => {
      attempts.push("rollback");
      if (attempts.filter((each) => each === "rollback").length < 3) throw new Error("not yet");
    };
    await step.transaction("done", { rollback, retries: 2 }, () => 1);
    await step.transaction({ id: "fails", retries: 1 }, () => {
      attempts.push("fails");
      throw new Error("always");
    });
  });
  expect(attempts).toEqual(["fails", "fails", "rollback", "rollback", "rollback"]);
  expect(run.status).toBe("failed");
  expect(journal.at(-1)).toMatchObject({ key: "done:rollback", status: "completed" });
});

test("a time-out of its own is refused", async () => {
  const { run } = await runToEnd([], (step) => step.transaction({ id: "a", timeout: "1s" } as never, () => 1));
  expect(run.output).toContain("a transaction has no `timeout`");
});

test("what others change between rehearsal and commit makes another rehearsal; nothing is lost", async () => {
  let rehearsals = 0;
  let during: (() => Promise<unknown>) | null = null;
  class Slow extends Middleware.BaseMiddleware {
    readonly id = "slow";
    override async wrapStepHandler({ next, stepInfo }: Middleware.WrapStepHandlerArgs) {
      const value = await next();
      if (stepInfo.options.id === "count" && rehearsals++ < 2) await during?.();
      return value;
    }
  }
  const count = (step: StepTools<any>, by: string) =>
    step.transaction(by, (tx) => {
      tx.run("INSERT INTO rows VALUES (1)");
      return { id: crypto.randomUUID(), rows: tx.get<{ n: number }>("SELECT count(*) AS n FROM rows")!.n };
    });
  const engine = await start(
    [Slow],
    async (step) => {
      await schema(step);
      return (await count(step, "count")).rows;
    },
    (step) => count(step, "other"),
  );
  during = () => engine.engine.invoke("app-other", {}).then(({ runId }) => engine.engine.result(runId, 5_000));
  await engine.send({ name: "go" });
  const [main] = await engine.runs();
  await engine.engine.stop();
  expect(rehearsals).toBe(3);
  expect(main!.run).toMatchObject({ status: "completed", output: "3" });
  expect(main!.journal.at(-1)).toMatchObject({ key: "count", attempt: 0 });
});

test("answers that never stay the same fail the attempt with a stable code", async () => {
  const { journal } = await runToEnd([Sealing], async (step) => {
    await step.transaction("random", (tx) => tx.get("SELECT random() % 1000000000 AS n"));
  });
  expect(journal[0]).toMatchObject({ status: "failed" });
  expect(JSON.parse(journal[0]!.output)).toMatchObject({
    name: "TransactionChangesError",
    code: "transaction-changes",
  });
});

test("with middleware, too, it is done exactly once wherever the process dies", async () => {
  const functions = define([Sealing], async (step) => {
    await schema(step);
    await step.transaction("insert", (tx) => {
      tx.run("INSERT INTO rows VALUES (1)");
      return tx.all("SELECT n FROM rows");
    });
    await step.sleep("nap", "1h");
    return step.transaction("read", (tx) => tx.all("SELECT n FROM rows"));
  });
  const { tried } = await crashEverywhere({ functions }, async (t) => {
    await t.send({ name: "go" });
    await t.advance("2h");
    expect(await t.result(functions[0]!)).toEqual([{ n: 1 }]);
  });
  expect(tried).toBeGreaterThan(10);
});
