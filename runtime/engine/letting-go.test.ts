import { expect, test } from "vitest";

import { applicationFromDefinitions } from "../codegen/application.js";
import { Stepwright } from "../define/index.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { createEngine } from "./create-engine.js";

/** An application with one function whose only step ends when the test says so. */
function makeSlowApplication() {
  let begin = () => {};
  let end = () => {};
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const ending = new Promise<void>((resolve) => (end = resolve));
  let executions = 0;
  const client = new Stepwright({ id: "shop" });
  const slow = client.createFunction({ id: "slow", triggers: [{ event: "slow/asked" }] }, async ({ step }: any) => {
    await step.run("only", async () => {
      executions++;
      begin();
      await ending;
      return "done";
    });
    return "all done";
  });
  return { app: applicationFromDefinitions([slow]), begun, end: () => end(), executions: () => executions };
}

test("a step that ends while the engine stops is kept, and the run goes on at the next start", async () => {
  const store = createMemoryStore();
  const { app, begun, end, executions } = makeSlowApplication();
  const first = createEngine({ store, app });
  await first.start();
  const { runId } = await first.invoke("slow", {});
  await begun;
  const stopped = first.stop(10_000);
  end();
  await stopped;
  const run = await store.runs.get(runId);
  expect(run).toMatchObject({ status: "queued", owner: null });
  expect(await store.verify(Date.now())).toEqual([]);

  const second = createEngine({ store, app });
  await second.start();
  expect(await second.result(runId, 5_000)).toMatchObject({ status: "completed", output: '"all done"' });
  expect(executions()).toBe(1);
  await second.stop();
});

test("a step that ends while the application is replaced is kept, and the run goes on", async () => {
  const { app, begun, end, executions } = makeSlowApplication();
  const engine = createEngine({ store: createMemoryStore(), app });
  await engine.start();
  const { runId } = await engine.invoke("slow", {});
  await begun;
  const replaced = engine.replaceApp({ ...app });
  end();
  await replaced;
  expect(await engine.result(runId, 5_000)).toMatchObject({ status: "completed", output: '"all done"' });
  expect(executions()).toBe(1);
  await engine.stop();
});
