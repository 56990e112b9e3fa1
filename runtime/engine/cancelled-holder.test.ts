/** What a run that is cancelled while nobody executes it has held is taken at once by one that waits for it. */
import { expect, test } from "vitest";

import { applicationFromDefinitions } from "../codegen/application.js";
import { Stepwright } from "../define/client.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { TestEngine } from "../testing/test-engine.js";

const client = new Stepwright({ id: "app" });

test.each([
  ["the slot of a whole run", { concurrency: { limit: 1, unit: "run" as const } }],
  ["a singleton's key", { singleton: { mode: "cancel" as const } }],
])("%s", async (_, policy) => {
  const fn = client.createFunction({ id: "nap", ...policy, triggers: [{ event: "nap" }] }, (async ({ step }: any) =>
    step.sleep("nap", "1h")) as never);
  const engine = await TestEngine.start({ app: applicationFromDefinitions([fn]), store: createMemoryStore() });
  const at = engine.clock.now();
  await engine.send({ name: "nap" });
  await engine.send({ name: "nap" });
  const [first] = await engine.runs();
  if (first!.run.endedAt === null) await engine.engine.cancelling.cancel(first!.run.id);
  await engine.settle();
  const runs = (await engine.runs()).map(({ run }) => ({ status: run.status, startedAt: run.startedAt }));
  expect(runs).toEqual([
    { status: "cancelled", startedAt: at },
    { status: "waiting", startedAt: at },
  ]);
  await engine.engine.stop();
});
