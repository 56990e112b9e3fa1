import { expect, test } from "vitest";
import { applicationFromDefinitions } from "../codegen/application.js";
import { Stepwright } from "../define/client.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { TestEngine } from "../testing/test-engine.js";
import type { EngineLimits } from "./engine.js";

/** User code that holds up everybody's commits is timed by the real clock, so it has to take real time here. */
function busyFor(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

async function runTransaction(limits: Partial<EngineLimits>, callsAfter: boolean) {
  const client = new Stepwright({ id: "app" });
  let calls = 0;
  const work = client.createFunction({ id: "work", retries: 1, triggers: [{ event: "go" }] }, async ({ step }) => {
    await step.transaction("table", (tx) => tx.run("CREATE TABLE rows (n)").changes);
    await step.transaction("slow", (tx) => {
      tx.run("INSERT INTO rows VALUES (1)");
      if (calls++ === 0) busyFor(130);
      if (callsAfter) tx.run("INSERT INTO rows VALUES (2)");
    });
    return step.transaction("read", (tx) => tx.all("SELECT n FROM rows"));
  });
  const kit = await TestEngine.start({ app: applicationFromDefinitions([work]), store: createMemoryStore(), limits });
  await kit.send({ name: "go" });
  await kit.advance("1m");
  const notices = kit.happenings.flatMap((each) => (each.kind === "notice" ? [each] : []));
  const [snapshot] = await kit.runs();
  await kit.engine.stop();
  return { notices, slow: snapshot?.journal.find(({ key }) => key === "slow"), output: snapshot?.run.output };
}

test("a transaction that holds up the commits is reported", async () => {
  const { notices, slow, output } = await runTransaction({ slowTransactionMs: 100 }, false);
  expect(notices.map(({ code }) => code)).toContain("slow-transaction");
  expect(notices[0]?.message).toMatch(/^step `slow` of run `\w+` has held up all commits for \d+ ms$/);
  expect(slow).toMatchObject({ status: "completed", failures: [] });
  expect(output).toBe('[{"n":1}]');
});

test("none is reported that is quick", async () => {
  const { notices } = await runTransaction({ slowTransactionMs: 5_000, transactionMs: 5_000 }, false);
  expect(notices).toEqual([]);
});

test.each([
  ["at its next statement", true, '[{"n":1},{"n":2}]'],
  ["when it returns", false, '[{"n":1}]'],
])("one that takes too long is taken back %s, and tried again", async (_, callsAfter, rows) => {
  const { slow, output } = await runTransaction({ transactionMs: 100 }, callsAfter);
  expect(slow).toMatchObject({ status: "completed", attempt: 1 });
  expect(slow?.failures.map(({ error }) => JSON.parse(error) as unknown)).toMatchObject([
    { name: "TransactionTimeoutError", code: "transaction-too-long" },
  ]);
  expect(output).toBe(rows);
});
